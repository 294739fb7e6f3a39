#!/usr/bin/env bash
# memcached with 64 MB, two threads, under memcaslap: a fifth sets of 200 to 4,000 bytes, gets of
# one key. It hardly asks malloc for anything: a row that no allocator should change.
. "$(dirname "${BASH_SOURCE[0]}")/common/stages.sh"
need memcached memcached
need memcaslap libmemcached-tools

prepare() {
    free_port 17900 >port
    printf '%s\n' key '20 60 1' value '200 1000 0.7' '1000 4000 0.3' cmd '0 0.2' '1 0.8' >load.cfg
}
server() {
    local user=()
    [ "$(id -u)" -ne 0 ] || user=(-u root)
    serve memcached -l 127.0.0.1 -p "$(cat port)" -U 0 -t 2 -m 64 "${user[@]}"
}
ready() { : >"/dev/tcp/127.0.0.1/$(cat port)"; }
load() {
    memcaslap -s "127.0.0.1:$(cat port)" -F load.cfg -T 1 -c 32 -x "$(share 500000)"
}
figures() { sed -nE 's/^Run time: [0-9.]+s Ops: ([0-9]+) .*/ops \1/p' load.out; }
stage "$@"
