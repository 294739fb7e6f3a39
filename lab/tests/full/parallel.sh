#!/usr/bin/env bash
# A sweep given to GNU parallel: this machine as its only host, without ssh. What is joined are the
# launches of a run on one machine. Ctrl-C in the middle loses nothing, and --resume finishes it.
# Ends with "N passed, N failed".
# Debian packages: parallel
set -uo pipefail
. "$(dirname "$0")/../launched.sh"
cleanup() {
    [ -z "$launcher" ] || kill -TERM "$launcher" 2>/dev/null
    wait
    rm -rf "$scratch"
}
trap cleanup EXIT

sweep --out "$scratch/local" >"$scratch/said" 2>&1
result "a local run" $?

# as a shell does it, which would have a program in the background ignore Ctrl-C
setsid bash -c 'trap - INT; exec "$@"' - "$here/run_sweep" --launcher parallel --machine : \
    --workload mid33 --workload aligned --workload startup-true --wmax-mid 1.6 --wmax-large 1.3 \
    --allocator glibc --reps 2 --seed 1 --out "$scratch/run" >"$scratch/said" 2>&1 &
launcher=$!
while kill -0 $launcher 2>/dev/null && ! [ -s "$scratch/run/parts/mid33/samples.jsonl" ]; do
    sleep 0.2
done
kill -INT $launcher
wait $launcher
[ $? -eq 130 ] && grep -q -- "--resume $scratch/run" "$scratch/said"
result "interrupted" $?
launcher=

[ -z "$(pgrep -f "run_sweep part $scratch/run")$(pgrep -f "hakmem part $scratch/run")" ]
result "no part goes on" $?

"$here/run_sweep" --resume "$scratch/run" >"$scratch/said" 2>&1
result "resumed" $?
same_panels "$scratch/run" "$scratch/local"
result "the launches of a local run" $?

# both are of this machine: its launches are added up, and the same ones are kept once
"$here/run_sweep" merge "$scratch/run" "$scratch/local" "$scratch/local" --out "$scratch/merged" \
    >"$scratch/said" 2>&1 &&
    grep -q 'given twice and are kept once' "$scratch/said" &&
    [ "$(cat "$scratch"/merged/machines/*/samples.jsonl | wc -l)" -eq \
        $((2 * $(wc -l <"$scratch/local/samples.jsonl"))) ]
result "merged with the local run" $?

sed -i 's/"cpu": "[^"]*"/"cpu": "another"/' "$scratch/local/manifest.json"
! "$here/run_sweep" --resume "$scratch/local" >"$scratch/said" 2>&1 &&
    grep -q 'began on another machine (cpu: another, ' "$scratch/said"
result "not resumed on another machine" $?
sum_up 7
