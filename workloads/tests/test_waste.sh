#!/usr/bin/env bash
# Waste by size: usable sizes are the allocator's, class by class; touched memory is what its blocks
# take; each allocator is measured, and not another.
. "$(dirname "$0")/lib.sh"

# rows FILE KEY: the rows of one of the two tables, a line each, numbers parted by spaces
rows() {
    grep -o "\"$2\":\[\[[^a-z]*\]\]" "$1" | sed 's/^[^[]*\[\[//; s/\]\]$//; s/\],\[/\n/g; s/,/ /g'
}

# libc's blocks are multiples of 16 with a header of 8, the least has 24 bytes; from 128 KiB on they
# are whole pages with a header of 16.
test_usable_sizes_of_libc() {
    "$bin/waste" --most=140000 --result=r
    [ "$(rows r usable | sed -n '1p;2p;3p')" = "1 24
25 40
41 56" ]
    rows r usable | awk '$1 != last + 1 {exit 1} {last = $2}' # no gap, and none is missing
    rows r usable | grep -qx '131065 135152'
}

test_touched_memory_of_libc() {
    "$bin/waste" --most=300000 --result=r
    # Less than a page of difference over all blocks.
    rows r touched | awk '
        function off(a, b) {return a > b ? a - b : b - a}
        $1 == 1 && $2 == 65536 {seen += off($3, 32 * $2) < 8192}
        $1 == 4096 {seen += $2 == 512 && off($3, 4112 * $2) < 8192}
        $1 == 262144 {seen += $2 == 8 && off($3, 266240 * $2) < 8192}
        END {exit seen != 3}'
}

test_every_allocator_is_measured() {
    local preload
    for preload in $(allocators); do
        LD_PRELOAD=$preload "$bin/waste" --most=40000 --result=r
        expect_text r "\"malloc_object\":\"$preload"
        rows r usable | awk '$2 < $1 || $1 <= last {exit 1} {last = $1} END {exit NR < 20}'
        # No block lies in another; 34,219 bytes, which are 8.35 pages, take at most 12.
        rows r touched | awk '$1 >= 64 && $3 < $1 * $2 * 0.99 {exit 1}
            $1 == 34219 {seen = $3 >= 8.3 * 4096 * $2 && $3 <= 12 * 4096 * $2}
            END {exit !seen}'
    done
}

test_hakmem_says_what_it_is() {
    LD_PRELOAD=$ROOT/hakmem/libhakmem.so "$bin/waste" --most=100 --result=r
    expect_text r '"bypass":null'
    HAKMEM_FORCE_LIBC_ALLOC=1 LD_PRELOAD=$ROOT/hakmem/libhakmem.so \
        "$bin/waste" --most=100 --result=r
    grep -q '"bypass":"' r
    "$bin/waste" --most=100 --result=r
    expect_text r '"hakmem":null'
}

test_table() {
    "$bin/waste" --most=1k >out
    grep -qE '^ +1024 +1032 +0\.8 % +10[34][0-9]\.[0-9] +' out
}

test_errors() {
    expect_exit 2 "$bin/waste" --most=0
    expect_text err "--most=0"
    expect_exit 2 "$bin/waste" --most=5m
    expect_exit 2 "$bin/waste" word
    expect_exit 1 "$bin/waste" --most=1 --result=/no/such/folder/r
    expect_text err "/no/such/folder/r"
    # An allocator that cannot: the size is named.
    expect_exit 1 bash -c "ulimit -v 20000; exec $bin/waste --most=4m"
    expect_text err "returned NULL"
}

run_tests
