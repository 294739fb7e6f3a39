#!/usr/bin/env bash
# Small blocks of several threads in one cache line: the same work under every allocator, blocks
# that are handed out side by side, and lines that are seen to be shared where they are.
. "$(dirname "$0")/lib.sh"

lines() {
    "$bin/lines" --held=32 --remakes=20 --ops=25600 "$@"
}

# sharing FILE KEY: of the sample
sharing() {
    sed -nE "s/.*\"sharing\":\{[^}]*\"$2\":([0-9]+).*/\1/p" "$1"
}

test_checksum_is_the_same_under_every_allocator() {
    for setting in "--threads=2" "--threads=4 --touch=whole" "--threads=3 --min=1 --latency"; do
        same_work "$setting" lines
    done
    [ "$(number other ops)" -eq 25560 ] # of 3 threads 213 whole visits
}

test_seed_changes_the_work() {
    seed_matters lines
}

test_live_bytes_are_those_held() {
    for threads in 2 4; do
        lines --threads=$threads --min=40 --max=40 --result=r
        [ "$(number r requested_steady_bytes)" -eq $((threads * 32 * 40)) ]
        expect_between $((threads * 32 * 40)) "$(number r requested_peak_bytes)" \
            $((threads * 33 * 40))
        [ "$(number r ops)" -eq 25600 ]
        [ "$(sharing r blocks)" -eq $((threads * 32)) ]
    done
}

# Blocks of 32 bytes that are one after the other: of three threads' at least two are in one line.
# Blocks with a mapping each are not. And mimalloc's threads make theirs from pages of their own.
test_sharing_is_counted() {
    lines --threads=3 --min=16 --max=16 --result=r
    expect_between 64 "$(sharing r made)" 96
    expect_between 64 "$(sharing r last)" 96
    lines --threads=3 --min=1m --max=1m --remakes=2 --ops=400 --result=r
    [ "$(sharing r made)" -eq 0 ]
    [ "$(sharing r last)" -eq 0 ]
    [ -e "$library/libmimalloc.so.2" ] || return 0
    LD_PRELOAD=$library/libmimalloc.so.2 lines --min=16 --max=16 --result=r
    [ "$(sharing r made)" -eq 64 ]
    [ "$(sharing r last)" -eq 0 ]
}

test_rounds_are_the_same_work() {
    lines --result=plain
    "$helpers/help_turns" "start, warm 1, turn 2, end" "$bin/lines" --held=32 --remakes=20 \
        --ops=25600 --turns=3 --result=r
    [ "$(checksum r)" = "$(checksum plain)" ]
    [ "$(number r ops)" -eq 51200 ]
}

test_recorded_it_is_what_was_asked() {
    "$bin/hakrec" -q -o t.hakt.zst -- "$bin/lines" --threads=4 --held=64 --remakes=10 --ops=51200 \
        --result=r
    # The first thread made the first 64 of each other one; all else is a thread's own.
    "$bin/haktrace" head t.hakt.zst 100000 | awk '
        $3 == "malloc" { maker[$4] = $2 }
        $3 == "free" && $4 in maker && maker[$4] != $2 { frees[maker[$4] " " $2]++ }
        END { for (pair in frees) print pair, frees[pair] }' >pairs
    [ "$(wc -l <pairs)" -eq 3 ] || fail "$(cat pairs)"
    while read -r _ _ frees; do
        expect_between 64 "$frees" 66
    done <pairs
}

test_overwritten_block_is_found() {
    overwriting_is_seen "of 1000 bytes" "$bin/lines" --held=32 --remakes=20 --ops=25600 --min=1000 \
        --max=1000
}

test_errors() {
    expect_exit 2 "$bin/lines" --threads=1
    expect_text err "--threads=1"
    expect_exit 2 "$bin/lines" --min=2k --max=1k
    expect_text err "--min"
    expect_exit 2 "$bin/lines" --threads=2 --remakes=100 --ops=399
    expect_text err "--ops"
    expect_exit 2 "$bin/lines" word
    expect_exit 1 lines --result=/no/such/folder/r
}

run_tests
