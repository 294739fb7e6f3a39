#!/usr/bin/env bash
# Drivers that work in turns: the same work in each round, figures of each turn, clocks that stand
# still while they wait, and a clear word where something is wrong.
. "$(dirname "$0")/lib.sh"

mid33="--live=200 --share33=50 --small=48 --burst=8 --ops=20000 --seed=3"

# of LINE KEY: a number of the JSON in that line of `out`
of() {
    sed -n "$1p" out | sed -nE "s/.*\"$2\":([0-9]+).*/\1/p"
}

turns() {
    local words=$1
    shift
    # shellcheck disable=SC2086  # words
    "$helpers/help_turns" "$words" "$@" --turns=3 >out 2>err
    [ "$(head -n 1 out)" = loaded ] && sed -i 1d out
}

test_a_turn_is_so_many_rounds() {
    # shellcheck disable=SC2086
    turns "start, warm 1, turn 1, turn 3, end" "$bin/mid33" $mid33 --result=r
    [ "$(sed 's/ .*//' out | tr '\n' ' ')" = "ready done done done drained " ]
    [ "$(tail -n 1 out)" = drained ]
    one=$(of 3 ops)
    [ "$one" -eq 20000 ]
    [ "$(of 2 ops)" -eq "$one" ]
    [ "$(of 4 ops)" -eq $((3 * one)) ]
    [ "$(of 1 ops)" -eq $((one + 200)) ] # the start has filled the live set, too
    [ "$(number r ops)" -eq $((4 * one)) ] # warm rounds do not count
    [ "$(number r requested_steady_bytes)" -gt 0 ]
}

test_who_leaves_does_not_rest() {
    # shellcheck disable=SC2086
    turns "start, turn 1, leave" "$bin/mid33" $mid33 --result=r
    [ "$(tail -n 1 out)" = drained ]
    [ "$(number r rss_anon_steady_bytes)" -gt 0 ]
    [ -z "$(number r rss_anon_drain_bytes)" ]
    # shellcheck disable=SC2086
    turns "start, turn 1, end" "$bin/mid33" $mid33 --result=r
    [ -n "$(number r rss_anon_drain_bytes)" ]
}

test_the_start_is_the_same_work_as_a_plain_run() {
    for options in "" "--threads=2 --cross=30"; do
        # shellcheck disable=SC2086
        "$bin/mid33" $mid33 $options --result=plain
        # shellcheck disable=SC2086
        turns "start, turn 2, end" "$bin/mid33" $mid33 $options --result=r
        plain=$(sed -nE 's/.*"checksum":"([0-9a-f]+)".*/\1/p' plain)
        expect_text r "\"checksum\":\"$plain\""
    done
}

# 1,000 blocks of 33,000 bytes written whole take longer than a part.
test_a_start_is_in_parts_if_one_thread_makes_it() {
    for threads in 1 2; do
        turns "start, turn 1, end" "$bin/mid33" --live=1000 --touch=whole --ops=50000 \
            --threads=$threads --result=r
        parts=$(sed -n 's/^parts=//p' err)
        [ $((parts > 1)) -eq $((threads == 1)) ] || fail "$threads threads: $parts parts"
    done
}

test_a_trace_is_replayed_once_a_round() {
    trace=$ROOT/workloads/traces/sqlite-32k.hakt.zst
    turns "start, turn 1, turn 2, end" "$bin/hakreplay" "$trace" --result=r
    [ "$(of 3 ops)" -eq $((2 * $(of 2 ops))) ]
    # what a round leaves alive, the next one frees
    expect_between "$(of 1 ops)" "$(of 2 ops)" $((2 * $(of 1 ops)))
}

# How many rounds there are depends on speed; the peak is of the start, in which all do the same.
# With glibc more of this live set is touched from round to round.
test_the_peak_is_of_the_start() {
    options="--live=1000 --share33=80 --small=18 --ops=20000 --seed=3"
    # shellcheck disable=SC2086
    turns "start, end" "$bin/mid33" $options --result=one
    # shellcheck disable=SC2086
    turns "start, turn 40, end" "$bin/mid33" $options --result=many
    one=$(number one rss_anon_peak_bytes)
    expect_between $((one - 65536)) "$(number many rss_anon_peak_bytes)" $((one + 65536))
    [ "$(number many rss_anon_steady_bytes)" -gt $((one + 65536)) ] || fail "no growth to tell"
}

test_allocators_ask_the_clock_that_stands_still() {
    for name in hakmem libmimalloc.so.2 libjemalloc.so.2; do
        preload=$library/$name
        [ $name = hakmem ] && preload=$ROOT/hakmem/libhakmem.so
        [ -e "$preload" ] || continue
        # shellcheck disable=SC2086
        LD_PRELOAD=$preload turns "start, turn 20, end" "$bin/mid33" $mid33 --result=r
        [ "$(of 2 clock_asked)" -gt 0 ] || fail "$name asks another clock"
    done
}

test_a_delay_is_in_the_turns_and_not_in_the_start() {
    # 20 us for each of 20,000
    # shellcheck disable=SC2086
    turns "start, turn 1, end" "$bin/mid33" $mid33 --delay-ps=20000000 --result=r
    [ "$(of 2 cpu_ns)" -gt $((10 * $(of 1 cpu_ns))) ]
}

test_what_is_wrong_is_said() {
    # shellcheck disable=SC2086
    expect_exit 1 "$helpers/help_turns" "start, turn x, end" "$bin/mid33" $mid33 --turns=3 \
        --result=r
    expect_text err "none of start, warm N, turn N, end"
    expect_exit 1 env PARTS_ANSWER=off "$helpers/help_turns" "start, end" "$bin/mid33" \
        --live=1000 --touch=whole --ops=50000 --turns=3 --result=r
    expect_text err '"off" in the start is not "on"'
    expect_exit 2 "$bin/mid33" --turns=three
    expect_text err "--turns=three"
    expect_exit 2 "$helpers/help_turns" "turn 1, end" "$bin/drain" --turns=3 --result=r
    expect_text err "cannot be repeated"
    expect_exit 1 "$bin/mid33" --turns=0 --result=r
    expect_text err "nobody listens"
}

run_tests
