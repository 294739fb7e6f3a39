#!/usr/bin/env bash
# The generator: seeded, the same under every allocator, with the mix that was asked for.
. "$(dirname "$0")/lib.sh"

test_checksum_is_the_same_under_every_allocator() {
    for setting in "--threads=1" "--threads=2 --cross=30 --burst=8" "--touch=whole --ops=20000"; do
        same_work "$setting" "$bin/mid33" --ops=100000
    done
}

test_seed_changes_the_work() {
    seed_matters "$bin/mid33" --ops=10000
}

test_live_bytes_are_those_of_the_mix() {
    "$bin/mid33" --live=500 --share33=100 --small=0 --ops=10000 --result=r
    [ "$(number r requested_steady_bytes)" -eq $((500 * 33000)) ]
    [ "$(number r requested_peak_bytes)" -eq $((500 * 33000)) ]
    "$bin/mid33" --live=500 --share33=100 --small=0 --threads=2 --cross=50 --ops=10000 --result=r
    [ "$(number r requested_steady_bytes)" -eq $((500 * 33000)) ]
    # Blocks that are in a ring at the moment: at most 256 for each thread.
    expect_between $((500 * 33000)) "$(number r requested_peak_bytes)" $((1012 * 33000))
    [ "$(number r ops)" -eq 10000 ]
}

test_whole_blocks_are_resident() {
    "$bin/mid33" --live=500 --share33=100 --small=0 --touch=whole --ops=10000 --result=r
    [ "$(number r rss_anon_steady_bytes)" -ge $((500 * 32768)) ]
    "$bin/mid33" --live=500 --share33=100 --small=0 --touch=first --ops=10000 --result=r
    [ "$(number r rss_anon_steady_bytes)" -lt $((500 * 16384)) ]
}

test_recorded_it_is_what_was_asked() {
    "$bin/hakrec" -q -o t.hakt.zst -- "$bin/mid33" --live=200 --share33=50 --spread33=100 \
        --small=50 --threads=2 --cross=25 --ops=40000 --result=r
    "$bin/haktrace" stats t.hakt.zst >stats
    share=$(awk '/^32 to 64 KiB/ { print int($5) }' stats)
    expect_between 47 "$share" 53
    # A quarter of the frees of the timed part; those of the drain, 200 of 20,000, are not.
    share=$(awk '/^cross-thread/ { print int($2) }' stats)
    expect_between 24 "$share" 26
}

test_hakmem_is_told_apart() {
    "$bin/mid33" --ops=1000 --result=r
    expect_text r '"hakmem":null'
    [ -e "$ROOT/hakmem/libhakmem.so" ] || return 0
    LD_PRELOAD=$ROOT/hakmem/libhakmem.so "$bin/mid33" --ops=1000 --result=r
    expect_text r '"hakmem":{"version":'
    LD_PRELOAD=$ROOT/hakmem/libhakmem.so HAKMEM_FORCE_LIBC_ALLOC=1 \
        "$bin/mid33" --ops=1000 --result=r
    expect_text r '"bypass":"HAKMEM_FORCE_LIBC_ALLOC"'
}

test_errors() {
    expect_exit 2 "$bin/mid33" --live=0
    expect_text err "--live=0"
    expect_exit 2 "$bin/mid33" --share33=60 --small=50
    expect_exit 2 "$bin/mid33" --touch=all
    expect_exit 2 "$bin/mid33" --tail-min=2m --tail-max=1m
    expect_exit 2 "$bin/mid33" --live=4 --burst=8
    expect_exit 2 "$bin/mid33" word
    expect_exit 1 "$bin/mid33" --ops=1000 --result=/no/such/folder/r
}

run_tests
