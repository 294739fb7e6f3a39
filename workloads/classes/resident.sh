#!/usr/bin/env bash
# resident.sh [TRACE ...]: what a compiled table saves when the trace is really run. Each trace (all
# shipped ones, if none is named) is replayed on hakmem with the built-in classes and with those of
# `haktrace classes`, in turns, and the medians of the peak of resident memory are printed, in KiB.
#
# "mean" is the table for all time, "peak" the one for the peak of live memory (--peak). Neither
# knows how freed memory is shared, nor what of a block is in memory, so the peak need not follow;
# that is what this shows. LAUNCHES=N: of each.
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

printf '%-20s %12s %22s %22s\n' trace 'default KiB' mean peak
for trace in "$@"; do
    mapfile -t mean < <("$root/bin/haktrace" classes "$trace" --format=hakmem 2>/dev/null)
    mapfile -t peak < <("$root/bin/haktrace" classes "$trace" --peak --format=hakmem 2>/dev/null)
    [ ${#mean[@]} -gt 0 ] && [ ${#peak[@]} -gt 0 ] || { echo "$trace: no table" >&2 && exit 1; }
    default=() with_mean=() with_peak=()
    for ((i = 0; i < launches; i++)); do
        default+=("$(peak "$trace" HAKMEM_STATS=)")
        with_mean+=("$(peak "$trace" "${mean[@]}")")
        with_peak+=("$(peak "$trace" "${peak[@]}")")
    done
    d=$(printf '%s\n' "${default[@]}" | median)
    m=$(printf '%s\n' "${with_mean[@]}" | median)
    p=$(printf '%s\n' "${with_peak[@]}" | median)
    printf '%-20s %12d %12d %9s %12d %9s\n' "$(basename "$trace" .hakt.zst)" $((d / 1024)) \
        $((m / 1024)) "$(change "$d" "$m")" $((p / 1024)) "$(change "$d" "$p")"
done
