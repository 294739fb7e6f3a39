// remote.cc - blocks that another thread frees than made them.
//
//   remote/free      1,000 blocks of another thread are freed; only that is timed
//   remote/handover  one thread makes blocks while another frees them, 32 at a time, through a
//                    ring; an iteration of both is a batch, so neither gets far ahead
//
// A thread that waits spins a moment and then yields: the other may be on the same core.

#include "micro/bench.h"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <thread>
#include <vector>

namespace {

using bench::argument;
using bench::obtain;

constexpr std::size_t free_blocks = 1000;
constexpr std::size_t batch_blocks = 32, ring_batches = 8;
constexpr int spins = 64;
constexpr std::size_t line_bytes = 64;

template <typename Condition> void wait_for(Condition is_true) {
    for (int waited = 0; !is_true(); waited++) {
        if (waited >= spins)
            std::this_thread::yield();
    }
}

// The other thread fills the table whenever it is asked to.
void free_of_other(benchmark::State &state) {
    const auto bytes = argument(state, 0);
    std::vector<char *> blocks(free_blocks);
    std::atomic<std::size_t> asked{0}, made{0};
    std::atomic<bool> over{false};
    std::thread maker([&] {
        for (std::size_t round = 1;; round++) {
            wait_for([&] { return asked.load() >= round || over.load(); });
            if (over.load())
                return;
            for (auto &block : blocks)
                block = obtain(state, std::malloc(bytes));
            made.store(round);
        }
    });
    std::size_t round = 0;
    for (auto _ : state) {
        asked.store(++round);
        wait_for([&] { return made.load() == round; });
        const auto start = std::chrono::steady_clock::now();
        for (auto *block : blocks)
            std::free(block);
        const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
        state.SetIterationTime(seconds.count());
    }
    over.store(true);
    maker.join();
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(free_blocks));
}

struct Ring {
    alignas(line_bytes) std::atomic<std::size_t> made{0}; // batches
    alignas(line_bytes) std::atomic<std::size_t> freed{0};
    alignas(line_bytes) char *blocks[ring_batches][batch_blocks];
};

void make_batch(benchmark::State &state, Ring &ring, std::size_t bytes) {
    const auto number = ring.made.load(std::memory_order_relaxed);
    wait_for([&] { return number - ring.freed.load(std::memory_order_acquire) < ring_batches; });
    for (auto &block : ring.blocks[number % ring_batches])
        block = obtain(state, std::malloc(bytes));
    ring.made.store(number + 1, std::memory_order_release);
}

void free_batch(Ring &ring) {
    const auto number = ring.freed.load(std::memory_order_relaxed);
    wait_for([&] { return ring.made.load(std::memory_order_acquire) != number; });
    for (auto *block : ring.blocks[number % ring_batches])
        std::free(block);
    ring.freed.store(number + 1, std::memory_order_release);
}

// Both threads do as many iterations, so the ring is empty in the end.
void handover(benchmark::State &state) {
    static Ring ring;
    const auto bytes = argument(state, 0);
    const bool makes = state.thread_index() == 0;
    for (auto _ : state) {
        if (makes)
            make_batch(state, ring, bytes);
        else
            free_batch(ring);
    }
    if (makes)
        state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(batch_blocks));
}

BENCHMARK(free_of_other)
    ->Name("remote/free")
    ->Arg(64)
    ->Arg(1024)
    ->Arg(8192)
    ->Arg(33000)
    ->UseManualTime();
BENCHMARK(handover)
    ->Name("remote/handover")
    ->Arg(64)
    ->Arg(1024)
    ->Arg(8192)
    ->Arg(33000)
    ->Threads(2)
    ->UseRealTime();

} // namespace
