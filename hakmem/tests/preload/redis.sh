#!/usr/bin/env bash
# Redis under redis-benchmark with 33,000-byte values, over a Unix socket: no error, the values are
# whole, and the server ends in order.
. "$(dirname "$0")/../support/preload.sh"
need redis-server redis-benchmark redis-cli
socket=$work/redis.sock
under_hakmem redis-server --port 0 --unixsocket "$socket" --save "" --appendonly no --daemonize no \
    --dir "$work" >server.log 2>&1 &
server=$!
trap 'kill $server 2>/dev/null || true; rm -rf "$work"' EXIT
cli() { redis-cli -s "$socket" "$@"; }
for _ in $(seq 100); do
    cli ping >/dev/null 2>&1 && break
    kill -0 $server 2>/dev/null || fail "the server died: $(tail -3 server.log)"
    sleep 0.1
done
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
wait $server || fail "the server ended with $?: $(tail -3 server.log)"
assert_served
