// pair.cc - a block made and freed at once, per size and kind of allocation.

#include "micro/bench.h"

#include <cstdlib>

namespace {

using bench::argument;
using bench::obtain;

void pair(benchmark::State &state) {
    const auto bytes = argument(state, 0);
    for (auto _ : state)
        std::free(obtain(state, std::malloc(bytes)));
    state.SetItemsProcessed(state.iterations());
}

void zeroed(benchmark::State &state) {
    const auto bytes = argument(state, 0);
    for (auto _ : state)
        std::free(obtain(state, std::calloc(1, bytes)));
    state.SetItemsProcessed(state.iterations());
}

void aligned(benchmark::State &state) {
    const auto alignment = argument(state, 0), bytes = argument(state, 1);
    for (auto _ : state)
        std::free(obtain(state, std::aligned_alloc(alignment, bytes)));
    state.SetItemsProcessed(state.iterations());
}

BENCHMARK(pair)->Name("pair")->Apply(bench::all_sizes);
BENCHMARK(zeroed)->Name("calloc")->Apply(bench::all_sizes);
// A size that is not a multiple of the alignment is allowed since C17.
BENCHMARK(aligned)
    ->Name("aligned_alloc")
    ->ArgsProduct({{64, 128, 256, 512, 1024, 2048, 4096}, {64, 1024, 33000}});

} // namespace
