#!/usr/bin/env bash
# The server of threads that come and go: the same work under every allocator, as many threads as
# it says, and blocks that are freed by other threads than made them.
. "$(dirname "$0")/lib.sh"

server() {
    "$bin/server" --rounds=2000 --live=500 --ops=80000 "$@"
}

test_checksum_is_the_same_under_every_allocator() {
    for setting in "--threads=1" "--threads=4 --touch=whole" "--threads=2 --max=64k --latency" \
        "--sizes=uniform --min=8"; do
        same_work "$setting" server
    done
}

test_seed_changes_the_work() {
    seed_matters server
}

test_live_bytes_are_those_of_the_arrays() {
    for threads in 1 2; do
        server --threads=$threads --min=1000 --max=1000 --result=r
        [ "$(number r requested_steady_bytes)" -eq $((threads * 500 * 1000)) ]
        [ "$(number r requested_peak_bytes)" -eq $((threads * 500 * 1000)) ]
        [ "$(number r ops)" -eq 80000 ]
    done
}

# The means of 1 to 1,001 bytes: 501 if uniform, 145 if each doubling is as likely.
test_sizes_are_distributed_as_asked() {
    server --sizes=uniform --min=1 --max=1001 --live=5000 --result=r
    expect_between $((5000 * 480)) "$(number r requested_steady_bytes)" $((5000 * 522))
    server --min=1 --max=1001 --live=5000 --result=r
    expect_between $((5000 * 135)) "$(number r requested_steady_bytes)" $((5000 * 155))
}

test_only_whole_lives_count() {
    server --threads=2 --ops=31999 --result=r
    [ "$(number r ops)" -eq 24000 ]
    [ "$(number r starts)" -eq 6 ]
}

test_recorded_it_is_what_was_asked() {
    "$bin/hakrec" -q -o t.hakt.zst -- "$bin/server" --rounds=1000 --live=500 --threads=2 \
        --ops=40000 --result=r
    "$bin/haktrace" stats t.hakt.zst >stats
    # The main thread, the other one of the team, and 10 lives of each chain.
    [ "$(number r starts)" -eq 20 ]
    [ "$(stat_of t.hakt.zst thread-start)" -eq 22 ]
    # Of 500 slots 1,000 rounds hit 1 - e^-2: 432 blocks of 1,000 are an earlier life's, and the
    # last 1,000 are drained by the team.
    share=$(awk '/^cross-thread/ { print int($2) }' stats)
    expect_between 44 "$share" 47
    # One life: only the blocks that the team made first, and those that it frees at the end.
    "$bin/hakrec" -q -o t.hakt.zst -- "$bin/server" --rounds=20000 --live=500 --ops=40000 --result=r
    "$bin/haktrace" stats t.hakt.zst >stats
    share=$(awk '/^cross-thread/ { print int($2) }' stats)
    expect_between 4 "$share" 5
}

test_overwritten_block_is_found() {
    overwriting_is_seen "of 1000 bytes" \
        "$bin/server" --min=1000 --max=1000 --rounds=1000 --ops=10000
}

test_errors() {
    expect_exit 2 "$bin/server" --threads=0
    expect_text err "--threads=0"
    expect_exit 2 "$bin/server" --min=2k --max=1k
    expect_text err "--min"
    expect_exit 2 "$bin/server" --sizes=gauss
    expect_text err "--sizes=gauss"
    expect_exit 2 "$bin/server" --rounds=1000 --ops=1999
    expect_text err "--rounds"
    expect_exit 2 "$bin/server" word
    expect_exit 1 server --result=/no/such/folder/r
}

run_tests
