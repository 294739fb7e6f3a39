#!/usr/bin/env bash
# memcached with values up to 4,000 bytes, gets of 100 keys at once, and clients that come and go.
#
# memcached carves its items from pages of 1 MiB and hardly asks malloc for anything else, except
# where a request is longer than its read buffer of 16 KiB: 100 keys of 200 bytes come in a buffer
# made for this request. Connections come and go.
#
# The shipped trace: memcached 1.6.18 of Debian 12.
. "$(dirname "$0")/common.sh"
need memcached memcached

port=$(free_port 17633)
user=()
[ "$(id -u)" -ne 0 ] || user=(-u root)
start -- memcached -l 127.0.0.1 -p "$port" -U 0 -t 2 -m 48 "${user[@]}"
await bash -c ": >/dev/tcp/127.0.0.1/$port"

# requests SEED: what one client sends
requests() {
    awk -v seed="$1" '
        function key() { return sprintf("%0" (180 + int(rand() * 40)) "d", rand() * 20000) }
        BEGIN {
            srand(seed)
            for (i = 0; i < 3; i++) {
                for (k = 0; k < 10; k++) {
                    bytes = 200 + int(rand() * rand() * 3800)
                    printf "set %s 0 0 %d noreply\r\n%0" bytes "d\r\n", key(), bytes, i
                }
                printf "get"
                for (k = 0; k < 100; k++) printf " %s", key()
                printf "\r\n"
            }
            printf "quit\r\n"
        }'
}

# client FILE: until the server has answered all and hung up
client() {
    exec 3<>"/dev/tcp/127.0.0.1/$port"
    cat "$1" >&3 &
    cat <&3 >/dev/null
    wait
}

for seed in $(seq 1 80); do
    requests "$seed" >"requests$seed"
done
for round in $(seq 1 $((300 * times))); do
    clients=()
    for i in $(seq 1 8); do
        seed=$(((round * 8 + i) % 80 + 1))
        (client "requests$seed") &
        clients+=($!)
    done
    wait "${clients[@]}"
done
stop
