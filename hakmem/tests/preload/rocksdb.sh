#!/usr/bin/env bash
# RocksDB's db_bench with 32 KiB blocks, two threads: fills, reads back with checksums verified.
. "$(dirname "$0")/../support/preload.sh"
need db_bench
bench() {
    db_bench --db="$work/$1" --num=40000 --value_size=400 --block_size=32768 --threads=2 --seed=7 \
        --verify_checksum=1 --cache_size=4000000 --compression_type=none \
        --benchmarks=fillseq,overwrite,readrandom,readseq,compact,readrandom,stats
}
for run in want got; do
    if [ $run = want ]; then
        bench want >want.log 2>&1 || fail "db_bench does not run here: $(tail -3 want.log)"
    else
        export -f bench
        export work
        under_hakmem bash -c 'bench got' >got.log 2>&1 || fail "db_bench: $(tail -3 got.log)"
    fi
done
assert_served
# the number of keys found does not depend on the allocator
found() { grep -o '([0-9]* of [0-9]* found)' "$1"; }
[ -n "$(found want.log)" ] || fail "no key was read: $(tail -5 want.log)"
[ "$(found got.log)" = "$(found want.log)" ] || fail "$(found got.log) instead of $(found want.log)"
if grep -iE 'corrupt|error' got.log; then
    fail "db_bench met errors"
fi
