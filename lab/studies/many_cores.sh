#!/usr/bin/env bash
# many_cores.sh: how hakmem would do on up to 64 cores, by simulation (lab/many_cores): its own
# code runs on cores with simulated clocks, which say what lines change hands, what locks are waited
# for, and what time that takes. No time of this machine is in it, so that any machine will do, and
# the same source gives the same figures.
#
# CORES=1,2,4,8,16,32,64 (the most: 256); OPS=N of each core (4000, of 60,000 in all at least);
# WORK=NS of the program between two calls (100); TRANSFER=NS of a line between two cores (60).
# OUT=FOLDER (a new one in results/): many-cores.csv, whose columns lab/many_cores/main.c explains,
# and the figure. What FOLDER has of an interrupted study is not simulated again.
set -euo pipefail
root=$(realpath "$(dirname "$0")/../..")
out=${OUT:-$root/results/many-cores-$(date -u +%Y%m%dT%H%M%SZ)}
options=("--cores=${CORES:-1,2,4,8,16,32,64}" "--work=${WORK:-100}" "--transfer=${TRANSFER:-60}")
[ -z "${OPS:-}" ] || options+=("--ops=$OPS")
[ $# -eq 0 ] || {
    echo "many_cores.sh: $1: no argument is expected; its settings are variables" >&2
    exit 2
}
make -s -C "$root/lab/many_cores"
mkdir -p "$out/shapes"
out=$(realpath "$out")
said="${options[*]}"
if [ "$(cat "$out/options" 2>/dev/null || echo "$said")" != "$said" ]; then
    echo "many_cores.sh: $out is of another study: $(<"$out/options")" >&2
    exit 1
fi
echo "$said" >"$out/options"

mapfile -t shapes < <("$root/bin/many_cores" --list)
done=0
for shape in "${shapes[@]}"; do
    name=${shape%%$'\t'*}
    if [ ! -e "$out/shapes/$name" ]; then
        "$root/bin/many_cores" --shape="$name" "${options[@]}" >"$out/shapes/$name.part"
        mv "$out/shapes/$name.part" "$out/shapes/$name"
    fi
    done=$((done + 1))
    echo "$done/${#shapes[@]} $name, $SECONDS s" >&2
done

table=$out/many-cores.csv
place=0
for shape in "${shapes[@]}"; do
    name=${shape%%$'\t'*}
    [ $place -gt 0 ] || sed -n '1s/^/place,/p' "$out/shapes/$name"
    sed "1d;s/^/$((place++)),/" "$out/shapes/$name"
done >"$table.part"
mv "$table.part" "$table"

# show: the table, of many-cores.csv
awk -F, '
    NR == 1 {
        for (i = 1; i <= NF; i++) at[$i] = i
        printf "%-8s %5s %9s %8s | %s\n", "", "", "ns of a", "times as",
            "for 1,000 operations                     | % of the time"
        printf "%-8s %5s %9s %8s | %9s %9s %9s %9s | %7s %7s\n", "shape", "cores", "operation",
            "many", "own lines", "of blocks", "locks", "of these heap", "moving", "waiting"
        next
    }
    {
        printf "%-8s %5d %9.1f %8.1f | %9.1f %9.1f %9.1f %13.2f | %7.1f %7.1f\n",
            $at["shape"] == last ? "" : $at["shape"], $at["cores"], $at["ns_per_op"],
            $at["speedup"], $at["transfers"], $at["block_transfers"], $at["all_locks"],
            $at["heap_locks"], $at["moved_percent"], $at["waited_percent"]
        last = $at["shape"]
    }' "$table"
gnuplot -c "$root/plots/many-cores.gp" "$root/plots" "$table" "$out/many-cores" \
    "${WORK:-100} ns of work between two calls, ${TRANSFER:-60} ns for a line between two cores"
echo "Figure and table: $out"
