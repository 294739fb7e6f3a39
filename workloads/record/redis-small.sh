#!/usr/bin/env bash
# Redis with small values of every type, at its memory limit.
#
# Strings of 16 to 400 bytes, hashes, sets, sorted sets, lists and counters; keys that expire;
# replies and query buffers of eight clients that pipeline. Beyond 24 MB the least recently used
# keys go. On glibc's malloc, which libc in LD_PRELOAD puts before the jemalloc that Debian links.
#
# The shipped trace: redis-server 7.0.15 of Debian 12.
. "$(dirname "$0")/common.sh"
need redis-server redis-server
need redis-benchmark redis-tools

port=$(free_port 17533)
client() { redis-cli -h 127.0.0.1 -p "$port" "$@"; }
bench() { redis-benchmark -h 127.0.0.1 -p "$port" -c 8 -P 8 -q "$@" >/dev/null; }

libc=$(ldd "$(command -v redis-server)" | awk '$1 == "libc.so.6" {print $3}')
LD_PRELOAD=$libc start -- redis-server --bind 127.0.0.1 --port "$port" \
    --save '' --appendonly no --daemonize no --maxmemory 24mb --maxmemory-policy allkeys-lru \
    --dir "$work" --logfile "$work/log"
await client ping

for _ in $(seq 1 $((2 * times))); do
    for bytes in 16 60 150 400; do
        bench -n 9000 -r 30000 -d $bytes set "v$bytes:__rand_int__" "$(printf "%${bytes}s" x)"
    done
    bench -n 6000 -r 3000 hset hash:__rand_int__ field:__rand_int__ "$(printf '%40s' y)"
    bench -n 6000 -r 800 sadd set:__rand_int__ member:__rand_int__
    bench -n 6000 -r 300 zadd board:__rand_int__ __rand_int__ player:__rand_int__
    bench -n 5000 -r 200 lpush list:__rand_int__ "$(printf '%80s' z)"
    bench -n 5000 -r 5000 incr counter:__rand_int__
    bench -n 5000 -r 20000 set session:__rand_int__ "$(printf '%200s' s)" px 200
    bench -n 5000 -r 30000 get v150:__rand_int__
    bench -n 1000 -r 200 lrange list:__rand_int__ 0 40
    bench -n 1000 -r 300 unlink board:__rand_int__
done
stop
