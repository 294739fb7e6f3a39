# preload.sh - for the scripts in preload/: run a real program with libc's malloc and with hakmem,
# and compare what it says. Sourced; gives $work (a temporary folder, the current one) and $lib.
#
# Every process that runs under hakmem leaves its statistics, so that a program which was not served
# by hakmem (a preload that did not happen, a bypass) fails its test.

set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
programs=$here/../build/tests
lib=$(realpath "${HAK_TEST_LIB:-$here/../libhakmem.so}")
work=$(mktemp -d "${TMPDIR:-/tmp}/hakmem-test.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"

fail() {
    echo "$*" >&2
    exit 1
}

need() {
    local program
    for program in "$@"; do
        command -v "$program" >/dev/null || fail "$program is not installed; ./check installs it"
    done
}

# under_hakmem COMMAND ...: runs it with statistics in $work/stats.json (of the last process to end)
under_hakmem() {
    env LD_PRELOAD="$lib" HAKMEM_STATS="$work/stats.json" HAKMEM_STRICT_OPTIONS=1 "$@"
}

# The statistics prove that hakmem was there, and served.
assert_served() {
    [ -s "$work/stats.json" ] || fail "no statistics: the program did not run under hakmem"
    grep -Eq '"active": *false' "$work/stats.json" || fail "bypassed: $(cat "$work/stats.json")"
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
