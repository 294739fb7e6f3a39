#!/usr/bin/env bash
# Redis as a cache of 33,000-byte values at its limit of 128 MB, under redis-benchmark.
. "$(dirname "${BASH_SOURCE[0]}")/common/stages.sh"
need redis-server redis-server
need redis-benchmark redis-tools

bench() { redis-benchmark -s redis.sock -c 8 -r 8000 -d 33000 --csv "$@"; }

server() {
    serve redis-server --port 0 --unixsocket redis.sock --save '' --appendonly no --daemonize no \
        --maxmemory 128mb --maxmemory-policy allkeys-lru
}
ready() { redis-cli -s redis.sock ping; }
fill() { bench -n "$(share 6000)" -t set; }
load() { bench -n "$(share 60000)" -t set,get; }
drain() { redis-cli -s redis.sock flushall; }

# "test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95","p99","max"; the tails are
# those of SET
figures() {
    awk -F '"' -v each="$(share 60000)" '
        $2 == "SET" { printf "p50_ns %d\np99_ns %d\nmax_ns %d\n", $10 * 1e6, $14 * 1e6, $16 * 1e6 }
        $2 == "SET" || $2 == "GET" { ops += each; seconds += each / $4 }
        END { printf "ops %d\nns %.0f\n", ops, seconds * 1e9 }' load.out
}
stage "$@"
