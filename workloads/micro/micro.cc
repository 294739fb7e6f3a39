// micro.cc - micro-benchmarks of malloc and its relatives, by Google Benchmark.
//
//   bin/micro [--benchmark_filter=REGEX] [--benchmark_min_time=SECONDS] ...
//
// Each measures one pattern that the allocators treat apart:
//
//   pair      malloc and free at once: the hot block, the shortest path there is
//   batch     1,000 blocks made, then freed in the order made, in reverse, or at random
//   replace   one of 1,000 live blocks of 33,000 bytes replaced, at random: free and malloc
//   calloc    the zeroed pair
//   growth    a block grown by realloc from 16 bytes to the given size, half as much again each
//   step
//
// Only the first byte of a block is written, except where calloc or realloc write themselves. They
// show what single operations cost in a warm process; whether a program gets faster is for the
// workloads to say. Tables and orders are made outside the measured loops. Under LD_PRELOAD the
// allocator under test serves Google Benchmark itself too, but not inside the loops.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <numeric>
#include <random>
#include <vector>

namespace {

constexpr std::size_t batch_blocks = 1000;
constexpr std::size_t replace_bytes = 33000;
constexpr std::uint32_t seed = 33000;

enum class Order : int { made, reverse, random };

char *obtain(benchmark::State &state, void *block) {
    if (block == nullptr)
        state.SkipWithError("the allocator returned NULL");
    else
        *static_cast<volatile char *>(block) = 1;
    benchmark::DoNotOptimize(block);
    return static_cast<char *>(block);
}

void pair(benchmark::State &state) {
    const auto bytes = static_cast<std::size_t>(state.range(0));
    for (auto _ : state)
        std::free(obtain(state, std::malloc(bytes)));
    state.SetItemsProcessed(state.iterations());
}

std::vector<std::size_t> order_of(Order order) {
    std::vector<std::size_t> list(batch_blocks);
    std::iota(list.begin(), list.end(), 0);
    if (order == Order::reverse)
        std::reverse(list.begin(), list.end());
    if (order == Order::random)
        std::shuffle(list.begin(), list.end(), std::mt19937(seed));
    return list;
}

void batch(benchmark::State &state, Order order) {
    const auto bytes = static_cast<std::size_t>(state.range(0));
    const auto free_order = order_of(order);
    std::vector<char *> blocks(batch_blocks);
    for (auto _ : state) {
        for (auto &block : blocks)
            block = obtain(state, std::malloc(bytes));
        for (const auto i : free_order)
            std::free(blocks[i]);
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch_blocks));
}

void replace(benchmark::State &state) {
    const auto bytes = static_cast<std::size_t>(state.range(0));
    const auto victims = order_of(Order::random);
    std::vector<char *> blocks(batch_blocks);
    for (auto &block : blocks)
        block = obtain(state, std::malloc(bytes));
    std::size_t at = 0;
    for (auto _ : state) {
        char *&block = blocks[victims[at]];
        std::free(block);
        block = obtain(state, std::malloc(bytes));
        at = at + 1 == batch_blocks ? 0 : at + 1;
    }
    for (auto *block : blocks)
        std::free(block);
    state.SetItemsProcessed(state.iterations());
}

void zeroed(benchmark::State &state) {
    const auto bytes = static_cast<std::size_t>(state.range(0));
    for (auto _ : state)
        std::free(obtain(state, std::calloc(1, bytes)));
    state.SetItemsProcessed(state.iterations());
}

void growth(benchmark::State &state) {
    const auto most = static_cast<std::size_t>(state.range(0));
    std::int64_t steps = 0;
    for (auto _ : state) {
        void *block = std::malloc(16);
        for (std::size_t bytes = 16; bytes < most && block != nullptr; steps++) {
            bytes += bytes / 2;
            block = obtain(state, std::realloc(block, bytes));
        }
        std::free(block);
    }
    state.SetItemsProcessed(steps);
}

// The sizes of the pairs: a small object, a page's quarter, a small buffer, 33 KB, just above 64
// KiB.
BENCHMARK(pair)->Name("pair")->Arg(64)->Arg(1024)->Arg(8192)->Arg(33000)->Arg(65537);
BENCHMARK_CAPTURE(batch, fifo, Order::made)->Arg(64)->Arg(1024)->Arg(8192)->Arg(33000);
BENCHMARK_CAPTURE(batch, lifo, Order::reverse)->Arg(64)->Arg(1024)->Arg(8192)->Arg(33000);
BENCHMARK_CAPTURE(batch, random, Order::random)->Arg(64)->Arg(1024)->Arg(8192)->Arg(33000);
BENCHMARK(replace)->Name("replace")->Arg(replace_bytes);
BENCHMARK(zeroed)->Name("calloc")->Arg(64)->Arg(1024)->Arg(33000);
BENCHMARK(growth)->Name("growth")->Arg(33000)->Arg(1 << 20);

} // namespace

BENCHMARK_MAIN();
