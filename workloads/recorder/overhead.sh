#!/usr/bin/env bash
# What recording costs redis-server: pairs of runs, plain and recorded, in turn.
#
#   workloads/recorder/overhead.sh [PAIRS]      (default: 15)
#
# Each run is 60,000 SET and GET of 100 bytes by redis-benchmark, 20 clients, on the loopback
# interface. Prints for each pair the ratios recorded over plain of the time that a request took and
# of the processor time of the server, and their medians. On a machine that does other work the
# first is noise; the second less so.
set -euo pipefail
pairs=${1:-15}
case $pairs in
'' | *[!0-9]* | 0) echo "usage: $0 [PAIRS]" >&2 && exit 2 ;;
esac
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# run plain|recorded: seconds of the benchmark, ticks of the server
run() {
    local port=$((18000 + RANDOM % 2000)) pid server
    local command=(redis-server --bind 127.0.0.1 --port "$port" --save '' --appendonly no
        --dir "$work" --logfile log)
    [ "$1" = plain ] || command=("$root/bin/hakrec" run -q -o t.hakt -- "${command[@]}")
    "${command[@]}" >/dev/null &
    pid=$!
    until redis-cli -p "$port" ping >/dev/null 2>&1; do
        kill -0 $pid
        sleep 0.05
    done
    server=$(redis-cli -p "$port" info server | tr -d '\r' | sed -n 's/^process_id://p')
    redis-benchmark -p "$port" -c 20 -n 60000 -r 10000 -d 100 -q -t set,get --csv | tr -d '"' |
        awk -F, '/^(SET|GET)/ { seconds += 60000 / $2 } END { printf "%.3f ", seconds }'
    awk '{ print $14 + $15 }' "/proc/$server/stat"
    redis-cli -p "$port" shutdown nosave >/dev/null 2>&1 || true
    wait $pid || true
}

for pair in $(seq "$pairs"); do
    if [ $((pair % 2)) -eq 0 ]; then
        plain=$(run plain) recorded=$(run recorded)
    else
        recorded=$(run recorded) plain=$(run plain)
    fi
    echo "$plain $recorded" | awk '{ printf "time %.3f  processor %.3f\n", $3 / $1, $4 / $2 }'
done | tee pairs
for column in 2 4; do
    awk -v column=$column '{ print $column }' pairs | sort -n |
        awk -v name="$([ $column -eq 2 ] && echo time || echo processor)" \
            '{ value[NR] = $1 } END { print "median, " name ": " value[int((NR + 1) / 2)] }'
done
