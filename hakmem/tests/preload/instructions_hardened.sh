#!/usr/bin/env bash
# Instructions of a pair of malloc and free of a hot block at level 1 of hardening, counted by
# callgrind as in instructions.sh: what docs/HARDENING.md says. Of blocks that begin on a page, and
# of others: their flags lie in two places.
. "$(dirname "$0")/../support/preload.sh"
need valgrind
most=60 # of a pair; without hardening it is 28

# total FUNCTION SIZE PAIRS: instructions within FUNCTION and what it calls
total() {
    under_hakmem env HAKMEM_HARDEN=1 valgrind --tool=callgrind --callgrind-out-file=callgrind.out \
        --toggle-collect="$1" "$programs/preload/instructions" "$2" "$3" >valgrind.out 2>&1 ||
        fail "callgrind: $(tail -n 3 valgrind.out)"
    assert_served
    awk '$1 == "summary:" || $1 == "totals:" {n = $2} END {print n + 0}' callgrind.out
}

for size in 64 1024 33000; do
    pair=0
    for function in malloc free; do
        each=$((($(total $function $size 6000) - $(total $function $size 1000) + 2500) / 5000))
        echo "$function($size): $each instructions"
        # fewer than this takes the fast path, or was not seen
        [ $each -ge 20 ] || fail "$function($size): $each instructions: not hardened"
        pair=$((pair + each))
    done
    [ $pair -le $most ] || fail "$pair instructions a pair of $size bytes, at most $most expected"
done
