#!/usr/bin/env bash
# The replayer: the same work under every allocator, and clear errors.
. "$(dirname "$0")/lib.sh"

record_threads() {
    "$bin/hakrec" -q -o t.hakt.zst -- "$helpers/help_threads" 4 40
}

test_checksum_is_the_same_under_every_allocator() {
    record_threads
    "$bin/hakreplay" t.hakt.zst --loop=2 --result=first
    for preload in $(allocators); do
        LD_PRELOAD=$preload "$bin/hakreplay" t.hakt.zst --loop=2 --result=other
        [ "$(checksum other)" = "$(checksum first)" ]
        [ "$(number other ops)" = "$(number first ops)" ]
        expect_text other "$(basename "$preload")"
    done
    "$bin/hakreplay" t.hakt.zst --loop=3 --result=other
    [ "$(checksum other)" != "$(checksum first)" ]
}

test_operations_are_those_of_the_trace() {
    record_threads
    "$bin/hakreplay" t.hakt.zst --result=r
    sum=0
    for op in malloc calloc realloc aligned free; do
        sum=$((sum + $(stat_of t.hakt.zst $op)))
    done
    [ "$(number r ops)" -eq "$sum" ]
    [ "$(number r threads)" -eq 5 ]
    [ "$(number r null_returns)" -eq 0 ]
}

test_contents_survive() {
    record_threads
    for preload in "" $(allocators); do
        LD_PRELOAD=$preload "$bin/hakreplay" t.hakt.zst --verify --loop=3
    done
}

test_verify_sees_a_broken_allocator() {
    record_threads
    LD_PRELOAD=$helpers/broken_malloc.so "$bin/hakreplay" t.hakt.zst --verify
    for fault in calloc realloc align overlap; do
        expect_exit 1 env BROKEN=$fault LD_PRELOAD="$helpers/broken_malloc.so" \
            "$bin/hakreplay" t.hakt.zst --verify
        expect_text err "verify: "
    done
}

test_touch_decides_what_is_resident() {
    "$bin/hakrec" -q -o t.hakt.zst -- "$helpers/help_threads" 1 1
    "$bin/hakreplay" t.hakt.zst --touch=first --result=first
    "$bin/hakreplay" t.hakt.zst --touch=page --result=page
    [ "$(number page minor_faults)" -gt $((2 * $(number first minor_faults))) ]
    requested=$(number page requested_peak_bytes)
    [ "$(number page rss_anon_peak_bytes)" -gt $((requested / 2)) ]
}

# The recorded order bounds what the replay says of itself.
test_order_is_reported() {
    record_threads
    for window in 2 64 4096; do
        "$bin/hakreplay" t.hakt.zst --window=$window --loop=3 --result=r
        [ "$(number r bound_events)" -eq $window ]
        [ "$(number r max_events)" -le $window ]
    done
    peak=$(number r requested_peak_bytes)
    "$bin/hakreplay" t.hakt.zst --window=2 --loop=2 --result=r
    expect_between $((peak * 98 / 100)) "$(number r replayed_peak_bytes)" $((peak * 102 / 100))
    [ "$(number r live_error_mean_bytes)" -le $((peak / 50)) ]
    "$bin/hakrec" -q -o one.hakt.zst -- "$helpers/help_operators"
    "$bin/hakreplay" one.hakt.zst --result=r
    [ "$(number r max_events)" -eq 0 ]
    expect_exit 2 "$bin/hakreplay" t.hakt.zst --window=1
}

test_recorded_speed() {
    "$bin/hakrec" -q -o slow.hakt.zst -- sh -c 'sleep 0.2; read -r a <<X
$(sleep 0.2)
X'
    ns=$("$bin/haktrace" convert slow.hakt.zst - --to=csv | awk -F, 'END { print $7 }')
    "$bin/hakreplay" slow.hakt.zst --result=r
    [ -z "$(number r waits)" ] # at full speed it has none
    "$bin/hakreplay" slow.hakt.zst --speed=recorded --loop=2 --result=r
    [ "$(number r wall_ns)" -ge $((2 * (ns - 1000000))) ]
    [ "$(number r waits)" -ge 1 ]
    expect_text r '"speed":"recorded"'
    expect_exit 2 "$bin/hakreplay" slow.hakt.zst --speed=double
    "$bin/haktrace" convert slow.hakt.zst plain.hakt.zst --time-unit=none
    expect_exit 1 "$bin/hakreplay" plain.hakt.zst --speed=recorded
    expect_text err "has no times"
}

