#!/usr/bin/env bash
# Producers and consumers: the same work under every allocator, every free by another thread, and
# never more blocks alive than the ring holds.
. "$(dirname "$0")/lib.sh"

test_checksum_is_the_same_under_every_allocator() {
    for setting in "--threads=2" "--threads=4 --touch=whole --max=64k --ring=64" \
        "--batch=1 --ring=1 --touch=page --max=20000 --latency" \
        "--by=lock --threads=6 --batch=16 --touch=page" \
        "--by=lock --batch=1 --ring=1 --max=20000"; do
        same_work "$setting" "$bin/channel" --ops=20000
    done
}

test_seed_changes_the_work() {
    seed_matters "$bin/channel" --ops=10000 --max=1k
}

test_live_blocks_are_those_of_the_rings() {
    for threads in 2 4; do
        "$bin/channel" --threads=$threads --ring=256 --batch=16 --min=33000 --max=33000 \
            --ops=64000 --result=r
        [ "$(number r requested_steady_bytes)" -eq $((threads / 2 * 256 * 33000)) ]
        [ "$(number r requested_peak_bytes)" -eq $((threads / 2 * 256 * 33000)) ]
        [ "$(number r ops)" -eq 64000 ]
    done
}

# By the lock each producer may have one batch more in its hands.
test_live_blocks_are_those_of_the_queue() {
    for threads in 2 4; do
        "$bin/channel" --by=lock --threads=$threads --ring=256 --batch=16 --min=33000 --max=33000 \
            --ops=64000 --result=r
        [ "$(number r requested_steady_bytes)" -eq $((threads / 2 * 256 * 33000)) ]
        expect_between $((threads / 2 * 256 * 33000)) "$(number r requested_peak_bytes)" \
            $((threads / 2 * 272 * 33000))
        [ "$(number r ops)" -eq 64000 ]
    done
}

# In rings each consumer frees the blocks of its own producer; from the queue it takes any.
test_queue_is_shared_by_all() {
    [ "$(pairs_of --by=ring)" -eq 2 ] || fail "$(cat pairs)"
    [ "$(pairs_of --by=lock)" -gt 2 ] || fail "$(cat pairs)"
}

# pairs_of WAY: how many pairs there are of a maker and a thread that frees its blocks
pairs_of() {
    "$bin/hakrec" -q -o t.hakt.zst -- "$bin/channel" "$1" --threads=4 --ring=64 --batch=2 \
        --min=500 --max=500 --ops=40000 --result=r
    "$bin/haktrace" head t.hakt.zst 100000 | awk '
        $3 == "malloc" && $5 == 500 { maker[$4] = $2 }
        $3 == "free" && $4 in maker { frees[maker[$4] " " $2]++; delete maker[$4] }
        END { for (pair in frees) print pair, frees[pair] }' >pairs
    wc -l <pairs
}

test_whole_blocks_are_resident() {
    "$bin/channel" --ring=256 --min=33000 --max=33000 --ops=6400 --touch=whole --result=r
    [ "$(number r rss_anon_steady_bytes)" -ge $((256 * 32768)) ]
    "$bin/channel" --ring=256 --min=33000 --max=33000 --ops=6400 --touch=first --result=r
    [ "$(number r rss_anon_steady_bytes)" -lt $((256 * 16384)) ]
}

test_recorded_it_is_what_was_asked() {
    "$bin/hakrec" -q -o t.hakt.zst -- "$bin/channel" --threads=4 --ring=128 --min=500 --max=500 \
        --ops=80000 --result=r
    "$bin/haktrace" stats t.hakt.zst >stats
    # 40,000 in the timed part and two full rings; beside them only what starting a thread takes.
    expect_between 40256 "$(stat_of t.hakt.zst free)" 40266
    [ "$(awk '/^cross-thread/ { print int($2 + 0.5) }' stats)" -eq 100 ]
    peak=$(awk '/^peak live/ { print $3 }' stats)
    expect_between $((2 * 128 * 500)) "$peak" $((2 * 128 * 500 + 16384))
}

test_overwritten_block_is_found() {
    overwriting_is_seen "of 1000 bytes" "$bin/channel" --min=1000 --max=1000 --ops=10000
}

test_errors() {
    expect_exit 2 "$bin/channel" --threads=3
    expect_text err "--threads=3"
    expect_exit 2 "$bin/channel" --ring=100
    expect_text err "--ring=100"
    expect_exit 2 "$bin/channel" --ring=16 --batch=32
    expect_text err "--batch=32"
    expect_exit 2 "$bin/channel" --min=2k --max=1k
    expect_exit 2 "$bin/channel" --ops=63
    expect_exit 2 "$bin/channel" --by=hand
    expect_text err "--by=hand"
    expect_exit 2 "$bin/channel" word
    expect_exit 1 "$bin/channel" --ops=1000 --result=/no/such/folder/r
}

run_tests
