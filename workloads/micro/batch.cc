// batch.cc - many blocks alive at a time: made in a row and freed in an order, or replaced one by
// one.
//
// What comes back in reverse is what caches of freed blocks are best at; what comes back at random
// scatters the free lists over the slabs. A batch of 1,000 is more than any cache of a thread holds
// at the larger sizes.

#include "micro/bench.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <random>
#include <vector>

namespace {

using bench::argument;
using bench::obtain;

constexpr std::uint32_t seed = 33000;
constexpr std::size_t replace_blocks = 1000;

enum class Order : int { made, reverse, random };

std::vector<std::size_t> order_of(Order order, std::size_t count) {
    std::vector<std::size_t> list(count);
    std::iota(list.begin(), list.end(), 0);
    if (order == Order::reverse)
        std::reverse(list.begin(), list.end());
    if (order == Order::random)
        std::shuffle(list.begin(), list.end(), std::mt19937(seed));
    return list;
}

void batch(benchmark::State &state, Order order) {
    const auto bytes = argument(state, 0), count = argument(state, 1);
    const auto free_order = order_of(order, count);
    std::vector<char *> blocks(count);
    for (auto _ : state) {
        for (auto &block : blocks)
            block = obtain(state, std::malloc(bytes));
        for (const auto i : free_order)
            std::free(blocks[i]);
    }
    state.SetItemsProcessed(state.iterations() * state.range(1));
}

// At random: free, then malloc.
void replace(benchmark::State &state) {
    const auto bytes = argument(state, 0);
    const auto victims = order_of(Order::random, replace_blocks);
    std::vector<char *> blocks(replace_blocks);
    for (auto &block : blocks)
        block = obtain(state, std::malloc(bytes));
    std::size_t at = 0;
    for (auto _ : state) {
        char *&block = blocks[victims[at]];
        std::free(block);
        block = obtain(state, std::malloc(bytes));
        at = at + 1 == replace_blocks ? 0 : at + 1;
    }
    for (auto *block : blocks)
        std::free(block);
    state.SetItemsProcessed(state.iterations());
}

void batches(benchmark::internal::Benchmark *benchmark) {
    benchmark->ArgsProduct({{64, 1024, 8192, 33000, 65536, 262144}, {32, 1000}});
}

// One block has no order.
BENCHMARK_CAPTURE(batch, fifo, Order::made)
    ->ArgsProduct({{64, 1024, 8192, 33000, 65536, 262144}, {1}})
    ->Apply(batches);
BENCHMARK_CAPTURE(batch, lifo, Order::reverse)->Apply(batches);
BENCHMARK_CAPTURE(batch, random, Order::random)->Apply(batches);
BENCHMARK(replace)->Name("replace")->Arg(64)->Arg(1024)->Arg(8192)->Arg(33000);

} // namespace
