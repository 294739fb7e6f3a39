#!/usr/bin/env bash
# learnt.sh [TRACE ...]: what HAKMEM_LEARN gains, against the built-in classes and against the table
# that is best for that very trace (`haktrace classes`), which it cannot know. Of each trace (all
# shipped ones, if none is named), by bin/learning:
#
#   waste   inside live blocks, in per cent of what was asked for, on the mean over all operations
#   regret  of the learnt table: its waste less that of the best static one, in the same measure.
#           (Less than 0: a table that changes is not bound to one.)
#   peak    of resident memory, KiB: medians of LAUNCHES=N (3)
#
# Then a program whose sizes change, and how soon that is noticed; and the instructions of a program
# of small blocks with and without learning, counted by callgrind, unless COUNT=0.
set -euo pipefail
root=$(realpath "$(dirname "$0")/../..")
launches=${LAUNCHES:-3}
[ $# -gt 0 ] || set -- "$root"/workloads/traces/*.hakt.zst

# run WHAT NAME=VALUE ...: a line of JSON; the peak is the median of the launches
run() {
    local what=$1 i
    shift
    for ((i = 0; i < launches; i++)); do
        env "$@" LD_PRELOAD="$root/hakmem/libhakmem.so" "$root/bin/learning" "$what"
    done | sort -t: -k5 -n | sed -n "$(((launches + 1) / 2))p"
}

# value KEY LINE
value() { sed -nE "s/.*\"$1\":([0-9]+).*/\1/p" <<<"$2"; }
share() {
    awk -v waste="$(value waste "$1")" -v live="$(value live "$1")" \
        'BEGIN {printf "%.2f", live ? 100 * waste / live : 0}'
}

row='%-14s %8s %7s %7s %8s %11s %10s %10s %9s\n'
# shellcheck disable=SC2059
{
    printf "$row" '' waste, % '' regret peak, KiB '' ''
    printf "$row" trace built-in static learnt '' built-in static learnt learnt
}
for trace in "$@"; do
    mapfile -t table < <("$root/bin/haktrace" classes "$trace" --format=hakmem 2>/dev/null)
    default=$(run "$trace" HAKMEM_LEARN=0)
    static=$(run "$trace" HAKMEM_LEARN=0 "${table[@]}")
    learnt=$(run "$trace" HAKMEM_LEARN=1)
    regret=$(awk -v a="$(share "$learnt")" -v b="$(share "$static")" \
        'BEGIN {printf "%+.2f", a - b}')
    change=$(awk -v a="$(value peak "$learnt")" -v b="$(value peak "$default")" \
        'BEGIN {printf "%+.1f %%", 100 * (a / b - 1)}')
    # shellcheck disable=SC2059
    printf "$row" "$(basename "$trace" .hakt.zst)" \
        "$(share "$default")" "$(share "$static")" "$(share "$learnt")" "$regret" \
        $(($(value peak "$default") / 1024)) $(($(value peak "$static") / 1024)) \
        $(($(value peak "$learnt") / 1024)) "$change"
done

echo
for learn in 0 1; do
    line=$(run planted HAKMEM_LEARN=$learn)
    printf 'sizes that change, HAKMEM_LEARN=%d: waste %s %%, peak %d KiB, ms until noticed: %s\n' \
        $learn "$(share "$line")" $(($(value peak "$line") / 1024)) \
        "$(sed -nE 's/.*"reaction_ms":\[(.*)\].*/\1/p' <<<"$line")"
done

[ "${COUNT:-1}" = 1 ] || exit 0
out=$(mktemp)
trap 'rm -f "$out"' EXIT
# counted LEARN: instructions of a server-like program of small blocks, which learns nothing
counted() {
    env HAKMEM_LEARN="$1" LD_PRELOAD="$root/hakmem/libhakmem.so" valgrind --tool=callgrind \
        --callgrind-out-file="$out" "$root/bin/learning" small >/dev/null 2>&1
    awk '$1 == "summary:" || $1 == "totals:" {n = $2} END {print n + 0}' "$out"
}
without=$(counted 0)
with=$(counted 1)
awk -v a="$without" -v b="$with" 'BEGIN {
    printf "small blocks: %d instructions without learning, ", a
    printf "%d with, %+.3f %%\n", b, 100 * (b / a - 1)}'
