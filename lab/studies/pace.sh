#!/usr/bin/env bash
# pace.sh [TRACE ...]: what allocators keep in memory while a program runs at its own pace. A replay
# at full speed is over before a delay of purging has passed, so nothing is given back in it. Here
# each trace (all shipped ones, if none is named; it must have times) takes as long as the program
# did (hakreplay --speed=recorded), under hakmem and each other allocator that is installed
# (baselines/allocators.tsv). A row has
#
#   seconds   how long the replay took
#   glibc     anonymous memory of the process in MiB, less that of its start: the least that the
#             process of any allocator had before the first request. At its peak, and in the mean
#             over the time of the replay
#   others    the same, divided by glibc's
#
# The last row has the geometric means over the traces. The readings of memory hardly vary, so each
# is the mean of a few launches. Speed is not measured: the processor rests.
# OUT=FOLDER (a new one in results/): pace.csv, in bytes, and the samples. What FOLDER has of an
# interrupted study is not measured again. REPEATS=N: launches (2); TOUCH=page|whole: what is
# written of each block (page).
set -euo pipefail
root=$(realpath "$(dirname "$0")/../..")
. "$root/lab/studies/allocators.sh"
repeats=${REPEATS:-2}
touch=${TOUCH:-page}
out=${OUT:-$root/results/pace-$(date -u +%Y%m%dT%H%M%SZ)}
[ $# -gt 0 ] || set -- "$root"/workloads/traces/*.hakt.zst
mkdir -p "$out/samples"
out=$(realpath "$out")

# value KEY FILE: the number of that name in a sample
value() { grep -oE "\"$1\":-?[0-9]+" "$2" | grep -oE -- '-?[0-9]+$'; }

# start TRACE: of all its samples
start() {
    local peer run
    for peer in "${peers[@]}"; do
        for ((run = 1; run <= repeats; run++)); do
            value rss_anon_base_bytes "$out/samples/$1-${peer%% *}-$run"
        done
    done | sort -n | head -n 1
}

# row TRACE KEY START: "SECONDS,PEAK,MEAN,REQUESTED,LATE", the means over its launches
row() {
    local run sample
    for ((run = 1; run <= repeats; run++)); do
        sample=$out/samples/$1-$2-$run
        echo "$(value wall_ns "$sample") $(value rss_anon_base_bytes "$sample")" \
            "$(value rss_anon_peak_bytes "$sample") $(value rss_anon_mean_bytes "$sample")" \
            "$(value requested_peak_bytes "$sample") $(late "$sample")"
    done | awk -v start="$3" '
        {wall += $1; peak += $2 + $3 - start; mean += $2 + $4 - start; asked = $5; late += $6}
        END {printf "%.3f,%.0f,%.0f,%d,%.0f\n", wall / NR / 1e9, peak / NR, mean / NR, asked,
                late / NR}'
}

# late SAMPLE: 99 of 100 operations that had to wait were no later than this
late() { grep -oE '"late":\{[^}]*' "$1" | grep -oE '"p99_ns":[0-9]+' | grep -oE '[0-9]+$'; }

# show WHAT FILE: of pace.csv the head of the table, the last trace's row, or the last row
show() {
    awk -F, -v what="$1" '
        NR == 1 {next}
        !($3 in number) {number[$3] = ++count; name[count] = $3}
        $3 == "glibc" {trace = $2; seconds = $4; peak = $5; mean = $6}
        $3 != "glibc" {
            k = number[$3]
            of_peak[k] = $5 / peak
            of_mean[k] = $6 / mean
            sum_peak[k] += log(of_peak[k])
            sum_mean[k] += log(of_mean[k])
            traces[k]++
        }
        END {
            if (what == "head") {
                printf "%-13s %7s %16s", "", "", "glibc, MiB"
                for (k = 2; k <= count; k++) printf " %13s", name[k]
                printf "\n%-13s %7s %8s %7s", "trace", "seconds", "peak", "mean"
                for (k = 2; k <= count; k++) printf " %7s %5s", "peak", "mean"
            } else if (what == "row") {
                printf "%-13s %7.2f %8.1f %7.1f", trace, seconds, peak / 1048576, mean / 1048576
                for (k = 2; k <= count; k++) printf " %7.2f %5.2f", of_peak[k], of_mean[k]
            } else {
                printf "%-13s %7s %8s %7s", "geom. mean", "", "", ""
                for (k = 2; k <= count; k++)
                    printf " %7.2f %5.2f", exp(sum_peak[k] / traces[k]),
                        exp(sum_mean[k] / traces[k])
            }
            print ""
        }' "$2"
}

# glibc, which the others are divided by, comes first
mapfile -t peers < <(allocators | grep '^glibc ' && allocators | grep -v '^glibc ')
table=$out/pace.csv
echo place,trace,allocator,seconds,peak_bytes,mean_bytes,requested_peak_bytes,late_p99_ns \
    >"$table.part"
place=0
for trace in "$@"; do
    name=$(basename "$trace" .hakt.zst)
    for peer in "${peers[@]}"; do
        measure "$trace" "${peer%% *}" "${peer#* }" --speed=recorded
    done
    start=$(start "$name")
    for peer in "${peers[@]}"; do
        key=${peer%% *}
        echo "$((place++)),$name,$key,$(row "$name" "$key" "$start")" >>"$table.part"
    done
    [ "$place" -gt ${#peers[@]} ] || show head "$table.part"
    show row "$table.part"
done
show last "$table.part"
mv "$table.part" "$table"
echo "Samples: $out"
