#!/usr/bin/env bash
# lab/studies/learnt.sh on one trace: each figure is there, in its place, and what is measured once
# is not measured again.
. "$(dirname "$0")/lib.sh"

script=$ROOT/lab/studies/learnt.sh
trace=$ROOT/workloads/traces/nginx.hakt.zst

# row KEY: of the study's table, by the name of a column
row() {
    awk -F, -v want="$1" 'NR == 1 {for (i = 1; i <= NF; i++) at[$i] = i}
        NR == 2 {print $at[want]}' study/learnt.csv
}

is_between() {
    awk -v low="$1" -v value="$2" -v high="$3" \
        'BEGIN {exit !(value != "" && low <= value + 0 && value + 0 <= high)}' ||
        fail "$2 is not from $1 to $3"
}

test_the_study_is_whole_and_is_resumed() {
    if [ ! -e "$ROOT/hakmem/libhakmem.so" ] || [ ! -e "$bin/hakmem" ] ||
        ! command -v valgrind gnuplot >/dev/null; then
        return 0
    fi
    OUT=study LAUNCHES=2 "$script" "$trace" >said
    [ "$(wc -l <study/learnt.csv)" -eq 2 ]
    [ "$(row trace)" = nginx ]
    # nothing above 1 KiB is asked for often, so there is nothing to learn
    [ "$(row learnt)" = "$(row built_in)" ]
    is_between "$(row built_in)" "$(row jemalloc)" 100
    for ratio in peak speed; do
        is_between "$(row ${ratio}_lo)" "$(row $ratio)" "$(row ${ratio}_hi)"
        is_between 0.3 "$(row $ratio)" 3
    done
    # of three settings as many points of the program whose sizes change
    [ "$(sed 1d study/reaction.csv | cut -d, -f 1 | sort | uniq -c | awk '{print $1}' | sort -u |
        wc -l)" -eq 1 ]
    settings=$(sed 1d study/reaction.csv | cut -d, -f 1 | uniq | paste -sd ' ')
    [ "$settings" = "built-in static learnt" ]
    expect_text said "ms until noticed: null,null,null,null"
    [ "$(row changes)" = 0 ] && [ "$(row classes)" -ge 1 ]
    is_between 0.3 "$(row peak_built_in)" 3
    grep -Eq '^(What does not keep|Every figure keeps)' said
    grep -Eq '^small blocks: [0-9]+ instructions without learning, [0-9]+ with' said
    for figure in learnt reaction; do
        [ -s study/$figure.svg ] || fail "no figure $figure"
    done
    # again: the launches are there
    cp study/nginx/samples.jsonl before
    OUT=study LAUNCHES=2 "$script" "$trace" >again
    cmp before study/nginx/samples.jsonl
    diff <(sed -n 3p said | cut -c 1-60) <(sed -n 3p again | cut -c 1-60)
}

test_what_does_not_hold_has_a_reason() {
    local reasons=$ROOT/lab/studies/learnt_reasons.awk
    local columns=trace,peak,peak_lo,peak_hi,speed,speed_lo,speed_hi,peak_built_in
    printf '%s\n' "$columns,speed_built_in,classes,changes" \
        holds,1.01,1,1.02,1,0.98,1.1,1.2,0.5,9,1 \
        fat,1.05,1.04,1.06,1,0.99,1.01,1.045,1,12,0 \
        changes,1.05,1.04,1.06,0.9,0.85,0.95,1,1,12,3 \
        open,1,1,1,0.97,0.95,0.99,1,1,12,0 \
        close,1,1,1,0.96,0.9,0.99,1,0.985,12,2 >learnt.csv
    awk -f "$reasons" learnt.csv >said
    [ "$(wc -l <said)" -eq 6 ] || fail "$(cat said)"
    ! grep -q holds said
    expect_text said "fat, peak: 1.050 [1.040, 1.060] misses 1.02. Built-in classes 1.045: learning"
    expect_text said "is within the bound of them; the static table has 12 classes of its own"
    expect_text said "changes, peak: 1.050 [1.040, 1.060] misses 1.02. Built-in classes 1.000: "
    expect_text said "changes, speed: 0.900 [0.850, 0.950] misses 0.98. Built-in classes 1.000: "
    [ "$(grep -c "^  changes, .*: learning costs it; changes of the table: 3$" said)" -eq 2 ]
    expect_text said "open, speed: 0.970 [0.950, 0.990] is open: the bound of 0.98"
    expect_text said "Built-in classes 0.985: the interval does not tell learnt ones from them"
    sed -n 1,2p learnt.csv >none.csv
    [ "$(awk -f "$reasons" none.csv)" = "Every figure keeps to its bound." ]
}

test_what_is_not_a_trace_is_named() {
    expect_exit 1 env OUT=study "$script" missing.hakt.zst
    expect_text err "missing.hakt.zst"
}

run_tests
