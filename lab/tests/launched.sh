#!/usr/bin/env bash
# launched.sh - what the tests of the launchers share. Sourced.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
. "$here/.ci/packages.sh"
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8
# shellcheck disable=SC2034  # for those that source this
launcher=
scratch=$(mktemp -d "${TMPDIR:-/tmp}/hakmem-launch.XXXXXX")
passed=0
failed=0

# result NAME STATUS: of a step whose output is in $scratch/said
result() {
    if [ "$2" -eq 0 ]; then
        echo "ok    $1"
        passed=$((passed + 1))
    else
        echo "FAIL  $1"
        tail -n 30 "$scratch/said" | sed 's/^/      /'
        failed=$((failed + 1))
    fi
}

# The last line; the status of the script.
sum_up() {
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ] && [ "$passed" -eq "$1" ]
}

# A small sweep whose launches are known beforehand: a grid of the default pair alone needs no
# confirmation, which what was measured would decide about.
sweep() {
    "$here/run_sweep" --workload mid33 --workload aligned --workload startup-true \
        --wmax-mid 1.6 --wmax-large 1.3 --allocator glibc --reps 2 --seed 1 "$@"
}

# panels SAMPLES.JSONL: a line per sample, its cell and its launch
panels() {
    python3 -c '
import json, sys
for line in open(sys.argv[1]):
    sample = json.loads(line)
    print(sample["cell"], sample["rep"], sample["status"])' "$1" | sort
}

# same_panels LAUNCHED LOCAL: what was joined is what one machine measures, each once.
same_panels() {
    panels "$1"/machines/*/samples.jsonl >"$scratch/launched.panels" &&
        panels "$2/samples.jsonl" >"$scratch/local.panels" &&
        [ -s "$scratch/local.panels" ] &&
        diff "$scratch/local.panels" "$scratch/launched.panels" >"$scratch/said"
}
