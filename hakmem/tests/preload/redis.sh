#!/usr/bin/env bash
# Redis under redis-benchmark with 33,000-byte values, over a Unix socket: no error, the values are
# whole, and the server ends in order.
. "$(dirname "$0")/../support/preload.sh"
need redis-server redis-benchmark redis-cli
socket=$work/redis.sock
cli() { redis-cli -s "$socket" "$@"; }
start_server redis-server --port 0 --unixsocket "$socket" --save "" --appendonly no --daemonize no \
    --dir "$work"
wait_for cli ping
redis-benchmark -s "$socket" -n 4000 -r 500 -d 33000 -c 8 --csv -t set,get,lpush,lpop \
    >bench.log 2>&1 ||
    fail "redis-benchmark: $(tail -3 bench.log)"
for test in SET GET LPUSH LPOP; do
    grep -q "\"$test\"" bench.log || fail "$test did not finish: $(cat bench.log)"
done
for key in a b c; do
    head -c 40000 /dev/zero | tr '\0' "$key" | cli -x set "$key" >/dev/null
    got=$(cli get "$key" | tr -d '\n' | sha256sum)
    want=$(head -c 40000 /dev/zero | tr '\0' "$key" | sha256sum)
    [ "$got" = "$want" ] || fail "the value of $key is another one"
done
[ "$(cli dbsize)" -ge 3 ] || fail "the keys are gone"
cli flushall >/dev/null
cli shutdown nosave
server_ended