# 40 MB for a quarter of the time, then 4 MB; libc gives the rest back at once.
test_memory_in_the_mean_at_recorded_speed() {
    local preload
    printf '%s\n' thread,op,block,bytes,time_ns 0,malloc,0,4000000,0 0,malloc,1,36000000,0 \
        0,free,1,,100000000 0,malloc,2,16,400000000 >t.csv
    "$bin/haktrace" convert t.csv t.hakt
    for preload in "" $(allocators); do
        LD_PRELOAD=$preload "$bin/hakreplay" t.hakt --speed=recorded --result=r
        expect_between 400000000 "$(number r wall_ns)" 700000000
        expect_text r '"measures":"memory"'
        mean=$(number r rss_anon_mean_bytes)
        expect_between 10000000 "$mean" $(("$(number r rss_anon_peak_bytes)" + 100000))
        [ -n "$preload" ] || expect_between 12000000 "$mean" 16000000
    done
    "$bin/hakreplay" t.hakt --result=r
    [ -z "$(number r rss_anon_mean_bytes)" ]
    [ -z "$(grep -F '"measures"' r)" ]
    "$bin/hakreplay" t.hakt --speed=recorded >out
    grep -Eq '^resident +1[0-5]\.[0-9]+ MiB in the mean' out || fail "$(cat out)"
}

# With an allocator that does nothing the work is the same, and all that the replayer does.
test_empty_allocator() {
    record_threads
    "$bin/hakreplay" t.hakt.zst --result=libc --touch=first
    LD_PRELOAD=$bin/libempty.so "$bin/hakreplay" t.hakt.zst --touch=first --result=empty
    [ "$(checksum empty)" = "$(checksum libc)" ]
    expect_text empty libempty.so
}

test_overhead_takes_any_trace() {
    printf not >my.hakt
    expect_exit 2 "$ROOT/workloads/replayer/overhead.sh" --help
    expect_exit 1 "$ROOT/workloads/replayer/overhead.sh" my.hakt
    expect_text err "my.hakt: not a hakmem trace"
    record_threads
    "$ROOT/workloads/replayer/overhead.sh" t.hakt.zst >out
    grep -Eq '^t +[0-9.]+ +[0-9.]+ +-?[0-9.]+ +[0-9.]+$' out
    LD_PRELOAD=$bin/libempty.so "$bin/bare_calls" --result=r
    expect_text r libempty.so
    [ "$(number r ops)" -gt 0 ]
    expect_exit 2 "$bin/bare_calls"
}

test_latency() {
    record_threads
    "$bin/hakreplay" t.hakt.zst --latency --result=r
    frees=$(stat_of t.hakt.zst free)
    expect_text r "\"free\":{\"count\":$frees,"
}

test_sample_has_every_key() {
    record_threads
    "$bin/hakreplay" t.hakt.zst --result=r
    for key in workload params threads ops wall_ns cpu_user_ns cpu_sys_ns minor_faults \
        major_faults rss_anon_base_bytes rss_anon_peak_bytes rss_anon_steady_bytes \
        rss_anon_drain_bytes requested_peak_bytes requested_steady_bytes null_returns checksum \
        malloc_object hakmem latency; do
        expect_text r "\"$key\":"
    done
    [ "$(wc -l <r)" -eq 1 ]
}

test_null_is_counted() {
    # 2,000 live blocks of 1 MiB do not fit into 600 MB of address space.
    (
        ulimit -v 600000
        "$bin/mid33" --live=2000 --share33=100 --size33=1m --small=0 --ops=20000 --result=r
    )
    [ "$(number r null_returns)" -gt 0 ]
}

test_damaged_files_are_refused() {
    record_threads
    head -c 700 t.hakt.zst >cut.hakt.zst
    expect_exit 1 "$bin/hakreplay" cut.hakt.zst
    expect_text err "cut.hakt.zst: "
    zstd -q -d t.hakt.zst -o t.hakt
    size=$(stat -c %s t.hakt)
    for at in 9 200 $((size / 2)) $((size - 3)); do
        cp t.hakt flipped.hakt
        byte=$(od -An -tu1 -j "$at" -N 1 t.hakt)
        printf "\\x$(printf %02x $((byte ^ 16)))" |
            dd of=flipped.hakt bs=1 seek="$at" conv=notrunc status=none
        expect_exit 1 "$bin/hakreplay" flipped.hakt
        expect_text err "flipped.hakt: "
        expect_exit 1 "$bin/haktrace" verify flipped.hakt
    done
    "$bin/hakreplay" t.hakt
}

test_errors() {
    expect_exit 2 "$bin/hakreplay"
    expect_exit 2 "$bin/hakreplay" x --touch=all
    expect_exit 2 "$bin/hakreplay" x --loop=0
    expect_exit 1 "$bin/hakreplay" missing.hakt.zst
    expect_text err "missing.hakt.zst: No such file"
    record_threads
    expect_exit 1 "$bin/hakreplay" t.hakt.zst --result=/no/such/folder/r
    expect_text err "/no/such/folder/r"
}

run_tests
