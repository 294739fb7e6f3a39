#!/usr/bin/env bash
# Redis writes an RDB file (a forked child) and an append-only file, rewrites it under load,
# restarts and loads them; the data set's digest stays the same, also on libc's malloc.
# Debian packages: redis-server redis-tools
. "$(dirname "$0")/../../support/preload.sh"
need redis-server redis-benchmark redis-cli
socket=$work/redis.sock
cli() { redis-cli -s "$socket" "$@"; }
options=(--port 0 --unixsocket "$socket" --daemonize no --dir "$work" --save 3600 1
    --enable-debug-command local --appendonly)
start_server redis-server "${options[@]}" yes
wait_for cli ping
redis-benchmark -s "$socket" -n 4000 -r 400 -d 33000 -c 8 -q -t set,lpush >bench.log 2>&1 ||
    fail "redis-benchmark: $(tail -3 bench.log)"
redis-benchmark -s "$socket" -n 60000 -r 20000 -d 90 -c 8 -q -t set,sadd,hset,zadd,spop \
    >bench.log 2>&1 &
bench=$!
for _ in 1 2 3; do
    cli bgrewriteaof >/dev/null
    sleep 0.3
done
wait $bench || fail "redis-benchmark: $(tail -3 bench.log)"
settled() { [ "$(cli info persistence | grep -c '_in_progress:1')" = 0 ]; }
wait_for settled
cli bgsave | grep -q started || fail "no BGSAVE"
wait_for settled
cli info persistence | grep -q 'rdb_last_bgsave_status:ok' || fail "BGSAVE failed"
cli info persistence | grep -q 'aof_last_bgrewrite_status:ok' || fail "BGREWRITEAOF failed"
digest=$(cli debug digest)
cli shutdown save
server_ended
# from the append-only file, from the RDB file, each read by hakmem; the latter also by libc
start_server redis-server "${options[@]}" yes
wait_for cli dbsize
wait_for eval '[ "$(cli ping)" = PONG ]'
[ "$(cli debug digest)" = "$digest" ] || fail "the append-only file holds other data"
cli shutdown nosave
server_ended
start_server redis-server "${options[@]}" no
wait_for eval '[ "$(cli ping)" = PONG ]'
[ "$(cli debug digest)" = "$digest" ] || fail "the RDB file holds other data"
cli shutdown nosave
server_ended
redis-server "${options[@]}" no >server.log 2>&1 &
server=$!
wait_for eval '[ "$(cli ping)" = PONG ]'
[ "$(cli debug digest)" = "$digest" ] || fail "libc's run reads other data"
cli shutdown nosave
