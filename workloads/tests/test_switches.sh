#!/usr/bin/env bash
# haktrace classes --switches: planted changes are found, no switch is the plain table, and what it
# says of waste is what a replay has.
. "$(dirname "$0")/lib.sh"

traces=$ROOT/workloads/traces

# planted [TIME_NS]: three phases of 2,000, 2,400 and 2,000 events, whose blocks of 33,000, 45,200
# and 9,200 bytes are replaced one by one; each event TIME_NS after the one before, or without
# times. The thread's start is one event more, before them.
planted() {
    echo "event,thread,op,block,bytes,align${1:+,time_ns}"
    awk -v time="${1:-0}" '
        function say(what, block, bytes) {
            printf "%d,0,%s,%d,%s,", event, what, block, bytes
            print (time ? sprintf(",%.0f", event * time) : "")
            event++
        }
        function play(bytes, events, i, first) {
            first = block
            for (i = 0; i < 100; i++) say("malloc", block++, bytes)
            for (i = 0; i < events / 2 - 100; i++) {
                say("free", first++, "")
                say("malloc", block++, bytes)
            }
            while (first < block) say("free", first++, "")
        }
        BEGIN {play(33000, 2000); play(45200, 2400); play(9200, 2000)}'
}

# switched FILE OPTION ...: as JSON on one line
switched() { "$bin/haktrace" classes --format=json "$@" 2>/dev/null | tr -d ' \n'; }
costs_of() { sed -E 's/.*"costs_by_switches":\[([^]]*)\].*/\1/' "$1" | tr , '\n' | grep .; }

test_planted_changes_are_found() {
    planted >p.csv
    "$bin/haktrace" classes p.csv --switches=2 >text
    expect_text text "2 of at most 2 switches used, at edges of 64 windows"
    awk '$1 ~ /^[0-9]+$/ {print $1, $2, $3}' text >runs
    printf '%s\n' '0 2000 1' '2000 4400 1' '4400 6401 1' | diff - runs
    switched p.csv --switches=2 >json
    grep -oE '"list":\[[0-9,]*\]' json | tr -dc '0-9\n' >blocks
    printf '%s\n' 33232 45520 9200 | diff - blocks
    # more switches gain nothing, so they are not there
    switched p.csv --switches=5 >more
    [ "$(grep -o '"from_operation"' more | wc -l)" -eq 3 ]
    costs_of more | sort -gru | diff - <(costs_of json)
    [ "$(costs_of more | sort -gr)" = "$(costs_of more)" ]
    [ "$(costs_of more | wc -l)" -eq 6 ]
    # in milliseconds, where there are times: of 0.5 ms an event
    planted 500000 >t.csv
    "$bin/haktrace" classes t.csv --switches=2 >text
    expect_text text "from ms"
    awk '$1 ~ /^[0-9.]+$/ {print $1, $2, $3}' text >runs
    printf '%s\n' '0.000 999.844 1' '999.844 2199.656 1' '2199.656 3199.500 1' | diff - runs
    switched t.csv --switches=2 >json
    expect_text json '"cost_unit":"bytesxmicroseconds"'
    expect_text json '"to_operation":2001,'
    expect_text json '"to_operation":4401,'
}

# 33,000, 45,200 and 9,200 bytes take three classes in one table
test_options_hold() {
    planted >p.csv
    expect_exit 1 "$bin/haktrace" classes p.csv --switches=0 --classes=1
    expect_text err "even with 0 switches so few classes cannot serve its sizes within W_MAX"
    expect_exit 1 "$bin/haktrace" classes p.csv --switches=1 --classes=1 --wmax=1.3
    "$bin/haktrace" classes p.csv --switches=2 --classes=1 >text
    expect_text text "no single table is within W_MAX"
    switched p.csv --switches=2 --classes=1 >json
    [ "$(costs_of json | head -1)" = null ]
    [ "$(grep -o '"classes":1,' json | wc -l)" -eq 3 ]
    # outside, the built-in classes stay: 9,200 bytes lie in 9,216
    switched p.csv --switches=2 --range=20000:60000 >json
    grep -oE '"list":\[[0-9,]*\]' json >lists
    [ "$(grep -c '^"list":\[9216,' lists)" -eq 2 ] || fail "$(cat lists)"
    expect_text lists ,20480,33232]
    expect_text lists ,20480,45520]
    # blocks x operations of a phase, by hand: 189,100 of 2,000 events, 228,900 of 2,400
    [ "$(number json operations)" -eq 6400 ]
    [ "$(number json waste)" -eq $((232 * 189100 + 320 * 228900 + 16 * 189100)) ]
    [ "$(number json live)" -eq $((33000 * 189100 + 45200 * 228900 + 9200 * 189100)) ]
}

# The cost, and the blocks' waste, are those of the plain command and of a replay on its lines.
test_no_switch_is_the_plain_table() {
    local name option table
    for name in redis-33k nginx; do
        for option in --classes=64 --range=1025: --range=8193: --wmax=1.9; do
            switched "$traces/$name.hakt.zst" $option >plain
            switched "$traces/$name.hakt.zst" $option --switches=0 >none
            grep -oE '"(block_bytes|cost|live_bytes|lower_bound)":[0-9.]+' plain >wanted
            sed 's/.*"pools"://' none |
                grep -oE '"(block_bytes|cost|live_bytes|lower_bound)":[0-9.]+' | diff wanted -
        done
    done
    mapfile -t table < <("$bin/haktrace" classes "$traces/redis-33k.hakt.zst" --format=hakmem)
    env "${table[@]}" LD_PRELOAD="$ROOT/hakmem/libhakmem.so" "$bin/learning" \
        "$traces/redis-33k.hakt.zst" >replay
    switched "$traces/redis-33k.hakt.zst" --switches=0 >none
    [ "$(number none operations)" -eq "$(number replay operations)" ]
    [ "$(number none live)" -eq "$(number replay live)" ]
    [ "$(number none waste)" -eq "$(number replay waste)" ]
}

test_what_does_not_go_together() {
    local option
    planted >p.csv
    for option in --switches=64 --switches=-1 --switches=x --switches=; do
        expect_exit 2 "$bin/haktrace" classes p.csv $option
        expect_text err "$option: not a number from 0 to 63"
    done
    for option in --format=hakmem --format=memcached --format=scudo --classes=fewest --peak \
        --compare; do
        expect_exit 2 "$bin/haktrace" classes p.csv --switches=1 $option
        expect_text err "$option"
        expect_text err "--switches"
    done
    expect_exit 2 "$bin/haktrace" stats p.csv --switches=1
    expect_text err "--switches belongs to classes"
    printf '%s\n' 9000,1,1000 33000,1,1000 >t.csv
    expect_exit 1 "$bin/haktrace" classes t.csv --switches=1
    expect_text err "t.csv: --switches is for traces, and this is one moment only"
    expect_exit 1 "$bin/haktrace" classes p.csv --switches=1 --range=50000:60000
    expect_text err "p.csv: none of its 3 sizes lies in the range"
}

run_tests
