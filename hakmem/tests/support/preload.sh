# preload.sh - for the scripts in preload/: run a real program with libc's malloc and with hakmem,
# and compare what it says. Sourced; gives $work (a temporary folder, the current one) and $lib.
#
# Every process that runs under hakmem leaves its statistics, so that a program which was not served
# by hakmem (a preload that did not happen, a bypass) fails its test. Servers listen on sockets in
# $work, so that no port is taken; what still runs at the end of a script is stopped.

set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$here/support/progress.sh"
programs=$here/../build/tests
lib=$(realpath "${HAK_TEST_LIB:-$here/../libhakmem.so}")
work=$(mktemp -d "${TMPDIR:-/tmp}/hakmem-test.XXXXXX")
# Debian's programs, whatever else is installed
export PATH=/usr/bin:/bin:/usr/sbin:/sbin:$PATH HOME=$work LC_ALL=C.UTF-8
cd "$work"

clean_up() {
    local jobs
    jobs=$(jobs -p)
    if [ -n "$jobs" ]; then
        # shellcheck disable=SC2086  # several
        kill $jobs 2>/dev/null || true
        wait
    fi
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 1' TERM

fail() {
    echo "$*" >&2
    exit 1
}

need() {
    local program option=
    case $0 in */full/*) option=" --full" ;; esac
    for program in "$@"; do
        command -v "$program" >/dev/null ||
            fail "$program is not installed; ./check$option installs it"
    done
}

# under_hakmem COMMAND ...: runs it with statistics in $work/stats.json (of the last process to end)
under_hakmem() {
    env LD_PRELOAD="$lib" HAKMEM_STATS="$work/stats.json" HAKMEM_STRICT_OPTIONS=1 "$@"
}

# start_server COMMAND ...: the same in the background; its process is $server
start_server() {
    (
        export LD_PRELOAD=$lib HAKMEM_STATS=$work/stats.json HAKMEM_STRICT_OPTIONS=1
        exec "$@"
    ) >server.log 2>&1 </dev/null &
    server=$!
}

# wait_for COMMAND ...: until it succeeds and the server is ready, as long as that does anything
wait_for() {
    local tries=0 idle=0 now='' last=''
    until "$@" >/dev/null 2>&1; do
        kill -0 "$server" 2>/dev/null || fail "the server died: $(tail -n 3 server.log)"
        sleep 0.1
        [ $((tries += 1)) -le 6000 ] || fail "the server is not ready: $(tail -n 3 server.log)"
        [ $((tries % 20)) -eq 0 ] || continue
        now=$(progress_of "$server")
        idle=$((idle + 1))
        progress_same "$last" "$now" || idle=0
        last=$now
        [ $idle -le 30 ] || fail "the server waits, and is not ready: $(tail -n 3 server.log)"
    done
}

# The server was told to end: it must do so in order, and hakmem have served it.
server_ended() {
    wait "$server" || fail "the server ended with $?: $(tail -n 3 server.log)"
    assert_served
}

# The statistics prove that hakmem was there, and served.
assert_served() {
    [ -s "$work/stats.json" ] || fail "no statistics: the program did not run under hakmem"
    grep -Eq '"active": *false' "$work/stats.json" || fail "bypassed: $(cat "$work/stats.json")"
    grep -Eq '"mapped_bytes": *[1-9]' "$work/stats.json" ||
        fail "hakmem served nothing: $(cat "$work/stats.json")"
    rm -f "$work/stats.json"
}

# same_output COMMAND ...: same stdout, stderr and exit status with libc and with hakmem
same_output() {
    local want=0 got=0
    "$@" >want.out 2>want.err </dev/null || want=$?
    under_hakmem "$@" >got.out 2>got.err </dev/null || got=$?
    [ "$want" = "$got" ] || fail "$1: exit $got, expected $want: $(tail -3 got.err)"
    cmp want.out got.out || fail "$1: other output: $(diff want.out got.out | head -5)"
    diff want.err got.err || fail "$1: other messages"
    [ -s want.out ] || fail "$1: printed nothing, so that nothing was compared"
    assert_served
}
