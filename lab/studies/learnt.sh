#!/usr/bin/env bash
# learnt.sh [TRACE ...]: does HAKMEM_LEARN=1, which knows nothing of a program beforehand, reach the
# table of classes that is best for that very program? Of each trace (all shipped ones, if none is
# named), a row:
#
#   waste   inside live blocks, in per cent of what was asked for, on the mean over all operations
#           (bin/learning), with the built-in classes, with jemalloc's four sizes a doubling, with
#           the best static table (haktrace classes), with the best table that changes up to 3 times
#           (haktrace classes --switches=3: a model, in which a change costs nothing), and learnt
#   regret  waste of the learnt table less that of the best static one
#   peak    of resident memory, and speed: learnt over static, with 95 % intervals (run_sweep peers,
#           LAUNCHES=N of it, 7). It "holds" where the whole interval keeps to a bound, 102 % of the
#           peak and 98 % of the speed; "misses" where no part of it does; else "open"
#
# Below it each figure that does not hold, with the reason as far as it was measured
# (learnt_reasons.awk). Then a program whose sizes change, and how soon that is noticed; and the
# instructions of a program of small blocks with and without learning, counted by callgrind.
#
# OUT=FOLDER (a new one in results/): learnt.csv, reaction.csv, figures, and a run of the lab for
# each trace. What FOLDER has of an interrupted study is not measured again.
set -euo pipefail
root=$(realpath "$(dirname "$0")/../..")
launches=${LAUNCHES:-7}
out=${OUT:-$root/results/learnt-$(date -u +%Y%m%dT%H%M%SZ)}
[ $# -gt 0 ] || set -- "$root"/workloads/traces/*.hakt.zst
mkdir -p "$out"
out=$(realpath "$out")

# Four to each doubling, from 8 KiB to 2 MiB: mid classes up to 56 KiB, Large ones of whole pages.
four_a_doubling() {
    local base quarter mid='' large='' block
    for ((base = 8192; base < 2097152; base *= 2)); do
        for quarter in 1 2 3 4; do
            block=$((base + base / 4 * quarter))
            if ((block <= 57344)); then mid+=,$block; else large+=,$block; fi
        done
    done
    printf 'HAKMEM_MID_CLASSES=%s\nHAKMEM_LARGE_CLASSES=%s\n' "${mid#,}" "${large#,}"
}
mapfile -t jemalloc < <(four_a_doubling)

# wasted WHAT NAME=VALUE ...: of live bytes, in per cent
value() { sed -nE "s/.*\"$1\": ?([0-9.e+]+).*/\1/p"; }
share() { awk -v waste="$(value waste <<<"$1")" -v live="$(value live <<<"$1")" \
    'BEGIN {printf "%.2f", live ? 100 * waste / live : 0}'; }
learning() {
    local what=$1
    shift
    env "$@" LD_PRELOAD="$root/hakmem/libhakmem.so" "$root/bin/learning" $what
}
wasted() { share "$(learning "$@")"; }

# measured TRACE FOLDER LINE ...: a run of the lab with the table of these lines as the reference
measured() {
    local trace=$1 folder=$2
    shift 2
    if [ ! -d "$folder" ]; then
        env "$@" "$root/run_sweep" peers --quiet --workload "$trace" --reps "$launches" \
            --allocator 'built-in=hakmem' --allocator 'learnt=hakmem HAKMEM_LEARN=1' \
            --out "$folder" >/dev/null
    elif [ ! -e "$folder/derived/table.csv" ]; then
        "$root/run_sweep" --resume "$folder" --quiet >/dev/null
    fi
}

# ratio MEASURE FOLDER [ALLOCATOR]: "ratio,low,high" of learnt, of the column by that name
ratio() {
    awk -F, -v want="$1_ratio" -v who="${3:-learnt}" '
        NR == 1 {for (i = 1; i <= NF; i++) at[$i] = i; next}
        $2 == who {print $at[want] "," $at[want "_lo"] "," $at[want "_hi"]}' \
        "$2"/derived/compare-*.csv
}

# changes TRACE: of the table, in ten replays in a row, by threads as the lab's
changes() {
    HAKMEM_LEARN=1 HAKMEM_STATS="$out/stats.json" LD_PRELOAD="$root/hakmem/libhakmem.so" \
        "$root/bin/hakreplay" "$1" --touch=page --loop=10 >/dev/null
    grep '"learning"' "$out/stats.json" | value changes
    rm "$out/stats.json"
}

# finding RATIO: "0.98 [0.97, 1.01]  holds", by the words `least` or `most` and a bound
finding() {
    awk -F, -v kind="$2" -v bound="$3" '{
        if (kind == "most") {good = $3 <= bound; bad = $2 > bound}
        else {good = $2 >= bound; bad = $3 < bound}
        printf "%.3f [%.3f, %.3f] %-6s", $1, $2, $3, good ? "holds" : bad ? "misses" : "open"
    }' <<<"$1"
}

