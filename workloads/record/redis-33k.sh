#!/usr/bin/env bash
# Redis as a cache of 33,000-byte values: SET, GET, GETSET and APPEND from redis-benchmark.
#
# The server may use 32 MB and evicts the least recently used value beyond that. APPEND grows values
# by 33,000 bytes at a time. Lists of values are unlinked, which Redis does on a background thread.
#
# The shipped trace: redis-server 7.0 of Debian 12, on jemalloc.
. "$(dirname "$0")/common.sh"
need redis-server redis-server
need redis-benchmark redis-tools

port=17333
while (: >"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
    port=$((port + 1))
done
client() { redis-cli -h 127.0.0.1 -p "$port" "$@"; }
bench() { redis-benchmark -h 127.0.0.1 -p "$port" -c 8 -d 33000 -q "$@" >/dev/null; }

record -- redis-server --bind 127.0.0.1 --port "$port" --save '' --appendonly no --daemonize no \
    --maxmemory 32mb --maxmemory-policy allkeys-lru --dir "$work" --logfile "$work/log" &
server=$!
cleanup+=("kill $server")
for _ in $(seq 1 100); do
    client ping >/dev/null 2>&1 && break
    sleep 0.1
done

value=$(head -c 33000 /dev/zero | tr '\0' x)
bench -n 3000 -r 2000 -t set
for round in $(seq 1 $((3 * times))); do
    bench -n 1500 -r 2000 -t set,get
    bench -n 800 -r 2000 getset key:__rand_int__ "$value"
    bench -n 400 -r 60 append "log:__rand_int__" "$value"
    bench -n 200 lpush "list:$round" "$value"
    client unlink "list:$round" >/dev/null
    client --scan --pattern 'log:*' | xargs redis-cli -h 127.0.0.1 -p "$port" unlink >/dev/null
done
bench -n 2000 -r 2000 -t set,get
client shutdown nosave >/dev/null 2>&1 || true
cleanup=()
wait "$server"
