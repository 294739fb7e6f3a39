#!/usr/bin/env bash
# Arrays that grow by realloc: the same work under every allocator, growth as asked for, in turn.
. "$(dirname "$0")/lib.sh"

test_checksum_is_the_same_under_every_allocator() {
    for setting in "--arrays=1" "--arrays=64 --touch=whole --latency" "--threads=2 --touch=first" \
        "--growth=constant --step=64 --max=64k --arrays=16"; do
        same_work "$setting" "$bin/resize" --ops=5000
    done
}

test_seed_changes_the_work() {
    seed_matters "$bin/resize" --ops=5000
}

# record OPTION …: what 4 arrays of at most 64 KiB do, without what fills and drains, in `events`
record() {
    "$bin/hakrec" -q -o t.hakt.zst -- "$bin/resize" --arrays=4 --max=64k --ops=4000 --result=r "$@"
    "$bin/haktrace" head t.hakt.zst 4100 >all
    # the command line's own block comes first, then the four as they are at the start
    awk '$3 != "thread-start" && $4 != "#0"' all | sed -n '5,4004p' >events
    [ "$(wc -l <events)" -eq 4000 ]
    [ "$(number r ops)" -eq 4000 ]
}

# Steps that the sizes of a block did not grow by: each line of it breaks the test.
growth_other_than() {
    awk -v rule="$1" '
        $3 == "malloc" {bytes[$4] = $5; if ($5 != 16) print "begun with", $5}
        $3 == "realloc" {
            old = bytes[$4]
            bytes[$4] = $5
            wanted = rule == "factor" ? int(old * 1.5) : old + 100
            if (old && $5 != wanted) print old, "to", $5
        }' events
}

test_growth_is_that_asked_for() {
    record --growth=factor
    growth_other_than factor >bad
    [ ! -s bad ]
    record --growth=constant --step=100
    growth_other_than constant >bad
    [ ! -s bad ]
    # freed where the next step would exceed a limit of 16 to 64 KiB
    awk '$3 == "free" {print last[$4]} {last[$4] = $5}' events >full
    [ "$(wc -l <full)" -ge 4 ]
    awk '$1 < 16384 - 100 || $1 > 65536 {exit 1}' full
}

test_arrays_take_turns() {
    record --growth=factor
    # Of four that are appended to, each but a few that begin is the one of four ago.
    awk '$3 == "realloc" {all++; same += $4 == ago[NR % 4]; ago[NR % 4] = $4; next} {NR--}
        END {exit same < 0.6 * all}' events
    awk '$3 == "realloc" {twice += $4 == last; last = $4} END {exit twice > 0}' events
}

test_live_bytes_are_those_of_the_arrays() {
    "$bin/resize" --arrays=100 --min=1000 --max=1000 --ops=1000 --result=r
    [ "$(number r requested_steady_bytes)" -eq 100000 ]
    [ "$(number r requested_peak_bytes)" -eq 100000 ]
    "$bin/resize" --arrays=64 --max=1m --ops=50000 --result=r
    expect_between $((5 << 20)) "$(number r requested_peak_bytes)" $((64 << 20))
}

test_a_realloc_that_loses_the_content_is_seen() {
    # The broken one spoils the byte in the middle, here the last of the 1,000 there were.
    expect_exit 1 env BROKEN=realloc LD_PRELOAD="$helpers/broken_malloc.so" \
        "$bin/resize" --growth=constant --min=1000 --max=4000 --step=998 --ops=100
    expect_text err "was overwritten"
}

test_errors() {
    expect_exit 2 "$bin/resize" --growth=none
    expect_text err "--growth=none: not one of factor, constant"
    expect_exit 2 "$bin/resize" --factor=100
    expect_exit 2 "$bin/resize" --min=2m --max=1m
    expect_text err "--min exceeds --max"
    expect_exit 2 "$bin/resize" --arrays=1 --threads=2
    expect_exit 2 "$bin/resize" word
}

run_tests
