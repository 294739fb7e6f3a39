#!/usr/bin/env bash
# bin/rss, small: each shape makes and frees what it says, alike under all allocators, and says that
# it is measured for memory only.
. "$(dirname "$0")/lib.sh"

small="--percent=2"
large_block=$((8 * 1048576 * 2 / 100))

# expect SHAPE OPS PEAK STEADY: of requested bytes, under every allocator
expect() {
    local file
    same_work "$small" "$bin/rss" --shape="$1"
    for file in first other; do
        expect_text $file '"measures":"memory"'
        expect_between "$2" "$(number $file ops)" "$2"
        expect_between "$3" "$(number $file requested_peak_bytes)" "$3"
        expect_between "$4" "$(number $file requested_steady_bytes)" "$4"
    done
}

test_a_block_that_is_freed() {
    expect lone-512 102 $((512 * 1048576 * 2 / 100)) 0
    expect lone-64 102 $((64 * 1048576 * 2 / 100)) 0
    expect calloc 8 $((1024 * 1048576 * 2 / 100)) 0
}

test_what_is_freed_beside_what_is_live() {
    local live=$((50 * large_block))
    expect large-idle $((2 * 120 + 2000 + 8)) $((170 * large_block)) $live
    expect small-idle $((2 * 10000 + 2000)) $((live + 10000 * 900)) $live
}

test_arrays_that_grow() {
    local bytes=$((300 * 1048576 * 2 / 100)) rest i live
    rest=$((40 * 1048576 * 2 / 100 + 8 * (10 * 1048576 * 2 / 100)))
    for ((i = 0; i < 8; i++)); do
        bytes=$((bytes + bytes / 10))
    done
    expect array 18 $((bytes + rest)) $((bytes + rest))
    bytes=4096
    for ((i = 1; bytes / 2 * 3 <= 100 * 1048576 * 2 / 100; i++)); do
        bytes=$((bytes / 2 * 3))
    done
    live=$((4 * bytes))
    expect arrays $((4 * i)) $live $live
}

# Their sizes are drawn: the largest sum that one of them can have is known.
test_idle_threads_use_their_blocks() {
    local shape threads blocks most
    for shape in "idle-threads 30 200 4096" "many-threads 200 4 200"; do
        read -r shape threads blocks most <<<"$shape"
        "$bin/rss" --shape="$shape" $small --result=r
        expect_between $((threads * blocks * 2)) "$(number r ops)" $((threads * blocks * 2))
        expect_between $((blocks * most / 3)) "$(number r requested_peak_bytes)" $((blocks * most))
        expect_between 0 "$(number r requested_steady_bytes)" 0
    done
}

# A slot is filled when the last phase ends with a probability of about 1/7; 1.5 KiB then.
test_sizes_that_double() {
    "$bin/rss" --shape=doubling $small --result=r
    local all=$((6000 * 1536))
    expect_between $((all / 10)) "$(number r requested_steady_bytes)" $((all / 6))
    expect_between $((all * 2 / 5)) "$(number r requested_peak_bytes)" $((all * 3 / 4))
    same_work "$small" "$bin/rss" --shape=doubling
    seed_matters "$bin/rss" --shape=doubling $small
}

test_vectors_of_eight_threads() {
    "$bin/rss" --shape=vectors $small --result=r
    expect_between 8 "$(number r threads)" 8
    expect_between $((8 * 3000 + 8 * 40)) "$(number r ops)" $((8 * 3000 * 2))
    expect_between 0 "$(number r requested_steady_bytes)" 0
}

# No figure of time rests on it, but it does rest: a fiftieth of two seconds, twice the half of it.
test_rests_scale() {
    "$bin/rss" --shape=large-idle $small --result=r
    expect_between 60000000 "$(number r wall_ns)" 1000000000000
}

test_bad_options() {
    expect_exit 2 "$bin/rss" --shape=none
    expect_exit 2 "$bin/rss" --percent=0
    expect_exit 2 "$bin/rss" --threads=2
}

run_tests
