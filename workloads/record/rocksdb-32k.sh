#!/usr/bin/env bash
# RocksDB with 32 KiB blocks: db_bench fills a database at random keys, then two threads read it.
#
# Values of 400 to 8,000 bytes make blocks of 29 to 38 KiB. The block cache holds 8 MB, so most
# reads bring a block in and push one out, often one that the other thread brought. Flushes and
# compactions run on background threads.
#
# The shipped trace: rocksdb-tools 7.8 of Debian 12.
. "$(dirname "$0")/common.sh"
need db_bench rocksdb-tools

record -- db_bench --db="$work/db" --benchmarks=fillrandom,readrandom --num=$((9000 * times)) \
    --reads=$((12000 * times)) --threads=2 --value_size_distribution_type=uniform \
    --value_size_min=400 --value_size_max=8000 --block_size=32768 --cache_size=8388608 \
    --write_buffer_size=8388608 --compression_type=none --seed=1 >/dev/null 2>&1
