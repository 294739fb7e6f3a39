#!/usr/bin/env bash
# nginx with two workers under parallel requests: plain files of 1 byte to 3 MB, compressed answers,
# a reload and a proxy to itself in between; every byte arrives, and the log has no error.
# Debian packages: nginx-light curl
. "$(dirname "$0")/../../support/preload.sh"
need nginx curl
mkdir -p root logs temp want got
for n in $(seq 300); do
    size=$((n * n * n % 60000 + 1))
    [ $((n % 60)) -ne 0 ] || size=3000000
    seq $((n * 1000)) 9999999 | head -c $size >"root/f$n.txt" || true
done
user=
[ "$(id -u)" -ne 0 ] || user="user root;"
cat >nginx.conf <<CONF
$user
daemon off;
worker_processes 2;
pid $work/pid;
error_log $work/logs/error.log warn;
events { worker_connections 200; }
http {
    access_log $work/logs/access.log;
    client_body_temp_path $work/temp; proxy_temp_path $work/temp; fastcgi_temp_path $work/temp;
    uwsgi_temp_path $work/temp; scgi_temp_path $work/temp;
    types { text/plain txt; }
    gzip on; gzip_min_length 100; gzip_types text/plain; output_buffers 2 33k;
    server {
        listen unix:$work/web.sock;
        location / { root $work/root; }
        location /proxy/ { proxy_pass http://unix:$work/web.sock:/; proxy_buffers 8 33k; }
    }
}
CONF
# load FOLDER: fetches all, half of it compressed, the other half through the proxy
load() {
    curl -s -S -f --compressed -Z --parallel-max 20 --unix-socket web.sock \
        "http://x/f[1-300].txt" -o "$1/plain#1" || return 1
    curl -s -S -f -Z --parallel-max 20 --unix-socket web.sock \
        "http://x/proxy/f[1-300].txt" -o "$1/proxied#1"
}
start_server nginx -p "$work" -c "$work/nginx.conf"
wait_for curl -s -f --unix-socket web.sock http://x/f1.txt
for round in 1 2 3; do
    rm -rf got
    mkdir got
    load got || fail "a request failed: $(tail -n 3 logs/error.log)"
    for n in $(seq 300); do
        cmp "root/f$n.txt" "got/plain$n" || fail "f$n.txt arrived otherwise, round $round"
        cmp "root/f$n.txt" "got/proxied$n" || fail "f$n.txt through the proxy, round $round"
    done
    kill -HUP "$server"
done
kill -QUIT "$server"
server_ended
# a response that did not fit its buffers went through a file, which nginx warns of
if grep -v -e 'buffered to a temporary file' -e '\[notice\]' logs/error.log; then
    fail "nginx met errors"
fi
