#!/usr/bin/env bash
# Instructions of a pair of malloc and free of a hot block at level 1 of hardening, counted by
# callgrind as in instructions.sh: what docs/HARDENING.md says, with a little room.
. "$(dirname "$0")/../support/preload.sh"
need valgrind
most=80 # of a pair; without hardening it is 29

# total FUNCTION PAIRS: instructions within FUNCTION and what it calls
total() {
    under_hakmem env HAKMEM_HARDEN=1 valgrind --tool=callgrind --callgrind-out-file=callgrind.out \
        --toggle-collect="$1" "$programs/preload/instructions" 33000 "$2" >valgrind.out 2>&1 ||
        fail "callgrind: $(tail -n 3 valgrind.out)"
    assert_served
    awk '$1 == "summary:" || $1 == "totals:" {n = $2} END {print n + 0}' callgrind.out
}

pair=0
for function in malloc free; do
    each=$((($(total $function 6000) - $(total $function 1000) + 2500) / 5000))
    echo "$function: $each instructions"
    # fewer than this takes the fast path, or was not seen
    [ $each -ge 20 ] || fail "$function: $each instructions: not hardened"
    pair=$((pair + each))
done
[ $pair -le $most ] || fail "$pair instructions a pair, at most $most expected"
