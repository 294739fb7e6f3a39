#!/usr/bin/env bash
# haktrace convert: each format says again what it can hold, real files of other tools are read, and
# bad ones get one line that names them.
. "$(dirname "$0")/lib.sh"

record_threads() {
    "$bin/hakrec" run -q --sites -o t.hakt.zst -- "$helpers/help_threads" 3 20
}

# events FILE: what happened, without numbers of events
events() {
    "$bin/haktrace" convert "$1" - --to=csv | cut -d, -f2-"${2:-8}"
}

test_csv_loses_nothing() {
    record_threads
    "$bin/haktrace" convert t.hakt.zst t.csv
    "$bin/haktrace" convert t.csv back.hakt.zst
    events t.hakt.zst >before
    events back.hakt.zst >after
    diff before after
    [ "$(wc -l <before)" -gt 10000 ]
    # what another program may write: other columns, in another order, and no starts of threads
    printf 'op,x,block,thread,bytes\nmalloc,-,7,12,100\nfree,-,7,13,\n' >other.csv
    events other.csv >after
    printf '%s\n' thread,op,block,bytes,align 0,thread-start,,, 0,malloc,0,100, \
        1,thread-start,,, 1,free,0,, |
        diff - after
}

# Times are cut off to whole steps, and nothing else changes; shorter steps do nothing.
test_longer_steps_of_time() {
    local unit
    printf '%s\n' thread,op,block,bytes,time_ns 0,malloc,0,100,0 0,malloc,1,100,1999000 \
        0,free,0,,2000000 0,free,1,,7654000 >t.csv
    "$bin/haktrace" convert t.csv t.hakt
    times() { "$bin/haktrace" convert "$1" - --to=csv | sed 1d | cut -d, -f 7 | paste -sd ' '; }
    [ "$(times t.hakt)" = "0 0 1999000 2000000 7654000" ] || fail "$(times t.hakt)"
    "$bin/haktrace" convert t.hakt ms.hakt --time-unit=1000
    [ "$(times ms.hakt)" = "0 0 1000000 2000000 7000000" ] || fail "$(times ms.hakt)"
    "$bin/haktrace" convert ms.hakt again.hakt --time-unit=1
    cmp ms.hakt again.hakt
    "$bin/haktrace" convert t.hakt none.hakt --time-unit=none
    "$bin/haktrace" info none.hakt >info
    expect_text info "time          not recorded"
    for unit in ms none; do
        diff <(events t.hakt 6) <(events $unit.hakt 6)
    done
    for unit in 0 1000001 some; do
        expect_exit 2 "$bin/haktrace" convert t.hakt x.hakt --time-unit=$unit
        expect_text err "--time-unit=$unit"
    done
    expect_exit 2 "$bin/haktrace" info t.hakt --time-unit=5
}

# Threads, calloc, alignments and frees by others are kept, and times to the nanosecond.
test_android() {
    record_threads
    "$bin/haktrace" convert t.hakt.zst t.txt
    grep -qE '^[0-9]+: memalign 0x[0-9a-f]+ 4096 [0-9]+ [0-9]+ [0-9]+$' t.txt
    grep -qE '^[0-9]+: thread_done 0x0 [0-9]+$' t.txt
    "$bin/haktrace" convert t.txt back.hakt.zst
    diff <(events t.hakt.zst 6) <(events back.hakt.zst 6)
    # lines as in the tests of Android's libmemory_trace
    cat >a.txt <<'LINES'
1234: malloc 0xabd0000 20 1000 1020
1236: calloc 0x8000 50 30
1237: realloc 0x9000 0x8000 80 3999 10020
1238: memalign 0xa000 16 89 900 1000
1235: free 0xabd0000
1239: thread_done 0x0 290
1237: malloc 0x0 7
LINES
    "$bin/haktrace" stats a.txt >stats
    [ "$(awk '$1 == 1500 || $1 == 80 || $1 == 89 || $1 == 20' stats | wc -l)" -ge 4 ]
    [ "$(stat_of a.txt malloc)" -eq 1 ]
    [ "$(stat_of a.txt free)" -eq 1 ]
}

test_rep() {
    # the example of the lab's README
    printf '20000\n3\n8\n1\na 0 512\na 1 128\nr 0 640\na 2 128\nf 1\nr 0 768\nf 0\nf 2\n' >a.rep
    "$bin/haktrace" convert a.rep b.rep
    tail -n +5 a.rep | diff - <(tail -n +5 b.rep)
    [ "$(head -n 4 b.rep | tr '\n' ' ')" = "896 3 8 1 " ]
    record_threads
    "$bin/haktrace" convert t.hakt.zst t.rep
    "$bin/haktrace" convert t.rep back.hakt.zst
    [ "$(stat_of back.hakt.zst realloc)" -eq "$(stat_of t.hakt.zst realloc)" ]
    [ "$(stat_of back.hakt.zst free)" -eq "$(stat_of t.hakt.zst free)" ]
    diff <("$bin/haktrace" info t.hakt.zst | grep 'peak live') \
        <("$bin/haktrace" info back.hakt.zst | grep 'peak live')
}

