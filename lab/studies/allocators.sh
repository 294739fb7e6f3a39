# shellcheck shell=bash
# allocators.sh - what the studies share that replay traces under each allocator; sourced, not run.
# They set $root, the repository's, and $out, $repeats and $touch, as their own heads say.

# "KEY LIBRARY" of each allocator that is here (baselines/allocators.tsv), in the order of that
# table; glibc's needs no library
allocators() {
    local key _ library kind
    while IFS=$'\t' read -r key _ _ library kind; do
        case $key in '#'* | '') continue ;; esac
        [ "${kind:-}" != named ] || continue
        case $library in /*) ;; *) library=$root/$library ;; esac
        # shellcheck disable=SC2086  # a glob
        library=$(compgen -G "$library" | head -n 1) || continue
        [ "$key" != glibc ] || library=
        echo "$key $library"
    done <"$root/baselines/allocators.tsv"
}

# measure TRACE KEY LIBRARY OPTION ...: its samples by hakreplay, as many as are missing
measure() {
    local trace=$1 key=$2 library=$3 run sample
    shift 3
    for ((run = 1; run <= repeats; run++)); do
        sample=$out/samples/$(basename "$trace" .hakt.zst)-$key-$run
        [ ! -e "$sample" ] || continue
        LD_PRELOAD=$library "$root/bin/hakreplay" "$trace" "$@" --touch="$touch" \
            --result="$sample.part"
        mv "$sample.part" "$sample"
    done
}
