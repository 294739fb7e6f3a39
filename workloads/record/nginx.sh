#!/usr/bin/env bash
# nginx under load: static files, compression, a proxy with buffers and server-side includes.
#
# One process. A request has pools of 4 KiB and a connection its buffers; a file that is not sent by
# sendfile is read into buffers of 32 KiB, a compressed answer takes 256 KiB for deflate, and the
# proxy answers of 100 KB go through buffers of 4 and 16 KiB.
#
# The shipped trace: nginx-light 1.22.1 of Debian 12.
. "$(dirname "$0")/common.sh"
need nginx nginx-light
need ab apache2-utils

port=$(free_port 17733)
behind=$(free_port $((port + 1)))
mkdir files logs
head -c 3000 /dev/zero | tr '\0' a >files/small.txt
seq 1 18000 >files/large.txt
seq 1 4000 >files/middle.txt
echo '<!--#include virtual="/small.txt" --><!--#include virtual="/middle.txt" -->' >files/page.shtml
cat >nginx.conf <<CONF
daemon off;
master_process off;
pid $work/pid;
error_log $work/logs/error.log;
events { worker_connections 1024; }
http {
    access_log off;
    types { text/plain txt; text/html shtml; }
    client_body_temp_path $work/body;
    proxy_temp_path $work/proxy;
    fastcgi_temp_path $work/fastcgi;
    uwsgi_temp_path $work/uwsgi;
    scgi_temp_path $work/scgi;
    root $work/files;
    gzip_types text/plain;
    gzip_http_version 1.0; # what ab speaks
    sendfile off;
    server {
        listen 127.0.0.1:$port;
        location / { ssi on; gzip on; }
        location /proxy/ { proxy_pass http://127.0.0.1:$behind/; proxy_buffers 8 16k; }
    }
    server { listen 127.0.0.1:$behind; }
}
CONF
start --max-events=1000000 -- nginx -p "$work" -c "$work/nginx.conf" -e "$work/logs/error.log"
await ab -n 1 "http://127.0.0.1:$port/small.txt"

load() {
    ab -q -n $(($1 * times)) -c "$2" "${@:4}" "http://127.0.0.1:$port/$3" >/dev/null
}
for _ in 1 2 3 4; do
    load 6000 200 small.txt -k
    load 2000 100 small.txt
    load 300 32 large.txt -H 'Accept-Encoding: gzip'
    load 1500 100 large.txt -k
    load 1000 16 page.shtml
    load 1000 60 proxy/large.txt
    load 2000 100 proxy/middle.txt -k
done
stop
