// micro.cc - micro-benchmarks of malloc and its relatives, by Google Benchmark.
//
//   bin/micro [--benchmark_filter=REGEX] [--benchmark_min_time=SECONDS] ...
//
// Each measures one pattern that the allocators treat apart, in a file for each kind:
//
//   pair.cc    malloc and free at once: the hot block, the shortest path there is; the same with
//              calloc and aligned_alloc
//   batch.cc   1, 32 or 1,000 blocks made, then freed in the order made, in reverse, or at random;
//              one of 1,000 live blocks replaced
//   growth.cc  a block that grows by realloc, by half or by a constant
//   remote.cc  blocks freed by another thread than made them
//
// "items" are blocks, or steps of growth. They show what single operations cost in a warm process;
// whether a program gets faster is for the workloads to say.

#include <benchmark/benchmark.h>

BENCHMARK_MAIN();
