#!/usr/bin/env bash
# Random replacement while sizes drift: the same work under every allocator, a live set that stays,
# sizes that go up and down, a reading after a tenth.
. "$(dirname "$0")/lib.sh"

drift() {
    "$bin/drift" --live-bytes=2m --cycles=2 "$@"
}

test_checksum_is_the_same_under_every_allocator() {
    for setting in "--touch=page" "--threads=2 --touch=first" "--touch=whole --latency"; do
        same_work "$setting" drift
    done
}

test_seed_changes_the_work() {
    seed_matters drift
}

test_live_bytes_stay() {
    for cycles in 2 10; do
        drift --cycles=$cycles --result=r
        # Short of it by what one free is too much, at most 128 KiB; beyond by one block.
        expect_between $((1920 << 10)) "$(number r requested_steady_bytes)" $((2048 << 10))
        expect_between $((1920 << 10)) "$(number r requested_peak_bytes)" $((2176 << 10))
    done
}

test_a_tenth_is_read() {
    drift --cycles=10 --touch=whole --result=r
    expect_between $((1 << 20)) "$(number r rss_anon_tenth_bytes)" $((64 << 20))
    "$bin/mid33" --ops=1000 --result=r
    ! grep -q rss_anon_tenth_bytes r
}

# At the start, in the middle, and at the end of two cycles.
test_sizes_go_up_and_down() {
    "$bin/hakrec" -q -o t.hakt.zst -- "$bin/drift" --live-bytes=2m --cycles=2 --result=r
    "$bin/haktrace" head t.hakt.zst 2000000 |
        awk '$3 == "malloc" && $4 != "#0" {print $5}' >sizes
    # The fill is of the least sizes; then 64 steps of a tenth of 2 MiB, twice.
    awk '
        {bytes += $1; at = bytes / 2097152 - 1; cycle = at / 6.4; way = cycle - int(cycle)}
        at >= 0 && at < 12.7 && (way < 0.01 || way > 0.99) {if ($1 > 512) bad++; low++}
        at >= 0 && at < 12.7 && way > 0.49 && way < 0.51 {if ($1 < 6144) bad++; high++}
        END {exit !(low > 1000 && high > 10 && bad == 0)}' sizes
}

test_an_overwritten_block_is_seen() {
    overwriting_is_seen "was overwritten" "$bin/drift" --live-bytes=2m --cycles=2
}

test_errors() {
    expect_exit 2 "$bin/drift" --cycles=1
    expect_text err "--cycles=1"
    expect_exit 2 "$bin/drift" --turnover=0
    expect_exit 2 "$bin/drift" word
}

run_tests
