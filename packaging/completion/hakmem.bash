# bash completion of hakmem, hakrec, haktrace and hakreplay. It knows nothing of them by itself: the
# options, their values and the commands are what --help says at that moment.

# What may follow the option: the text behind "=" in its line of the help; fails where nothing may.
_hakmem_argument() {
    local found
    found=$(sed -nE "s/^ +(-., )?$1(\[=([^]]*)\]|=([^ ]*)).*|^ +$1, --[a-z-]+=([^ ]*).*/\3\4\5/p" \
        <<<"$help" | head -n 1)
    [[ $found ]] && echo "$found"
}

_hakmem_option_needs_next_word() {
    [[ $1 == -* && $1 != *=* ]] && grep -qE -- "^ +(-., )?$1(, --[a-z-]+)?=" <<<"$help"
}

# The words that stand behind the options so far: $verb, and the place of the next, $rest.
_hakmem_words() {
    local i
    verb='' rest=0
    for ((i = 1; i < cword; i++)); do
        if _hakmem_option_needs_next_word "${words[i]}"; then
            ((i++))
        elif [[ ${words[i]} != -* ]]; then
            if [[ ! $verb && $'\n'$verbs$'\n' == *$'\n'"${words[i]}"$'\n'* ]]; then
                verb=${words[i]}
            else
                rest=$i
                return
            fi
        fi
    done
}

_hakmem_values() {
    local argument
    argument=$(_hakmem_argument "$prev") || return
    case $argument in
    *[a-z]*\|*) mapfile -t COMPREPLY < <(compgen -W "${argument//|/ }" -- "$cur") ;;
    *FILE* | *FOLDER* | *DIR*) _filedir ;;
    esac
}

_hakmem() {
    local cur prev words cword split help verbs verb rest programs processes
    _init_completion -s || return
    help=$("$1" --help 2>/dev/null) || return
    verbs=$(sed -nE 's/^(Usage|  or): +[^ ]+ \[OPTION\.\.\.\] ([a-z]+) .*/\2/p' <<<"$help")
    programs=$(sed -nE 's/^(Usage|  or): .*\] ([a-z]+) .*PROGRAM .*/\2/p' <<<"$help")
    processes=$(sed -nE 's/^(Usage|  or): .*\] ([a-z]+) PID$/\2/p' <<<"$help")
    if [[ $split == true ]] || _hakmem_option_needs_next_word "$prev"; then
        _hakmem_values
        return
    fi
    _hakmem_words
    if ((rest > 0)) && [[ $verb && $'\n'$programs$'\n' == *$'\n'"$verb"$'\n'* ]]; then
        _command_offset "$rest"
    elif [[ $cur == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(sed -nE \
            's/^ +(-., )?(--[a-z-]+=?)(\[=.*|[^=[].*|$)/\2/p' \
            <<<"$help")" -- "$cur")
        [[ ${COMPREPLY[*]} != *= ]] || compopt -o nospace
    elif [[ $verbs && ! $verb ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$verbs" -- "$cur")
    elif [[ $verb && $'\n'$programs$'\n' == *$'\n'"$verb"$'\n'* ]]; then
        mapfile -t COMPREPLY < <(compgen -c -- "$cur" | sort -u)
    elif [[ $verb && $'\n'$processes$'\n' == *$'\n'"$verb"$'\n'* ]]; then
        _pids
    else
        _filedir
    fi
} &&
    complete -F _hakmem hakmem hakrec haktrace hakreplay
