#!/usr/bin/env bash
# Waves of threads: the same amount of work under every allocator, as many threads as it says, and
# as many blocks freed by others as are swapped and kept.
. "$(dirname "$0")/lib.sh"

waves() {
    "$bin/waves" --live=200 --rounds=1000 --shared=100 --ops=40000 "$@"
}

# Of the frees in a trace, how many percent are by another thread than made the block.
cross_share() {
    "$bin/hakrec" -q -o t.hakt.zst -- "$bin/waves" --live=200 --rounds=1000 --shared=100 \
        --ops=40000 --result=r "$@"
    "$bin/haktrace" stats t.hakt.zst | awk '/^cross-thread/ { print int($2) }'
}

test_checksum_is_the_same_under_every_allocator() {
    for setting in "--threads=1" "--threads=4 --touch=whole" \
        "--threads=2 --swap=100 --keep=50 --large=10 --latency"; do
        same_work "$setting" waves
        [ "$(number other ops)" -eq 40000 ]
    done
}

test_seed_changes_the_work() {
    seed_matters waves
}

# The live set: what is kept, and the shared array.
test_live_bytes_are_those_kept_and_shared() {
    for threads in 1 4; do
        waves --threads=$threads --keep=30 --large=0 --min=1000 --max=1000 --result=r
        [ "$(number r requested_steady_bytes)" -eq $(((threads * 60 + 100) * 1000)) ]
        peak=$(((threads * 200 + 100) * 1000))
        expect_between $(((threads * 60 + 100) * 1000)) "$(number r requested_peak_bytes)" $peak
    done
    # Alone, of 200 slots 1,000 rounds hit all but one or two.
    waves --threads=1 --keep=0 --large=0 --min=1000 --max=1000 --result=r
    expect_between 290000 "$(number r requested_peak_bytes)" 300000
}

test_rounds_are_the_same_work() {
    waves --threads=2 --result=plain
    "$helpers/help_turns" "start, warm 1, turn 2, end" "$bin/waves" --live=200 --rounds=1000 \
        --shared=100 --ops=40000 --threads=2 --turns=3 --result=r
    [ "$(checksum r)" = "$(checksum plain)" ]
    [ "$(number r ops)" -eq 80000 ]
}

test_large_blocks_are_as_many_as_asked() {
    "$bin/hakrec" -q -o t.hakt.zst -- "$bin/waves" --live=200 --rounds=1000 --ops=40000 \
        --large=20 --large-min=32k --large-max=63k --result=r
    share=$("$bin/haktrace" stats t.hakt.zst | awk '/^32 to 64 KiB/ { print int($5) }')
    expect_between 18 "$share" 22
}

test_threads_come_and_go() {
    [ "$(cross_share --threads=2 --swap=0 --keep=0)" -lt 2 ] # what is drained, and libc's own
    # The main thread, the other one of the team, and ten waves of two.
    [ "$(number r starts)" -eq 20 ]
    [ "$(stat_of t.hakt.zst thread-start)" -eq 22 ]
}

# Half the slots are kept: nearly all are hit, so of 1,000 blocks 100 are of an earlier wave.
test_kept_blocks_are_freed_by_others() {
    expect_between 9 "$(cross_share --threads=2 --swap=0 --keep=50)" 11
}

# All blocks are swapped: of the 1,000 that a thread gets, at least the 100 that were in the array
# when it started are another's. If both run at once, there are more.
test_swapped_blocks_are_freed_by_others() {
    expect_between 9 "$(cross_share --threads=1 --swap=100 --keep=0)" 11
    [ "$(cross_share --threads=2 --swap=100 --keep=0)" -ge 9 ]
}

test_overwritten_block_is_found() {
    overwriting_is_seen "of 1000 bytes" "$bin/waves" --min=1000 --max=1000 --large=0 --live=200 \
        --rounds=1000 --ops=10000
}

test_errors() {
    expect_exit 2 "$bin/waves" --threads=0
    expect_text err "--threads=0"
    expect_exit 2 "$bin/waves" --min=2k --max=1k
    expect_text err "--min"
    expect_exit 2 "$bin/waves" --large-min=2m --large-max=1m
    expect_text err "--large-min"
    expect_exit 2 "$bin/waves" --swap=101
    expect_text err "--swap=101"
    expect_exit 2 "$bin/waves" --rounds=1000 --ops=1999
    expect_text err "--rounds"
    expect_exit 2 "$bin/waves" word
    expect_exit 1 waves --result=/no/such/folder/r
}

run_tests
