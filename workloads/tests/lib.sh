# shellcheck shell=bash disable=SC2034
# lib.sh - what the script tests share; sourced. ROOT and BUILD come from the Makefile.
#
# A test is a function test_*; run_tests at the end of a script runs each one in a shell of its own,
# in an empty folder, with `set -e`: a command that fails fails the test. `expect_exit N COMMAND …`
# is for commands that shall fail.
: "${ROOT:?run by make test}" "${BUILD:?run by make test}"
bin=$ROOT/bin
helpers=$BUILD/tests
library=/usr/lib/$(gcc -print-multiarch)

fail() {
    echo "failed: $*" >&2
    exit 1
}

# Leaves what the command wrote in the files `out` and `err`.
expect_exit() {
    local wanted=$1 status=0
    shift
    "$@" >out 2>err || status=$?
    [ "$status" -eq "$wanted" ] || fail "exit $status instead of $wanted: $*; $(cat err)"
}

expect_text() {
    grep -qF -- "$2" "$1" || fail "'$2' is not in $1: $(cat "$1")"
}

# expect_between LOW NUMBER HIGH
expect_between() {
    if [ "$2" -lt "$1" ] || [ "$2" -gt "$3" ]; then
        fail "$2 is not from $1 to $3"
    fi
}

# number FILE KEY: the value of a number in a one-line JSON file
number() {
    sed -nE "s/.*\"$2\":(-?[0-9]+).*/\1/p" "$1"
}

# checksum FILE: of the work, in a sample
checksum() {
    sed -nE 's/.*"checksum":"([0-9a-f]+)".*/\1/p' "$1"
}

# same_work "OPTIONS" COMMAND ...: it does the same under every allocator. Leaves the samples
# `first`, of libc, and `other`, of the last.
same_work() {
    local options=$1 preload
    shift
    # shellcheck disable=SC2086  # several options
    "$@" $options --result=first
    for preload in $(allocators); do
        # shellcheck disable=SC2086
        LD_PRELOAD=$preload "$@" $options --result=other
        [ "$(checksum other)" = "$(checksum first)" ] || fail "$options: another checksum: $preload"
    done
}

# seed_matters COMMAND ...: with another seed it does other work
seed_matters() {
    "$@" --seed=1 --result=a
    "$@" --seed=2 --result=b
    [ "$(checksum a)" != "$(checksum b)" ] || fail "the seed changes nothing: $*"
}

# overwriting_is_seen TEXT COMMAND ...: by an allocator that hands out a block twice
overwriting_is_seen() {
    local text=$1
    shift
    expect_exit 1 env BROKEN=overlap LD_PRELOAD="$helpers/broken_malloc.so" "$@"
    expect_text err "$text"
}

# stat_of TRACE NAME: the figure that follows NAME in `haktrace stats`
stat_of() {
    "$bin/haktrace" stats "$1" | awk -v name="$2" '$1 == name && !found++ { print $2 }'
}

# allocators: the preload values under which a result must be the same; "" is libc
allocators() {
    local name
    echo
    for name in libmimalloc.so.2 libjemalloc.so.2 libtcmalloc_minimal.so.4; do
        [ -e "$library/$name" ] && echo "$library/$name"
    done
    [ -e "$ROOT/hakmem/libhakmem.so" ] && echo "$ROOT/hakmem/libhakmem.so"
    return 0
}

run_tests() {
    local test folder status failed=0
    for test in $(compgen -A function test_); do
        folder=$(mktemp -d)
        # Not as a condition: bash would ignore `set -e` inside.
        (
            set -euo pipefail
            cd "$folder"
            "$test"
        ) >"$folder.log" 2>&1
        status=$?
        if [ $status -eq 0 ]; then
            echo "ok $test"
        else
            failed=1
            echo "not ok $test"
            sed 's/^/    /' "$folder.log"
        fi
        rm -rf "$folder" "$folder.log"
    done
    exit $failed
}
