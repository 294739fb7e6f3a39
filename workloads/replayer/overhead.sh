#!/usr/bin/env bash
# What the replayer itself costs: traces replayed on the empty allocator, less the calls.
#
#   workloads/replayer/overhead.sh [TRACE...]      (default: all shipped traces)
#
# Per event, in ns of processor time: what a replay with --touch=first takes in user mode, what a
# bare loop of malloc and free takes there (bare_calls.c, run right beside each replay), the
# difference, and what the replay takes in the system (threads that wait for each other). Each is
# the least of 5 runs of some 20 million events: other work on the machine can only add. The
# difference has all that a predictable loop of one size is spared: reading what to do, keeping
# blocks, writing their first bytes, mispredicted branches, the waiting of threads.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
runs=5
events=20000000
case ${1-} in
-*) echo "usage: $0 [TRACE...]" >&2 && exit 2 ;;
esac
[ $# -gt 0 ] || set -- "$root"/workloads/traces/*.hakt.zst
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# per_event COMMAND...: user and system ns per event
per_event() {
    LD_PRELOAD=$root/bin/libempty.so "$@" --result="$work/sample"
    sed -nE 's/.*"ops":([0-9]+),.*"cpu_user_ns":([0-9]+),"cpu_sys_ns":([0-9]+),.*/\1 \2 \3/p' \
        "$work/sample" | awk '{ printf "%.3f %.3f ", $2 / $1, $3 / $1 }'
}

measure() {
    local recorded loop run
    "$root/bin/haktrace" verify "$1" >/dev/null
    recorded=$("$root/bin/haktrace" info "$1" 2>/dev/null | awk '/^events/ { print $2 }')
    loop=$((events / (recorded + 1) + 1))
    for run in $(seq $runs); do
        per_event "$root/bin/bare_calls"
        per_event "$root/bin/hakreplay" "$1" --touch=first --loop=$loop
        echo
    done
}

printf '%-16s %9s %9s %9s %9s\n' 'ns per event' replay call own system
for trace in "$@"; do
    measure "$trace" >"$work/runs"
    awk -v name="$(basename "$trace" | sed 's/\.hakt.*//')" '
        NR == 1 || $1 < call { call = $1 }
        NR == 1 || $3 < replay { replay = $3 }
        NR == 1 || $4 < rest { rest = $4 }
        END {
            printf "%-16s %9.2f %9.2f %9.2f %9.2f\n", name, replay, call, replay - call, rest
        }' "$work/runs" | tee -a "$work/table"
done
awk '{ print $4 }' "$work/table" | sort -n | awk '
    { own[NR] = $1 }
    END { printf "median of its own: %.2f\n", (own[int((NR + 1) / 2)] + own[int(NR / 2) + 1]) / 2 }'
