#!/usr/bin/env bash
# Phases of other sizes each: the same work under every allocator, the live set and the sizes of
# each phase, and what is kept between two, as asked for.
. "$(dirname "$0")/lib.sh"

test_checksum_is_the_same_under_every_allocator() {
    for setting in "--phases=8" "--threads=2 --touch=first" "--touch=whole --latency"; do
        same_work "$setting" "$bin/phases" --live-bytes=2m
    done
}

test_seed_changes_the_work() {
    seed_matters "$bin/phases" --live-bytes=2m
}

test_live_bytes_are_those_asked_for() {
    for phases in 1 3 8; do
        "$bin/phases" --live-bytes=4m --phases=$phases --result=r
        expect_between $((4 << 20)) "$(number r requested_peak_bytes)" $(((4 << 20) + (64 << 10)))
        expect_between $((4 << 20)) "$(number r requested_steady_bytes)" $(((4 << 20) + (64 << 10)))
    done
}

test_phases_are_as_they_should_be() {
    "$bin/hakrec" -q -o t.hakt.zst -- "$bin/phases" --live-bytes=1m --phases=5 --keep=10 --result=r
    # One line for each run of mallocs or frees; the command line's own block comes first, the
    # drain last.
    "$bin/haktrace" head t.hakt.zst 200000 | awk '
        $3 == "thread-start" || $4 == "#0" {next}
        $3 != last {if (last) print last, count, least, most; count = 0; least = 1e9; most = 0}
        {last = $3; count++; if ($5 < least) least = $5; if ($5 > most) most = $5}' |
        sed -n 1,9p >runs
    [ "$(wc -l <runs)" -eq 9 ]
    awk '
        BEGIN {split("16 1024 128 8192 16", low); split("128 4096 1024 65536 128", high)}
        NR % 2 {alive += $2; phase++; if ($3 < low[phase] || $4 > high[phase]) exit 1; next}
        {alive -= $2; if (alive != int((alive + $2) / 10)) exit 1}' runs
    # In no order: few blocks are freed beside the one before.
    "$bin/haktrace" head t.hakt.zst 200000 | awk '
        $3 != "free" || frees > 1000 {next}
        {id = substr($4, 2); frees++; near += id == last + 1 || id == last - 1; last = id}
        END {exit !(frees > 1000 && near < 0.01 * frees)}'
}

test_an_overwritten_block_is_seen() {
    overwriting_is_seen "was overwritten" "$bin/phases" --live-bytes=2m --phases=2
}

test_errors() {
    expect_exit 2 "$bin/phases" --phases=0
    expect_text err "--phases=0"
    expect_exit 2 "$bin/phases" --live-bytes=1k
    expect_exit 2 "$bin/phases" word
}

run_tests
