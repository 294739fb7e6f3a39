#!/usr/bin/env bash
# learning: waste and live bytes summed over the operations of a trace, by hand; and of a program
# whose sizes change, each of which is noticed if hakmem learns, and none if it does not.
. "$(dirname "$0")/lib.sh"

hakmem=$ROOT/hakmem/libhakmem.so

# After each operation: 33,000 bytes in a block of 36,864, two of these (one made by realloc), one,
# none; a block of 100 bytes is an operation, and not counted.
test_sums_of_a_trace() {
    cat >t.csv <<'END'
event,thread,op,block,bytes,align
0,0,thread-start,,,
1,0,malloc,0,33000,
2,0,malloc,1,100,
3,0,realloc,1,33000,
4,0,free,0,,
5,0,free,1,,
END
    "$bin/haktrace" convert t.csv t.hakt
    LD_PRELOAD=$hakmem HAKMEM_LEARN=0 "$bin/learning" t.hakt >r
    [ "$(number r operations)" = 5 ]
    [ "$(number r waste)" = $((5 * 3864)) ]
    [ "$(number r live)" = $((5 * 33000)) ]
    expect_between 66000 "$(number r peak)" 20000000
}

test_sizes_that_change() {
    LD_PRELOAD=$hakmem HAKMEM_LEARN=0 "$bin/learning" planted >without
    LD_PRELOAD=$hakmem HAKMEM_LEARN=1 "$bin/learning" planted >with
    expect_text without '"reaction_ms":[null,null,null,null]'
    grep -qE '"reaction_ms":\[[0-9]+,[0-9]+,[0-9]+,[0-9]+\]' with || fail "$(cat with)"
    # by a fifth of what it was: 8 % to 0.5 %
    expect_between 0 "$(number with waste)" $(($(number without waste) / 5))
}

test_bad_usage() {
    expect_exit 2 "$bin/learning"
    expect_exit 2 "$bin/learning" --help-me
    expect_exit 1 "$bin/learning" missing.hakt
}

run_tests
