#!/usr/bin/env bash
# Blocks as a stack, a queue, or in no order: the same work under every allocator, freed in the
# order that was asked for, of the sizes and made by the calls that were.
. "$(dirname "$0")/lib.sh"

test_checksum_is_the_same_under_every_allocator() {
    for setting in "--pattern=lifo --latency" "--pattern=fifo --threads=2" "--pattern=random" \
        "--sizes=pareto --touch=first" "--sizes=uniform --min=900k --max=1m --live=9 --touch=page" \
        "--call=calloc --max=64k --touch=page" "--call=aligned --min=64 --max=64k"; do
        same_work "$setting" "$bin/blocks" --ops=20000 --live=1000
    done
}

test_seed_changes_the_work() {
    for pattern in lifo fifo random; do
        "$bin/blocks" --ops=10000 --pattern=$pattern --seed=1 --result=a
        "$bin/blocks" --ops=10000 --pattern=$pattern --seed=2 --result=b
        [ "$(checksum a)" != "$(checksum b)" ]
    done
}

test_live_bytes_and_operations_are_those_asked_for() {
    for pattern in lifo fifo random; do
        for threads in 1 2; do
            "$bin/blocks" --live=500 --pattern=$pattern --min=1000 --max=1000 --ops=10000 \
                --threads=$threads --result=r
            [ "$(number r requested_steady_bytes)" -eq 500000 ]
            [ "$(number r requested_peak_bytes)" -eq 500000 ]
            [ "$(number r ops)" -eq 10000 ]
        done
    done
}

# record OPTION …: leaves the events after those that filled 100 slots in `events`
record() {
    "$bin/hakrec" -q -o t.hakt.zst -- "$bin/blocks" --live=100 --ops=20000 --result=r "$@"
    "$bin/haktrace" head t.hakt.zst 20300 >all
    # the command line's own block comes first, and the drain last
    awk '$3 != "thread-start" && $4 != "#0"' all | sed -n '101,20100p' >events
    [ "$(wc -l <events)" -eq 20000 ]
}

# What the order of the frees looks like: the share, in percent, of those that free the youngest
# block that is alive, and of those that free the oldest.
order() {
    awk '
        BEGIN {for (i = 1; i <= 100; i++) alive[i] = 1; oldest = 1; youngest = 100}
        {id = substr($4, 2) + 0}
        $3 != "free" {alive[id] = 1; youngest = id; next}
        {
            frees++
            while (!(youngest in alive)) youngest--
            while (!(oldest in alive)) oldest++
            from_top += id == youngest
            from_bottom += id == oldest
            delete alive[id]
        }
        END {print int(100 * from_top / frees), int(100 * from_bottom / frees)}' events
}

test_order_is_that_of_the_pattern() {
    record --pattern=lifo
    order >shares
    read -r top bottom <shares
    [ "$top" -eq 100 ]
    # Runs of all lengths: 100 seldom comes, 1 often.
    [ "$bottom" -lt 10 ]
    runs=$(awk '$3 != last {runs++; last = $3} END {print runs}' events)
    expect_between 500 "$runs" 4000
    record --pattern=fifo
    order >shares
    read -r top bottom <shares
    [ "$bottom" -eq 100 ]
    [ "$top" -eq 0 ]
    record --pattern=random
    order >shares
    read -r top bottom <shares
    [ "$top" -lt 4 ]
    [ "$bottom" -lt 4 ]
}

# Requests of the trace with `low` to `high` bytes, in percent.
share_of_sizes() {
    "$bin/haktrace" head t.hakt.zst 20300 | awk -v low="$1" -v high="$2" '
        NF >= 5 && $3 != "free" {all++; some += $5 >= low && $5 <= high}
        END {print int(100 * some / all)}'
}

test_sizes_are_of_the_distribution() {
    record --sizes=log --min=16 --max=1023
    expect_between 31 "$(share_of_sizes 16 63)" 36
    expect_between 98 "$(share_of_sizes 16 1023)" 100
    record --sizes=uniform --min=1000 --max=2000
    expect_between 48 "$(share_of_sizes 1000 1500)" 52
    expect_between 99 "$(share_of_sizes 1000 2000)" 100
    # Above x are (16 / x) of them.
    record --sizes=pareto --min=16 --max=1m --alpha=100
    expect_between 48 "$(share_of_sizes 16 31)" 52
    expect_between 7 "$(share_of_sizes 160 1600)" 11
}

test_calls_are_those_asked_for() {
    record --call=calloc
    [ "$(stat_of t.hakt.zst calloc)" -eq 10100 ]
    record --call=aligned --min=64 --max=64k
    [ "$(stat_of t.hakt.zst aligned)" -eq 10100 ]
    for alignment in 64 128 256 512 1024 2048 4096; do
        count=$(awk -v wanted=$alignment '$6 == "align" && $7 == wanted' events | wc -l)
        expect_between 1250 "$count" 1600
    done
}

test_broken_allocators_are_seen() {
    for fault in "calloc calloc" "align aligned" "overlap malloc"; do
        call=${fault#* }
        expect_exit 1 env BROKEN="${fault% *}" LD_PRELOAD="$helpers/broken_malloc.so" \
            "$bin/blocks" --ops=20000 --min=1000 --max=5000 --call="$call"
        expect_text err "0x" # the message names the block
    done
}

test_errors() {
    expect_exit 2 "$bin/blocks" --pattern=filo
    expect_text err "--pattern=filo: not one of lifo, fifo, random"
    expect_exit 2 "$bin/blocks" --sizes=normal
    expect_exit 2 "$bin/blocks" --min=2k --max=1k
    expect_text err "--min exceeds --max"
    expect_exit 2 "$bin/blocks" --max=65m
    expect_exit 2 "$bin/blocks" --live=1 --threads=2
    expect_exit 2 "$bin/blocks" --ops=2 --threads=2
    expect_exit 2 "$bin/blocks" word
}

run_tests
