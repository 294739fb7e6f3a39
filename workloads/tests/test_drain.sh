#!/usr/bin/env bash
# Most of a live set is freed: the same work under every allocator, as much kept as was asked for,
# taken from all over, of the mix that was asked for.
. "$(dirname "$0")/lib.sh"

drain() {
    "$bin/drain" --rest=0 "$@"
}

test_checksum_is_the_same_under_every_allocator() {
    for setting in "--mix=all" "--mix=small --latency" "--mix=33k --threads=2 --touch=whole"; do
        same_work "$setting" drain --live-bytes=8m
    done
}

test_seed_changes_the_work() {
    seed_matters drain --live-bytes=4m
}

test_what_is_kept_is_what_was_asked() {
    drain --mix=33k --live-bytes=33000000 --keep=5 --result=r
    [ "$(number r requested_peak_bytes)" -eq 33000000 ]
    [ "$(number r requested_steady_bytes)" -eq $((50 * 33000)) ]
    [ "$(number r ops)" -eq 950 ]
    drain --mix=33k --live-bytes=33000000 --keep=20 --threads=2 --result=r
    [ "$(number r requested_peak_bytes)" -eq 33000000 ]
    [ "$(number r requested_steady_bytes)" -eq $((200 * 33000)) ]
    drain --mix=small --live-bytes=8m --keep=5 --result=r
    expect_between $((8 << 20)) "$(number r requested_peak_bytes)" $(((8 << 20) + 1024))
    expect_between $((380 << 10)) "$(number r requested_steady_bytes)" $((440 << 10))
}

test_memory_that_is_kept_is_resident() {
    drain --mix=33k --live-bytes=33000000 --keep=50 --touch=whole --result=r
    [ "$(number r rss_anon_steady_bytes)" -ge 16500000 ]
}

test_the_rest_is_taken() {
    before=$(date +%s%N)
    drain --mix=33k --live-bytes=1m --rest=1200 --result=r
    [ $((($(date +%s%N) - before) / 1000000)) -ge 1200 ]
}

test_mix_and_order_are_those_asked_for() {
    "$bin/hakrec" -q -o t.hakt.zst -- "$bin/drain" --live-bytes=40m --rest=0 --result=r
    "$bin/haktrace" head t.hakt.zst 20000 | awk '$3 == "malloc"' >made
    awk '{all++; small += $5 <= 1024; large += $5 > 65536; if ($5 > 1048576) exit 1}
        END {exit !(small > 0.75 * all && small < 0.81 * all && large > 0.01 * all &&
            large < 0.03 * all)}' made
    # No two frees in a row are of blocks made in a row, but by chance.
    "$bin/haktrace" head t.hakt.zst 20000 | awk '$3 == "free" {print substr($4, 2)}' >freed
    awk '{all++; near += $1 == last + 1 || $1 == last - 1; last = $1}
        END {exit !(all > 2000 && near < 0.01 * all)}' freed
}

test_an_overwritten_block_is_seen() {
    overwriting_is_seen "was overwritten" "$bin/drain" --rest=0 --mix=33k --live-bytes=10m --keep=20
}

test_errors() {
    expect_exit 2 "$bin/drain" --mix=large
    expect_text err "--mix=large: not one of all, small, 33k"
    expect_exit 2 "$bin/drain" --keep=100
    expect_exit 2 "$bin/drain" --live-bytes=0
    expect_exit 2 "$bin/drain" word
}

run_tests
