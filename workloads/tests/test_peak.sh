#!/usr/bin/env bash
# hakreplay --until=peak, and the study of what is in memory then.
. "$(dirname "$0")/lib.sh"

hakmem=$ROOT/hakmem/libhakmem.so

# of FILE POINT KEY: what the allocator said at one of the two points
of() {
    sed -E "s/.*\"$2\":\{\"in_use/\"in_use/" "$1" | grep -oE "\"$3\": ?-?[0-9]+" | head -n 1 |
        grep -oE -- '-?[0-9]+$'
}

# 150,000 bytes are alive behind the third event, and again behind the last but one.
by_hand() {
    cat >t.csv <<'END'
event,thread,op,block,bytes,align
0,0,thread-start,,,
1,0,malloc,0,100000,
2,0,malloc,1,50000,
3,0,free,0,,
4,0,malloc,2,20000,
5,0,realloc,1,130000,
6,0,free,1,,
END
    "$bin/haktrace" convert t.csv t.hakt
}

test_ends_at_the_first_peak() {
    by_hand
    "$bin/hakreplay" t.hakt --until=peak --result=r
    [ "$(number r ops)" -eq 2 ]
    [ "$(number r requested_peak_bytes)" -eq 150000 ]
    [ "$(number r requested_steady_bytes)" -eq 150000 ]
    # 25 and 13 pages, if no block lies in one more than it must
    expect_between $((37 * 4096)) "$(number r live_page_bytes)" $((40 * 4096))
    expect_text r '"until":"peak"'
    "$bin/hakreplay" t.hakt --result=r
    [ "$(number r ops)" -eq 6 ]
    [ -z "$(number r live_page_bytes)" ]
}

test_threads_end_there_too() {
    local preload
    "$bin/hakrec" -q -o t.hakt.zst -- "$helpers/help_threads" 4 40
    "$bin/hakreplay" t.hakt.zst --until=peak --loop=2 --result=first
    for preload in $(allocators); do
        LD_PRELOAD=$preload "$bin/hakreplay" t.hakt.zst --until=peak --loop=2 --result=other
        [ "$(checksum other)" = "$(checksum first)" ]
        [ "$(number other requested_steady_bytes)" -eq "$(number first requested_peak_bytes)" ]
        expect_text other '"held":{"source":"'
    done
}

test_hakmem_tells_its_parts() {
    local part sum=0
    [ -e "$hakmem" ] || return 0
    by_hand
    LD_PRELOAD=$hakmem "$bin/hakreplay" t.hakt --until=peak --result=r
    for part in magazine depot warm quarantine dirty; do
        sum=$((sum + $(of r peak "${part}_bytes")))
    done
    [ "$(of r peak cached_bytes)" -eq "$sum" ]
    [ "$(of r peak free_bytes)" -eq "$sum" ]
    expect_between 150000 "$(of r peak in_use_bytes)" 200000
    [ "$(of r base in_use_bytes)" -lt 100000 ]
    expect_text r '"statistics":{"memory": {'
    [ "$(wc -l <r)" -eq 1 ]
    LD_PRELOAD=$hakmem "$bin/hakreplay" t.hakt --until=peak >out
    expect_text out "held      at the peak: in blocks 0."
    expect_text out "(hak_memory_read)"
    "$bin/hakreplay" t.hakt --until=peak --result=r
    expect_text r '"statistics":null'
}

test_bad_usage() {
    by_hand
    expect_exit 2 "$bin/hakreplay" t.hakt --until=later
    expect_text err "--until=later"
}

# adds_up FILE: a row for each allocator, whose parts are what is resident. What hakmem counts is
# all of it but for 256 KiB (its variables, and pages that are in part the program's); and what is
# not in memory is within the parts that can be so.
adds_up() {
    awk -F, '
        function part(name) {return $at[name "_bytes"] == "NaN" ? 0 : $at[name "_bytes"]}
        function all(names, name, count, i, sum) {
            count = split(names, name, " ")
            for (i = 1; i <= count; i++) sum += part(name[i])
            return sum
        }
        NR == 1 {for (i = 1; i <= NF; i++) at[$i] = i; next}
        {
            sum = all("requested rounding tail overhang magazine depot warm dirty quarantine")
            sum += all("metadata beside")
            pages = all("requested shared idle")
            if (sum != part("resident") || pages != sum)
                print $2, $3 ": " sum, pages, part("resident")
            if ($3 != "hakmem") next
            can_be_untouched = all("rounding tail overhang magazine depot metadata")
            if (part("beside") > 262144 || part("beside") < -can_be_untouched)
                print $2 ": beside " part("beside")
        }
        END {if (NR < 3) print "rows: " NR}' "$1" >wrong
    [ ! -s wrong ] || fail "$(cat wrong)"
}

test_the_study_adds_up_and_is_resumed() {
    [ -e "$hakmem" ] || return 0
    "$bin/hakrec" -q -o threads.hakt.zst -- "$helpers/help_threads" 4 40
    OUT=study REPEATS=3 "$ROOT/lab/studies/peak.sh" threads.hakt.zst \
        "$ROOT/workloads/traces/nginx.hakt.zst" >out
    adds_up study/peak.csv
    expect_text out "nginx         hakmem          1.6 MiB"
    [ "$(cut -d, -f 2,4 study/peak.csv | sort -u | wc -l)" -eq 3 ] # the head, and one size a trace
    [ "$(cut -d, -f 2,3 study/peak.csv | head -n 2 | tail -n 1)" = "threads,hakmem" ]
    # what was lost of it is measured, nothing else
    cp study/peak.csv before.csv
    touch -d 2001-01-01 study/samples/*
    rm study/samples/threads-glibc-2
    OUT=study REPEATS=3 "$ROOT/lab/studies/peak.sh" threads.hakt.zst \
        "$ROOT/workloads/traces/nginx.hakt.zst" >again
    [ "$(find study/samples -newermt 2002-01-01 -type f | wc -l)" -eq 1 ]
    diff <(grep nginx before.csv) <(grep nginx study/peak.csv)
    expect_exit 1 env OUT=study "$ROOT/lab/studies/peak.sh" missing.hakt.zst
    expect_text err "missing.hakt.zst"
}

run_tests
