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

printf '%-20s %12s %12s %9s  %s\n' trace 'default KiB' 'table KiB' change classes
for trace in "$@"; do
    mapfile -t lines < <("$root/bin/haktrace" classes "$trace" --format=hakmem 2>/dev/null)
    [ ${#lines[@]} -gt 0 ] || { echo "$trace: no table" >&2 && exit 1; }
    before=() after=()
    for ((i = 0; i < launches; i++)); do
        before+=("$(peak "$trace" HAKMEM_STATS=)")
        after+=("$(peak "$trace" "${lines[@]}")")
    done
    name=$(basename "$trace" .hakt.zst)
    printf '%s\n' "${before[@]}" | median >"$result"
    printf '%s\n' "${after[@]}" | median >>"$result"
    awk -v name="$name" -v classes="$(tr -cd , <<<"${lines[*]}" | wc -c)" -v lists=${#lines[@]} \
        '{kib[NR] = $1 / 1024}
        END {printf "%-20s %12.0f %12.0f %+8.1f%%  %d\n", name, kib[1], kib[2],
             100 * (kib[2] / kib[1] - 1), classes + lists}' "$result"
done
