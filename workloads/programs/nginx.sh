#!/usr/bin/env bash
# nginx, one process, 64 clients of wrk: small files, compressed ones, and a proxy to itself.
#
# wrk runs for a time, not for a number of requests: ops are what it got done.
. "$(dirname "${BASH_SOURCE[0]}")/common/stages.sh"
need nginx nginx-light
need wrk wrk

prepare() {
    local port behind
    port=$(free_port 18000)
    behind=$(free_port $((port + 1)))
    echo "$port" >port
    mkdir files
    head -c 3000 /dev/zero | tr '\0' a >files/small.txt
    seq 1 4000 >files/middle.txt
    cat >nginx.conf <<CONF
daemon off;
master_process off;
pid $PWD/pid;
error_log $PWD/error.log;
events { worker_connections 512; }
http {
    access_log off;
    types { text/plain txt; }
    client_body_temp_path $PWD/body;
    proxy_temp_path $PWD/proxy;
    fastcgi_temp_path $PWD/fastcgi;
    uwsgi_temp_path $PWD/uwsgi;
    scgi_temp_path $PWD/scgi;
    root $PWD/files;
    sendfile off;
    server {
        listen 127.0.0.1:$port;
        location / { gzip on; gzip_types text/plain; gzip_comp_level 1; }
        location /proxy/ { proxy_pass http://127.0.0.1:$behind/; }
    }
    server { listen 127.0.0.1:$behind; }
}
CONF
    cat >paths.lua <<'LUA'
local paths = {"/small.txt", "/small.txt", "/middle.txt", "/proxy/middle.txt", "/proxy/small.txt"}
local next = 0
request = function()
    next = next % #paths + 1
    local coding = next == 3 and "gzip" or "identity"
    return wrk.format("GET", paths[next], {["Accept-Encoding"] = coding})
end
done = function(summary, latency)
    local errors = summary.errors.connect + summary.errors.read + summary.errors.write +
                   summary.errors.status + summary.errors.timeout
    print(string.format("figures ops %d", summary.requests))
    print(string.format("figures ns %.0f", summary.duration * 1000))
    for name, share in pairs({p50_ns = 50, p90_ns = 90, p99_ns = 99, p999_ns = 99.9}) do
        print(string.format("figures %s %.0f", name, latency:percentile(share) * 1000))
    end
    print(string.format("figures max_ns %.0f", latency.max * 1000))
    print(string.format("figures check errors %d", errors))
end
LUA
}
server() { serve nginx -p "$PWD" -c "$PWD/nginx.conf" -e "$PWD/error.log"; }
ready() { : >"/dev/tcp/127.0.0.1/$(cat port)"; }
load() { wrk -t 1 -c 64 -d "$(share 10)s" -s paths.lua "http://127.0.0.1:$(cat port)/"; }
figures() {
    grep -q '^figures check errors 0$' load.out || { tail -n 3 load.out >&2 && exit 1; }
    sed -n 's/^figures //p' load.out
}
stage "$@"
