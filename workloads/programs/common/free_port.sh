# shellcheck shell=bash
# free_port.sh - for the scripts that start servers, to record them or to run them whole; sourced.

# free_port FIRST: a port of the loopback interface on which nobody listens
free_port() {
    local port=$1
    while (: >"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
        port=$((port + 1))
    done
    echo "$port"
}
