#!/usr/bin/env bash
# Instructions of malloc and of free for a hot block, counted by callgrind: a number that does not
# vary, so it has a fixed bound. What two runs differ by, one of them ten thousand pairs longer, is
# the fast path alone; with HAKMEM_LEARN, too, once a program is no longer watched all the time.
# There the clock has a part: one of the two runs may have a look of some 7,000 instructions more,
# so that it takes more pairs.
. "$(dirname "$0")/../support/preload.sh"
need valgrind

# counted FUNCTION PROGRAM-ARGUMENTS: instructions within FUNCTION and what it calls
counted() {
    local function=$1
    shift
    under_hakmem valgrind --tool=callgrind --callgrind-out-file=callgrind.out \
        --toggle-collect="$function" "$programs/preload/instructions" "$@" >valgrind.out 2>&1 ||
        fail "callgrind: $(tail -n 3 valgrind.out)"
    assert_served
    awk '$1 == "summary:" || $1 == "totals:" {n = $2} END {print n + 0}' callgrind.out
}

# bound FUNCTION SIZE MOST [LARGER|thread|among|mixed|batches|appends]: past the first FIRST (1,000)
# pairs, MORE (10,000)
bound() {
    local short long each first=${FIRST:-1000} more=${MORE:-10000}
    short=$(counted "$1" "$2" "$first" ${4:+"$4"})
    long=$(counted "$1" "$2" $((first + more)) ${4:+"$4"})
    each=$(((long - short + more / 2) / more))
    echo "$1 of $2 bytes${4:+ ($4)}: $each instructions, at most $3"
    # fewer than this is no malloc: the function was not seen
    [ "$each" -ge 5 ] || fail "$1($2): nothing was counted ($short, $long)"
    [ "$each" -le "$3" ] || fail "$1($2): $each instructions, at most $3 expected"
}

for size in 64 1024; do
    bound malloc $size 14
    bound free $size 15
done
for size in 8192 33000; do
    bound malloc $size 14
    bound free $size 15
done
# blocks of a thread's home, which free gives back to it and malloc takes together (slab/homes.h)
for size in 16 48; do
    bound malloc $size 40 thread
    bound free $size 24 thread
done
# more blocks than a thread or a depot keeps, a part of which return to their slabs; by volume, for
# the interval's length here is the machine's
export HAKMEM_PURGE_DELAY_MS=60000
FIRST=60000 MORE=100000 bound malloc 64 37 batches
FIRST=60000 MORE=100000 bound free 64 32 batches
unset HAKMEM_PURGE_DELAY_MS
# where a larger block serves because ACE allows it, without a lock
bound malloc 33000 280 41000
# a span that waits to be merged, and is taken back whole; each 64th time by the longer way. A pair
# takes 170 at most.
for size in 70000 200000 300000 600000 1000000; do
    for how in '' among; do
        bound malloc $size 93 $how
        bound free $size 81 $how
    done
done
# of any size from 64 to 128 KiB: most find one that waits, some take what is dirty in the heap
bound malloc 98304 220 mixed
bound free 98304 88 mixed

# a Big block that is appended to; each thousandth time it comes to another page
bound realloc 4000000 56 appends

# blocks that outgrow their class, and move to one that the thread has at hand, with the copying
for size in 40 120; do
    bound realloc $size 130 grows
done

# a heap of 150 MiB of which most is freed in any order, with what giving pages back costs
each=$(($(counted free 512 300000 drain) / 285000))
echo "free of 512 bytes (drain): $each instructions, at most 1000"
[ "$each" -le 1000 ] || fail "free(512): $each instructions where a heap drains"

export HAKMEM_LEARN=1
for size in 1024 1040 33000; do
    FIRST=30000 MORE=100000 bound malloc $size 14
    FIRST=30000 MORE=100000 bound free $size 15
done
