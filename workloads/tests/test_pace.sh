#!/usr/bin/env bash
# lab/studies/pace.sh: its table is that of its samples, and the samples are of replays that take
# their time.
. "$(dirname "$0")/lib.sh"

hakmem=$ROOT/hakmem/libhakmem.so
script=$ROOT/lab/studies/pace.sh

# sample NAME SECONDS BASE PEAK MEAN: as hakreplay writes them, in MiB; wholly made up
sample() {
    printf '{"wall_ns":%d,"rss_anon_base_bytes":%d,"rss_anon_peak_bytes":%d,' \
        $(($2 * 1000000000)) $(($3 << 20)) $(($4 << 20)) >"study/samples/$1"
    printf '"requested_peak_bytes":%d,"late":{"waits":9,"p50_ns":1,"p99_ns":7,"max_ns":8}' \
        $((5 << 20)) >>"study/samples/$1"
    printf ',"rss_anon_mean_bytes":%d}\n' $(($5 << 20)) >>"study/samples/$1"
}

# Two traces; every allocator but hakmem is twice glibc.
samples() {
    local key run
    mkdir -p study/samples
    for run in 1 2; do
        sample a-glibc-$run $((run + 1)) 2 40 20 # of which 1 is the least at the start
        sample a-hakmem-$run 3 1 82 10
        sample b-glibc-$run 8 1 $((4 * run)) 2 # 6 in the mean
        sample b-hakmem-$run 8 1 3 8
        for key in mimalloc jemalloc tcmalloc; do
            sample a-$key-$run 3 2 81 41
            sample b-$key-$run 8 1 12 4
        done
    done
}

# line NAME: of the table, what stands of glibc and hakmem
line() { sed -n "s/^$1  *//p" said | tr -s ' ' | cut -d ' ' -f "$2"; }

test_the_table_is_that_of_the_samples() {
    [ -e "$hakmem" ] || return 0
    samples
    OUT=study "$script" a.hakt.zst b.hakt.zst >said
    head -n 1 said | grep -Eq '^ +glibc, MiB +hakmem' || fail "$(cat said)"
    [ "$(line a 1-5)" = "2.50 41.0 21.0 2.00 0.48" ] || fail "$(cat said)"
    [ "$(line b 1-5)" = "8.00 6.0 2.0 0.50 4.00" ] || fail "$(cat said)"
    # sqrt(2 x 0.5), sqrt(10 / 21 x 4); what is not there is not a figure of another one
    [ "$(line 'geom. mean' 1-2)" = "1.00 1.38" ] || fail "$(cat said)"
    if [ -e "$library/libjemalloc.so.2" ]; then
        tail -n 2 said | head -n 1 | grep -q ' 2.00  2.00' || fail "$(cat said)"
    fi
    grep -qx '0,a,glibc,2.500,42991616,22020096,5242880,7' study/pace.csv
    grep -qx '1,a,hakmem,3.000,85983232,10485760,5242880,7' study/pace.csv
}

test_replays_take_their_time_and_are_not_repeated() {
    [ -e "$hakmem" ] || return 0
    # 40 MB for a quarter of the time, then 4 MB
    printf '%s\n' thread,op,block,bytes,time_ns 0,malloc,0,4000000,0 0,malloc,1,36000000,0 \
        0,free,1,,100000000 0,malloc,2,16,400000000 >t.csv
    "$bin/haktrace" convert t.csv t.hakt.zst
    OUT=study "$script" t.hakt.zst >said
    IFS=, read -r _ _ _ seconds peak mean _ < <(grep ',glibc,' study/pace.csv)
    expect_between 400 "$(awk -v s="$seconds" 'BEGIN {print int(1000 * s)}')" 700
    expect_between 38000000 "$peak" 42000000
    expect_between 12000000 "$mean" 16000000
    [ "$(cut -d, -f 3 study/pace.csv | sed -n 2,3p | paste -sd ' ')" = "glibc hakmem" ]
    # what was lost of it is measured, nothing else
    cp study/pace.csv before.csv
    touch -d 2001-01-01 study/samples/*
    rm study/samples/t-glibc-2
    OUT=study "$script" t.hakt.zst >again
    [ "$(find study/samples -newermt 2002-01-01 -type f)" = study/samples/t-glibc-2 ]
    diff <(grep hakmem before.csv | cut -d, -f 1-4) <(grep hakmem study/pace.csv | cut -d, -f 1-4)
}

test_what_cannot_be_replayed_is_named() {
    printf '%s\n' thread,op,block,bytes 0,malloc,0,10 >t.csv
    "$bin/haktrace" convert t.csv plain.hakt.zst
    expect_exit 1 env OUT=study "$script" plain.hakt.zst
    expect_text err "plain.hakt.zst: has no times"
    expect_exit 1 env OUT=study "$script" missing.hakt.zst
    expect_text err "missing.hakt.zst"
}

run_tests
