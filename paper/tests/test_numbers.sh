#!/usr/bin/env bash
# The numbers of the paper, from a made-up run: all that paper.tex names is made, wins and losses
# are those of the run, and what is missing ends the build and is named. Needs no TeX.
. "$ROOT/workloads/tests/lib.sh"

numbers=$ROOT/paper/build/numbers

# Makes `run`, whose allocators are libraries of this machine: that of "new" is mimalloc's.
make_run() {
    mkdir -p run made
    node "$ROOT/lab/tests/page/run.js" run
    sed -i -e "s#/lib/hakmem.so#$ROOT/hakmem/libhakmem.so#; " \
        -e "s#/lib/jemalloc.so#$library/libjemalloc.so.2#" \
        -e "s#/lib/glibc.so#/lib/$(gcc -print-multiarch)/libc.so.6#" \
        -e "s#/lib/new.so#$library/libmimalloc.so.2#" run/manifest.json
    # 1: a sample of the made-up run failed
    expect_exit 1 "$ROOT/bin/hakmem" report run
}

make_numbers() {
    "$numbers" run "$ROOT" "$ROOT/paper/build/usable_size" made
}

# macro NAME: its text
macro() {
    sed -n "s/^\\\\newcommand{\\\\Hak$1}{\(.*\)}$/\1/p" made/numbers.tex
}

test_all_that_the_text_names_is_made() {
    local name
    make_run
    make_numbers
    for name in $(grep -oE '\\Hak[A-Za-z]+' "$ROOT/paper/paper.tex" | sort -u); do
        grep -qF "\\newcommand{$name}" made/numbers.tex || fail "there is no $name"
    done
    for name in $(grep -oE 'build/table-[a-z]+\.tex' "$ROOT/paper/paper.tex"); do
        [ -s "made/${name#build/}" ] || fail "there is no $name"
    done
}

# hakmem is faster than all three on three workloads; of the pairs of the grid those with 1.01 are
# slower and leaner, the others the same.
test_wins_and_losses_are_those_of_the_run() {
    make_run
    make_numbers
    [ "$(macro Workloads)" = three ] || fail "$(macro Workloads) workloads"
    macro HeavySpeedTally >tally
    expect_text tally "of 6 comparisons with a peer, hakmem was faster in 6 and slower in 0"
    macro GridSpeedTally >tally
    expect_text tally "\\emph{faster} for 0, \\emph{slower} for 4, \\emph{equivalent} for 6"
    macro GridMemoryTally >tally
    expect_text tally "\\emph{less} for 4, \\emph{more} for 0"
    [ "$(macro MidAxis)" = "1.01, 1.60 and 2.00" ] || fail "MidAxis: $(macro MidAxis)"
    expect_text made/table-peers.tex 'glibc & 3 & 0 & 0 & 0 & 0.25'
    expect_text made/table-options.tex '1.00\,\dots\,4.00'
}

test_what_is_missing_is_named() {
    make_run
    rm run/derived/grid-mid33.csv
    expect_exit 1 make_numbers
    expect_text err "paper: run/derived/grid-mid33.csv is missing"
    make_run
    sed -i 's/"kernel":"[^"]*",//' run/manifest.json
    expect_exit 1 make_numbers
    expect_text err "paper: run/manifest.json has no 'machine/kernel'"
    sed -i 's/"ended_unix_ns":2,//' run/manifest.json
    expect_exit 1 make_numbers
    expect_text err "paper: run was interrupted"
}

run_tests
