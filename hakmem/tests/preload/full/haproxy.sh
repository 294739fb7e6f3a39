#!/usr/bin/env bash
# HAProxy with two threads, and pools of its own: it compresses, cuts and passes on what a
# server behind it gives, and is reloaded under load, by which it hands its sockets to a new
# process.
# Debian packages: haproxy curl python3-minimal
. "$(dirname "$0")/../../support/preload.sh"
need haproxy curl python3
mkdir root
for n in $(seq 60); do
    seq $((n * 1000)) $((n * 1000 + n * n * 97 % 60000)) >"root/f$n.txt"
done
cat >origin.py <<'PY'
import http.server, os, socketserver
class Handler(http.server.SimpleHTTPRequestHandler):
    def address_string(self): return "-"
    def log_message(self, *arguments): pass
class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 128
os.chdir("root")
Server("../origin.sock", Handler).serve_forever()
PY
cat >haproxy.cfg <<CONF
global
    nbthread 2
    stats socket $work/admin.sock level admin expose-fd listeners
defaults
    mode http
    timeout connect 1h
    timeout client 1h
    timeout server 1h
frontend web
    bind unix@$work/web.sock
    filter compression
    compression algo gzip
    compression type text/plain
    http-request set-header X-Long %[str(x),concat(y)]
    default_backend origin
backend origin
    server one unix@$work/origin.sock maxconn 20
CONF
python3 origin.py >origin.log 2>&1 &
server=$!
wait_for curl -s -f --unix-socket origin.sock http://x/f1.txt
# load FOLDER: fetches all, compressed and not
load() {
    mkdir "$1"
    curl -s -S -f --compressed -Z --parallel-max 20 --unix-socket web.sock \
        "http://x/f[1-60].txt" -o "$1/packed#1" || return 1
    curl -s -S -f -Z --parallel-max 20 --unix-socket web.sock "http://x/f[1-60].txt" -o "$1/plain#1"
}
start_server haproxy -W -f "$work/haproxy.cfg"
wait_for curl -s -f --unix-socket web.sock http://x/f1.txt
for round in 1 2 3; do
    load "got$round" || fail "a request failed: $(tail -n 3 server.log)"
    for n in $(seq 60); do
        cmp "root/f$n.txt" "got$round/packed$n" || fail "f$n.txt arrived otherwise, round $round"
        cmp "root/f$n.txt" "got$round/plain$n" || fail "f$n.txt arrived otherwise, round $round"
    done
    kill -USR2 "$server"
    sleep 1
done
wait_for curl -s -f --unix-socket web.sock http://x/f1.txt
kill -USR1 "$server"
server_ended
