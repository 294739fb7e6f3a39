#!/usr/bin/env bash
# resident.sh [TRACE ...]: what a compiled table saves when the trace is really run. Each trace (all
# shipped ones, if none is named) is replayed on hakmem with the built-in classes and with those of
# `haktrace classes`, in turns, and the medians of the peak of resident memory are printed, in KiB.
#
# The table is chosen for waste in the mean over the trace. Fewer or other classes share freed
# memory differently, so the peak need not follow; that is what this shows. LAUNCHES=N: of each.
set -euo pipefail
root=$(realpath "$(dirname "$0")/../..")
launches=${LAUNCHES:-5}
[ $# -gt 0 ] || set -- "$root"/workloads/traces/*.hakt.zst
result=$(mktemp)
trap 'rm -f "$result"' EXIT

# peak TRACE NAME=VALUE ...
peak() {
    local trace=$1
    shift
    env "$@" LD_PRELOAD="$root/hakmem/libhakmem.so" HAKMEM_STRICT_OPTIONS=1 \
        "$root/bin/hakreplay" "$trace" --touch=page --result="$result"
    sed -nE 's/.*"rss_anon_peak_bytes":([0-9]+).*/\1/p' "$result"
}

median() { sort -n | sed -n "$(((launches + 1) / 2))p"; }

# change BEFORE AFTER: in per cent
change() {
    awk -v before="$1" -v after="$2" 'BEGIN {printf "%+.1f%%", 100 * (after / before - 1)}'
}

printf '%-20s %12s %22s %22s\n' trace 'default KiB' 'mid classes' 'mid and large'
for trace in "$@"; do
    mapfile -t lines < <("$root/bin/haktrace" classes "$trace" --format=hakmem 2>/dev/null)
    [ ${#lines[@]} -gt 0 ] || { echo "$trace: no table" >&2 && exit 1; }
    mapfile -t mid < <(printf '%s\n' "${lines[@]}" | grep MID || echo HAKMEM_STATS=)
    default=() with_mid=() with_both=()
    for ((i = 0; i < launches; i++)); do
        default+=("$(peak "$trace" HAKMEM_STATS=)")
        with_mid+=("$(peak "$trace" "${mid[@]}")")
        with_both+=("$(peak "$trace" "${lines[@]}")")
    done
    d=$(printf '%s\n' "${default[@]}" | median)
    m=$(printf '%s\n' "${with_mid[@]}" | median)
    b=$(printf '%s\n' "${with_both[@]}" | median)
    printf '%-20s %12d %12d %9s %12d %9s\n' "$(basename "$trace" .hakt.zst)" $((d / 1024)) \
        $((m / 1024)) "$(change "$d" "$m")" $((b / 1024)) "$(change "$d" "$b")"
done
