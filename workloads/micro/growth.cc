// growth.cc - a block that grows by realloc from 16 bytes to a size: by half each time, as the
// arrays of most libraries do, or by a constant, as in programs that did not think of it.

#include "micro/bench.h"

#include <cstdlib>

namespace {

using bench::argument;
using bench::obtain;

constexpr std::size_t first_bytes = 16;

// `next` says how large a block becomes; an item is a step.
template <typename Next> void grow(benchmark::State &state, std::size_t most, Next next) {
    std::int64_t steps = 0;
    for (auto _ : state) {
        void *block = std::malloc(first_bytes);
        for (std::size_t bytes = first_bytes; bytes < most && block != nullptr; steps++) {
            bytes = next(bytes);
            block = obtain(state, std::realloc(block, bytes));
        }
        std::free(block);
    }
    state.SetItemsProcessed(steps);
}

void by_half(benchmark::State &state) {
    grow(state, argument(state, 0), [](std::size_t bytes) { return bytes + bytes / 2; });
}

void by_constant(benchmark::State &state) {
    const auto more = argument(state, 1);
    grow(state, argument(state, 0), [more](std::size_t bytes) { return bytes + more; });
}

BENCHMARK(by_half)->Name("growth/half")->Arg(1024)->Arg(33000)->Arg(1 << 20)->Arg(4 << 20);
BENCHMARK(by_constant)
    ->Name("growth/constant")
    ->Args({1024, 16})
    ->Args({33000, 64})
    ->Args({1 << 20, 4096})
    ->Args({4 << 20, 65536});

} // namespace
