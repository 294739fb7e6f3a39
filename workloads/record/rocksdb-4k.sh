#!/usr/bin/env bash
# RocksDB with its default blocks of 4 KiB: db_bench writes, then two threads read and change.
#
# Values of 50 to 1,500 bytes; the block cache holds 8 MB, so most reads bring a block in and push
# one out. Compressed blocks are read into one buffer and opened into another. Flushes and
# compactions run on background threads.
#
# The shipped trace: rocksdb-tools 7.8.3 of Debian 12.
. "$(dirname "$0")/common.sh"
need db_bench rocksdb-tools

tests=fillrandom,readrandom,readrandomwriterandom,seekrandom
record -- db_bench --db="$work/db" --benchmarks=$tests --num=$((12000 * times)) \
    --reads=$((6000 * times)) --threads=2 --value_size_distribution_type=uniform \
    --value_size_min=50 --value_size_max=1500 --block_size=4096 --cache_size=8388608 \
    --write_buffer_size=8388608 --compression_type=lz4 --max_background_jobs=2 --seed=1 \
    >/dev/null 2>&1
