#!/usr/bin/env bash
# RocksDB's tools on one database: ldb scans, checks, dumps and compacts it, sst_dump verifies
# each of its files, cache_bench hammers the block cache with threads.
# Debian packages: rocksdb-tools
. "$(dirname "$0")/../../support/preload.sh"
need db_bench ldb sst_dump cache_bench
db_bench --db="$work/db" --num=60000 --value_size=400 --block_size=32768 --seed=7 --threads=1 \
    --compression_type=none --benchmarks=fillrandom,flush >fill.log 2>&1 ||
    fail "$(tail -3 fill.log)"
same_output ldb --db="$work/db" scan --hex
same_output ldb --db="$work/db" checkconsistency
same_output ldb --db="$work/db" list_column_families
same_output ldb --db="$work/db" dump --count_only
for file in db/*.sst; do
    # but for the address that it prints of its environment
    same_output bash -o pipefail -c 'sst_dump --file="$1" --command=scan --output_hex |
        grep -v options.env' - "$file"
    under_hakmem sst_dump --file="$file" --command=verify >verify.log 2>&1 ||
        fail "sst_dump: $(tail -n 3 verify.log)"
    assert_served
done
ldb --db="$work/db" scan --hex >want.scan
under_hakmem ldb --db="$work/db" compact >compact.log 2>&1 || fail "compact: $(tail -3 compact.log)"
assert_served
ldb --db="$work/db" scan --hex | cmp - want.scan || fail "compaction under hakmem lost keys"
under_hakmem cache_bench --threads=4 --ops_per_thread=20000 --cache_size=50000000 \
    --value_bytes=33000 >bench.log 2>&1 || fail "cache_bench: $(tail -n 3 bench.log)"
assert_served
