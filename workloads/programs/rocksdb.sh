#!/usr/bin/env bash
# RocksDB's db_bench: a database of 32 KiB blocks is filled, then two threads read at random through
# a block cache of 16 MB. The figures are those of the reading.
. "$(dirname "${BASH_SOURCE[0]}")/common/stages.sh"
need db_bench rocksdb-tools

tool() {
    serve db_bench --db="$PWD/db" --benchmarks=fillrandom,readrandom --num="$(share 120000)" \
        --reads="$(share 120000)" --threads=2 --value_size_distribution_type=uniform \
        --value_size_min=400 --value_size_max=8000 --block_size=32768 --cache_size=16777216 \
        --write_buffer_size=16777216 --compression_type=none --histogram=1 --seed=1
}
# The histogram is in microseconds. How many keys are found depends on the seed alone.
figures() {
    awk '/^readrandom/ {
             for (i = 2; i < NF; i++) {
                 if ($(i + 1) == "seconds") seconds = $i
                 if ($(i + 1) == "operations;") ops = $i
             }
             match($0, /\([0-9]+ of [0-9]+ found\)/)
             found = substr($0, RSTART, RLENGTH)
             reading = 1
         }
         reading && /^Percentiles:/ { p50 = $3; p99 = $7; p999 = $9 }
         reading && /^Min:/ { most = $6 }
         END {
             printf "ops %d\nns %.0f\n", ops, seconds * 1e9
             printf "p50_ns %.0f\np99_ns %.0f\np999_ns %.0f\nmax_ns %.0f\n", p50 * 1e3, p99 * 1e3,
                 p999 * 1e3, most * 1e3
             print "check", found
         }' tool.out
}
stage "$@"