test_bytehound() {
    record_threads
    "$bin/haktrace" convert t.hakt.zst t.replay
    "$bin/haktrace" convert t.replay back.hakt.zst
    # Times begin with the first event.
    "$bin/haktrace" convert back.hakt.zst again.replay
    "$bin/haktrace" convert again.replay again.hakt.zst
    diff <(events back.hakt.zst) <(events again.hakt.zst)
    [ "$(stat -c %s t.replay)" -eq "$(stat -c %s again.replay)" ]
    [ "$(stat_of back.hakt.zst realloc)" -eq "$(stat_of t.hakt.zst realloc)" ]
    diff <("$bin/haktrace" info t.hakt.zst | grep 'peak live') \
        <("$bin/haktrace" info back.hakt.zst | grep 'peak live')
}

test_heaptrack() {
    record_threads
    "$bin/haktrace" convert t.hakt.zst t.heaptrack
    "$bin/haktrace" convert t.heaptrack back.hakt.zst
    diff <("$bin/haktrace" info t.hakt.zst | grep 'peak live') \
        <("$bin/haktrace" info back.hakt.zst | grep 'peak live')
    # bytehound's export has format 2, and strings without their lengths
    printf 'v 10100 2\nX prog\ns name\na 64 0\n+ 0\nc a\n+ 0\n- 0\n' >b.heaptrack
    [ "$(stat_of b.heaptrack malloc)" -eq 2 ]
    [ "$(stat_of b.heaptrack free)" -eq 1 ]
    "$bin/haktrace" head b.heaptrack 3 >head
    expect_text head " #1                100  site 00000000  at 0.010000 s"
}

test_real_heaptrack() {
    command -v heaptrack >/dev/null || return 0
    heaptrack -o real "$helpers/help_threads" 2 10 >/dev/null 2>&1
    heaptrack --raw -o raw "$helpers/help_threads" 2 10 >/dev/null 2>&1
    calls=$(heaptrack_print real.zst 2>/dev/null | awk '/^calls to allocation/ { print $5 }')
    for file in real.zst raw.raw.zst; do
        [ "$(stat_of $file malloc)" -eq "$calls" ]
        [ "$(stat_of $file free)" -ge 2000 ]
        "$bin/haktrace" convert $file h.hakt.zst
        "$bin/hakreplay" h.hakt.zst --verify
    done
    "$bin/haktrace" convert h.hakt.zst written.heaptrack
    [ "$(heaptrack_print written.heaptrack 2>/dev/null |
        awk '/^calls to allocation/ { print $5 }')" -eq "$calls" ]
}

refused() {
    expect_exit 1 "$bin/haktrace" convert "$1" x.hakt.zst
    expect_text err "$1: $2"
    [ "$(wc -l <err)" -eq 1 ]
    [ ! -e x.hakt.zst ]
}

test_bad_files_are_named() {
    printf '1\n1\n2\n1\na 0 5\n' >short.rep
    refused short.rep "has 1 operations, its header promises 2"
    printf '1\n1\n1\n1\na 1 5\n' >id.rep
    refused id.rep "line 5 'a 1 5'"
    printf '1\n1\n1\n1\na 0 99999999999999999999999\n' >size.rep
    refused size.rep "line 5"
    printf '1: malloc 0x10\n' >short.txt
    refused short.txt "line 1"
    printf '1: calloc 0x10 99999999999 99999999999\n' >product.txt
    refused product.txt "line 1"
    printf '1: memalign 0x10 3 8\n' >align.txt
    refused align.txt "line 1"
    printf 'v 10100 9\n' >new.heaptrack
    refused new.heaptrack "heaptrack's format 9"
    printf 'v 10100 3\n+ 0\n- 0\n' >info.heaptrack
    refused info.heaptrack "line 2"
    printf 'thread,op,block\n0,melloc,1\n' >op.csv
    refused op.csv "line 2"
    printf 'thread,op,block,bytes\n0,malloc,1\n' >field.csv
    refused field.csv "line 2"
    printf 'thread,op,blocks,bytes,block\n0,malloc,1,-5,1\n' >minus.csv
    refused minus.csv "line 2"
    echo something >else.txt
    refused else.txt "not a trace"
    gzip -c else.txt >packed.gz
    refused packed.gz "packed by gzip"
    expect_exit 2 "$bin/haktrace" convert short.rep x.unknown
    expect_text err "x.unknown"
    expect_exit 2 "$bin/haktrace" convert short.rep x --to=nothing
    expect_text err "--to=nothing"
    printf '1\n1\n1\n1\na 0 5\n' >good.rep
    expect_exit 1 "$bin/haktrace" convert good.rep /no/such/folder/x.csv
    expect_text err "/no/such/folder/x.csv"
}

# Bytes changed at random: one line and exit 1, or a trace that is whole; no crash.
test_mangled_files() {
    "$bin/hakrec" run -q --sites -o t.hakt.zst -- "$helpers/help_threads" 2 1
    for file in t.csv t.txt t.rep t.heaptrack t.replay t.hakt; do
        "$bin/haktrace" convert t.hakt.zst $file
        size=$(stat -c %s $file)
        for round in $(seq 12); do
            cp $file m
            for flip in 1 2 3; do
                at=$(((round * 7919 + flip * 104729 + round * flip * 31) % size))
                printf "\\x$(printf %02x $(((round * 37 + flip * 101) % 256)))" |
                    dd of=m bs=1 seek=$at conv=notrunc status=none
            done
            status=0
            "$bin/haktrace" convert m m.hakt 2>err >out || status=$?
            [ $status -le 1 ] || fail "exit $status on $file, round $round"
            [ $status -eq 0 ] || [ "$(grep -c . err)" -eq 1 ] || fail "$file: $(cat err)"
            [ $status -eq 1 ] || "$bin/haktrace" verify m.hakt >/dev/null
        done
    done
}

run_tests
