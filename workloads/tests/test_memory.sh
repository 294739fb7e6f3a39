#!/usr/bin/env bash
# Runs for memory and for latency, and the counting of system calls.
. "$(dirname "$0")/lib.sh"

# of FILE POINT KEY: a figure that the allocator gave at one point of the run
of() {
    grep -oE "\"$2\":\{[^}]*\}" "$1" | sed -nE "s/.*\"$3\":(-?[0-9]+|null).*/\1/p"
}

small=(--ops=20000 --live=200 --share33=100 --small=0 --touch=whole)

test_each_allocator_tells_what_it_holds() {
    local preload run runs=() live=$((200 * 33000)) in_use r
    for preload in "" $(allocators); do # side by side: each rests for 5 s
        LD_PRELOAD=$preload "$bin/mid33" "${small[@]}" --memory --result="r${#runs[@]}" \
            >"out${#runs[@]}" &
        runs+=($!)
    done
    for run in "${!runs[@]}"; do
        wait "${runs[run]}"
        r=r$run
        expect_text "out$run" "memory: all freed, resting"
        expect_text $r '"source":"'
        in_use=$(($(of $r steady in_use_bytes) - $(of $r base in_use_bytes)))
        # all of what was asked for, rounded up by no more than the coarsest does
        expect_between $live "$in_use" $((live * 13 / 10))
        in_use=$(($(of $r rested in_use_bytes) - $(of $r base in_use_bytes)))
        expect_between -65536 "$in_use" 262144
        [ "$(of $r steady clock_ns)" -gt "$(of $r start clock_ns)" ]
        expect_text $r '"after_ms":5000'
    done
}

test_hakmem_knows_all_of_it() {
    [ -e "$ROOT/hakmem/libhakmem.so" ] || return 0
    LD_PRELOAD=$ROOT/hakmem/libhakmem.so "$bin/mid33" "${small[@]}" --memory --result=r >out
    expect_text r '"source":"hak_memory_read"'
    [ "$(of r steady metadata_bytes)" -gt 0 ]
    # Whole blocks are written: what is resident is blocks, free memory and records, but for what
    # of the last two was never touched.
    known=$(($(of r steady in_use_bytes) + $(of r steady free_bytes)))
    known=$((known + $(of r steady metadata_bytes)))
    expect_between 0 "$(number r rss_anon_steady_bytes)" $((known + 262144))
}

test_nothing_of_it_without_being_asked() {
    "$bin/mid33" "${small[@]}" --result=r >out
    expect_text r '"memory":null'
    [ ! -s out ]
    expect_exit 2 "$bin/startup" --memory
}

test_latency_by_kind_and_size() {
    "$bin/mid33" --ops=20000 --latency --result=r
    expect_text r '"bucket_error":0.03125'
    expect_text r '"p9999_ns"'
    kind='"kind":"malloc","from_bytes":[0-9]+,"to_bytes":(null|[0-9]+),"count":[0-9]+'
    counted=$(grep -oE "$kind" r |
        awk -F: '{sum += $NF} END {print sum}')
    [ "$counted" -eq 10000 ]
    "$bin/resize" --latency --result=r
    expect_text r '"kind":"realloc"'
    "$bin/blocks" --call=calloc --latency --ops=20000 --result=r
    expect_text r '"kind":"calloc"'
}

# By glibc's own setting each block is a mapping of its own,
test_calls_are_counted_where_they_happen() {
    MALLOC_MMAP_THRESHOLD_=1024 "$bin/calls" --result=c -- \
        "$bin/mid33" --ops=2000 --live=100 --share33=100 --small=0 --result=r
    # but those few that the first piece of its heap holds
    expect_between 950 "$(grep -o '"timed".*' c | sed -nE 's/.*"mmap":([0-9]+).*/\1/p')" 1000
    expect_between 950 "$(grep -o '"timed".*' c | sed -nE 's/.*"munmap":([0-9]+).*/\1/p')" 1000
    [ "$(number r ops)" -eq 2000 ]
    "$bin/calls" -- true >c
    expect_text c '"timed":null'
}

test_calls_keeps_the_exit_status() {
    expect_exit 1 "$bin/calls" --result=c -- false
    # shellcheck disable=SC2016  # of the inner shell
    expect_exit 143 "$bin/calls" --result=c -- sh -c 'kill -TERM $$'
    expect_exit 1 "$bin/calls" -- /no/such/program
    expect_exit 2 "$bin/calls" --
    expect_exit 2 "$bin/calls" true
    expect_exit 1 "$bin/calls" --result=/no/such/folder/c -- true
}

run_tests
