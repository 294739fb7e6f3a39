#!/usr/bin/env bash
# Instructions of malloc and of free for a hot block, counted by callgrind: a number that does not
# vary, so it has a fixed bound. What two runs differ by, one of them ten thousand pairs longer, is
# the fast path alone.
. "$(dirname "$0")/../support/preload.sh"
need valgrind

# counted FUNCTION SIZE PAIRS: instructions within FUNCTION and what it calls
counted() {
    under_hakmem valgrind --tool=callgrind --callgrind-out-file=callgrind.out \
        --toggle-collect="$1" "$programs/preload/instructions" "$2" "$3" >valgrind.out 2>&1 ||
        fail "callgrind: $(tail -n 3 valgrind.out)"
    assert_served
    awk '$1 == "summary:" || $1 == "totals:" {n = $2} END {print n + 0}' callgrind.out
}

# bound FUNCTION SIZE MOST
bound() {
    local short long each
    short=$(counted "$1" "$2" 1000)
    long=$(counted "$1" "$2" 11000)
    each=$(((long - short + 5000) / 10000))
    echo "$1 of $2 bytes: $each instructions, at most $3"
    # fewer than this is no malloc: the function was not seen
    [ "$each" -ge 5 ] || fail "$1($2): nothing was counted ($short, $long)"
    [ "$each" -le "$3" ] || fail "$1($2): $each instructions, at most $3 expected"
}

for size in 64 1024; do
    bound malloc $size 16
    bound free $size 14
done
for size in 8192 33000; do
    bound malloc $size 20
    bound free $size 14
done
