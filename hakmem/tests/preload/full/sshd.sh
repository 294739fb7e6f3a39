#!/usr/bin/env bash
# sshd: a key, loopback, one command and 3 MB there and back. The process that meets a client
# before it is known is in a sandbox, a seccomp filter that ends it at any unusual system call.
# Debian packages: openssh-server openssh-client
. "$(dirname "$0")/../../support/preload.sh"
need sshd ssh ssh-keygen
if [ "$(id -u)" -eq 0 ] && [ ! -d /run/sshd ]; then
    mkdir /run/sshd
    trap 'rmdir /run/sshd; clean_up' EXIT
fi
ssh-keygen -q -t ed25519 -N '' -f host
ssh-keygen -q -t ed25519 -N '' -f key
cat >sshd.conf <<CONF
ListenAddress 127.0.0.1
HostKey $work/host
AuthorizedKeysFile $work/key.pub
PidFile none
StrictModes no
UsePAM no
PermitRootLogin yes
PasswordAuthentication no
KbdInteractiveAuthentication no
LogLevel ERROR
CONF
seq 400000 | head -c 3000000 >input || true
client() {
    ssh -F none -p "$port" -i key -o BatchMode=yes -o StrictHostKeyChecking=no \
        -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR 127.0.0.1 "$@"
}
# session OUT: several connections at once
session() {
    local n status=0 clients=()
    client 'md5sum; echo error >&2; exit 7' <input >"$1" 2>&1 || status=$?
    [ $status -eq 7 ] || return 1
    client 'cat; seq 20' <input | md5sum >>"$1"
    for n in 1 2 3 4; do
        client "seq $n 2000 | md5sum" </dev/null >"$1.$n" 2>&1 &
        clients+=($!)
    done
    for n in 0 1 2 3; do
        wait "${clients[n]}" || return 1
    done
    cat "$1".[1-4] >>"$1"
}
# whether the server itself listens at the port: another program may have it
has_port() {
    local socket
    socket=$(awk -v at="$(printf '0100007F:%04X' "$port")" '$2 == at && $4 == "0A" {print $10}' \
        /proc/net/tcp)
    [ -n "$socket" ] && [ -n "$(find "/proc/$server/fd" -lname "socket:\[$socket\]")" ]
}
# any free port above 20000: sshd ends at once where it is taken
start_on_some_port() {
    local tries
    for tries in 1 2 3 4 5 6 7 8 9; do
        port=$((20000 + (RANDOM + tries) % 12000))
        "$@" "$(command -v sshd)" -D -e -p $port -f "$work/sshd.conf"
        while kill -0 "$server" 2>/dev/null; do
            ! has_port || return 0
            sleep 0.1
        done
    done
    fail "sshd does not start: $(tail -n 3 server.log)"
}
start_plain() {
    "$@" >server.log 2>&1 </dev/null &
    server=$!
}
start_on_some_port start_plain
session want || fail "libc: $(cat want)"
kill "$server"
wait "$server" || true
# In its sandbox a process may write no file of statistics: that hakmem serves shows otherwise.
start_on_some_port start_plain env LD_PRELOAD="$lib" HAKMEM_STRICT_OPTIONS=1
grep -q libhakmem.so "/proc/$server/maps" || fail "sshd runs without hakmem"
session got || fail "$(cat got server.log)"
kill "$server"
wait "$server" || true
under_hakmem "$(command -v sshd)" -t -f "$work/sshd.conf"
assert_served
diff want got || fail "the client saw something else"
if [ -s server.log ]; then
    fail "sshd met errors: $(tail -n 3 server.log)"
fi
