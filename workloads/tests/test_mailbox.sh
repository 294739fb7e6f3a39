#!/usr/bin/env bash
# Threads that send blocks to one another: the same amount of work under every allocator and on any
# number of threads, all boxes full at the end, and frees spread over all pairs of threads.
. "$(dirname "$0")/lib.sh"

mailbox() {
    "$bin/mailbox" --box=16 --ops=161280 "$@"
}

test_checksum_is_the_same_under_every_allocator() {
    for setting in "--threads=2 --parcel=1 --latency" "--threads=8 --touch=whole" \
        "--threads=4 --touch=page --max=64k"; do
        same_work "$setting" mailbox
        [ "$(number other ops)" -eq 161280 ]
    done
}

test_seed_changes_the_work() {
    seed_matters mailbox
}

test_live_bytes_are_those_of_full_boxes() {
    for threads in 2 4; do
        mailbox --threads=$threads --box=64 --parcel=16 --min=1000 --max=1000 --result=r
        boxes=$((threads * (threads - 1) * 64 * 1000))
        [ "$(number r requested_steady_bytes)" -eq $boxes ]
        # The others go on while a thread adds up.
        expect_between $boxes "$(number r requested_peak_bytes)" $((boxes + 64000))
    done
}

test_all_send_to_all() {
    "$bin/hakrec" -q -o t.hakt.zst -- "$bin/mailbox" --threads=3 --box=16 --parcel=4 --ops=7200 \
        --result=r
    # How many blocks of one thread another has freed.
    "$bin/haktrace" head t.hakt.zst 100000 | awk '
        $3 == "malloc" { maker[$4] = $2 }
        $3 == "free" && $4 in maker && maker[$4] != $2 { frees[maker[$4] " " $2]++ }
        END { for (pair in frees) print pair, frees[pair] }' >pairs
    [ "$(wc -l <pairs)" -eq 6 ]
    while read -r _ _ frees; do
        expect_between 616 "$frees" 618 # 3,600 of the timed part, 16 of each box, a thread or two
    done <pairs
    "$bin/haktrace" stats t.hakt.zst >stats
    [ "$(awk '/^cross-thread/ { print int($2 + 0.5) }' stats)" -eq 100 ]
}

test_overwritten_block_is_found() {
    overwriting_is_seen "of 1000 bytes" "$bin/mailbox" --min=1000 --max=1000 --ops=10000
}

test_errors() {
    expect_exit 2 "$bin/mailbox" --threads=1
    expect_text err "--threads=1"
    expect_exit 2 "$bin/mailbox" --box=100
    expect_text err "--box=100"
    expect_exit 2 "$bin/mailbox" --box=8 --parcel=16
    expect_text err "--parcel=16"
    expect_exit 2 "$bin/mailbox" --min=2k --max=1k
    expect_exit 2 "$bin/mailbox" --threads=2 --parcel=8 --ops=31
    expect_text err "--ops"
    expect_exit 2 "$bin/mailbox" word
    expect_exit 1 mailbox --result=/no/such/folder/r
}

run_tests
