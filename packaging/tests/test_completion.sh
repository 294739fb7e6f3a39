#!/usr/bin/env bash
# Completion in bash and zsh offers what --help says.
. "$ROOT/workloads/tests/lib.sh"
completions=$ROOT/packaging/completion
PATH=$BUILD:$bin:$PATH
[ "$(command -v hakmem)" = "$BUILD/hakmem" ] || exit 1

# ask WORD ...: what bash offers for the last word, in one line
ask() {
    bash -c '. /usr/share/bash-completion/bash_completion
        . "$1/hakmem.bash"
        shift
        compopt() { :; }
        for word in "$@"; do # as readline parts them
            case $word in
            -*=*) COMP_WORDS+=("${word%%=*}" = ${word#*=}) ;;
            *) COMP_WORDS+=("$word") ;;
            esac
        done
        COMP_LINE="$*" COMP_POINT=${#COMP_LINE} COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        _hakmem "$1"
        echo "${COMPREPLY[*]}"' bash "$completions" "$@"
}

expect_offer() {
    local wanted=$1 offered
    shift
    offered=$(ask "$@")
    [ "$offered" = "$wanted" ] || fail "for '$*' bash offers '$offered' instead of '$wanted'"
}

switches() {
    "$1" --help | sed -nE 's/^ +(-., )?(--[a-z-]+)(=?).*/\2\3/p' | tr '\n' ' '
}

test_bash_offers_every_switch() {
    local tool
    for tool in hakmem hakrec haktrace hakreplay; do
        [ "$(switches $tool | wc -w)" -gt 4 ]
        expect_offer "$(switches $tool | sed 's/ $//')" $tool --
        grep -q "complete.*\b$tool\b" "$completions/hakmem.bash" || fail "nothing for $tool in bash"
        grep -q "#compdef.*\b$tool\b" "$completions/_hakmem" || fail "nothing for $tool in zsh"
    done
}

test_bash_offers_words() {
    mkdir here && touch here/file && cd here
    expect_offer "run" hakmem r
    expect_offer "top" hakmem t
    expect_offer "$$" hakmem top --once $$
    expect_offer "$(haktrace --help | sed -nE 's/.*\[OPTION...\] ([a-z]+) .*/\1/p' | xargs)" \
        haktrace ''
    expect_offer "first page whole" hakreplay --touch=
    expect_offer "fork" hakrec run --follow=fo
    expect_offer "recorded" hakreplay --speed r
    expect_offer "file" haktrace stats --figures=f
    expect_offer "file" haktrace info f
    expect_offer "file" hakrec -o f
    expect_offer "file" hakmem run --stats=f
}

test_bash_completes_the_program() {
    expect_offer mkfifo hakmem run --harden=2 mkfif
    expect_offer mkfifo hakrec run -o x -- mkfif
    expect_offer "--version-sort" hakmem run sort --version-s
    expect_offer "--version-sort" hakmem run --harden 1 -- sort --version-s
}

test_zsh() {
    "$ROOT/packaging/tests/ask_zsh" "$completions" "$PWD/out" \
        "haktrace con" "haktrace cut --ev" "hakrec run --fol" "hakmem run mkfif" "hakmem r" \
        "hakmem run sort --version-s" "hakreplay --spe" "hakreplay --touch=fi" \
        "hakrec run --follow=fo" "hakmem run -- sort --version-s" "haktrace info /et" \
        "hakmem t" "hakmem top --inter"
    sed 's/ $//' out | diff - <(cat <<'LINES'
haktrace convert
haktrace cut --events=
hakrec run --follow=
hakmem run mkfifo
hakmem run
hakmem run sort --version-sort
hakreplay --speed=
hakreplay --touch=first
hakrec run --follow=fork
hakmem run -- sort --version-sort
haktrace info /etc/
hakmem top
hakmem top --interval=
LINES
    ) || fail "zsh completes to something else"
}

run_tests