row='%-14s %8s %8s %7s %8s %7s %7s  %-29s %s\n'
# shellcheck disable=SC2059
{
    printf "$row" '' waste,% '' '' '' '' '' 'learnt over static' ''
    printf "$row" trace built-in jemalloc static switches learnt regret peak speed
}
table=$out/learnt.csv
columns=place,trace,built_in,jemalloc,static,switches,learnt
echo "$columns,peak,peak_lo,peak_hi,speed,speed_lo,speed_hi,peak_built_in,speed_built_in,classes,\
changes" >"$table"
place=0
for trace in "$@"; do
    name=$(basename "$trace" .hakt.zst)
    # without times, so that the tables are the best ones over operations, as waste is
    plain=$out/plain.hakt.zst
    "$root/bin/haktrace" convert "$trace" "$plain" --time-unit=none
    mapfile -t static < <("$root/bin/haktrace" classes "$plain" --format=hakmem 2>/dev/null)
    [ ${#static[@]} -gt 0 ] || { echo "$trace: no table" >&2 && exit 1; }
    switches=$(share "$("$root/bin/haktrace" classes "$plain" --switches=3 --format=json \
        2>/dev/null)")
    rm "$plain"
    wastes=("$(wasted "$trace" HAKMEM_LEARN=0)" "$(wasted "$trace" "${jemalloc[@]}")"
        "$(wasted "$trace" "${static[@]}")" "$switches" "$(wasted "$trace" HAKMEM_LEARN=1)")
    measured "$trace" "$out/$name" "${static[@]}"
    peak=$(ratio peak "$out/$name")
    speed=$(ratio throughput "$out/$name")
    printf '%d,%s,%s,%s,%s,%s,%s,%s,%s,' $((place++)) "$name" "${wastes[@]}" "$peak" "$speed" \
        >>"$table"
    printf '%s,%s,%d,%d\n' "$(ratio peak "$out/$name" built-in | cut -d, -f 1)" \
        "$(ratio throughput "$out/$name" built-in | cut -d, -f 1)" \
        "$(tr ', ' '\n\n' <<<"${static[*]}" | wc -l)" "$(changes "$trace")" >>"$table"
    # shellcheck disable=SC2059
    printf "$row" "$name" "${wastes[@]}" \
        "$(awk -v a="${wastes[4]}" -v b="${wastes[2]}" 'BEGIN {printf "%+.2f", a - b}')" \
        "$(finding "$peak" most 1.02)" "$(finding "$speed" least 0.98)"
done

echo
awk -f "$root/lab/studies/learnt_reasons.awk" "$table"
echo
# The best static table for the four phases: all sizes, as much of each on the mean. (Their trace
# would have 64 million events.)
for bytes in 33000 33000 45200 5200; do
    for ((more = 0; more <= 100; more++)); do
        echo "$((bytes + more)),1,$((20 * 1024 * 1024 / bytes / 4))"
    done
done | awk -F, '{live[$1] += $3} END {for (i in live) print i ",1," live[i]}' | sort -n \
    >"$out/sizes.csv"
mapfile -t static < <("$root/bin/haktrace" classes "$out/sizes.csv" --range=1025:2097152 \
    --format=hakmem)
rm "$out/sizes.csv"
echo setting,operations,ms,phase,requested,waste >"$out/reaction.csv"
for setting in built-in static learnt; do
    case $setting in
    built-in) lines=(HAKMEM_LEARN=0) ;;
    static) lines=("${static[@]}") ;;
    learnt) lines=(HAKMEM_LEARN=1) ;;
    esac
    line=$(learning "planted $out/series.csv" "${lines[@]}")
    sed "1d; s/^/$setting,/" "$out/series.csv" >>"$out/reaction.csv"
    printf 'sizes that change, %-8s: waste %s %%, peak %d KiB, ms until noticed: %s\n' $setting \
        "$(share "$line")" $(($(value peak <<<"$line") / 1024)) \
        "$(sed -nE 's/.*"reaction_ms":\[(.*)\].*/\1/p' <<<"$line")"
done
rm "$out/series.csv"

# counted LEARN: instructions of a server-like program of small blocks, which learns nothing
counted() {
    env HAKMEM_LEARN="$1" LD_PRELOAD="$root/hakmem/libhakmem.so" valgrind --tool=callgrind \
        --callgrind-out-file="$out/callgrind" "$root/bin/learning" small >/dev/null 2>&1
    awk '$1 == "summary:" || $1 == "totals:" {n = $2} END {print n + 0}' "$out/callgrind"
}
without=$(counted 0)
with=$(counted 1)
rm "$out/callgrind"
awk -v a="$without" -v b="$with" 'BEGIN {
    printf "small blocks: %d instructions without learning, ", a
    printf "%d with, %+.3f %%\n", b, 100 * (b / a - 1)}'

for figure in learnt reaction; do
    gnuplot -c "$root/plots/$figure.gp" "$root/plots" "$out/$figure.csv" "$out/$figure"
done
echo "Figures and runs: $out"
