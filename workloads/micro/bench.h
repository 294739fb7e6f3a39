// bench.h - what the micro-benchmarks share.
//
// Only the first byte of a block is written, except where calloc or realloc write themselves.
// Tables and orders are made outside the measured loops: under LD_PRELOAD the allocator under test
// serves them and Google Benchmark itself too, but not inside the loops.
#ifndef WORKLOADS_MICRO_BENCH_H
#define WORKLOADS_MICRO_BENCH_H

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>

namespace bench {

// A small object, a page's quarter, a small buffer, 33 KB, and powers of 2 from 64 KiB on.
constexpr std::int64_t sizes[] = {64, 1024, 8192, 33000, 65536, 262144, 1 << 20, 4 << 20};

inline void all_sizes(benchmark::internal::Benchmark *benchmark) {
    for (const auto bytes : sizes)
        benchmark->Arg(bytes);
}

inline std::size_t argument(const benchmark::State &state, std::size_t place) {
    return static_cast<std::size_t>(state.range(place));
}

// Takes what the allocator returned into use.
inline char *obtain(benchmark::State &state, void *block) {
    if (block == nullptr)
        state.SkipWithError("the allocator returned NULL");
    else
        *static_cast<volatile char *>(block) = 1;
    benchmark::DoNotOptimize(block);
    return static_cast<char *>(block);
}

} // namespace bench

#endif
