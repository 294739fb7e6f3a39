#!/usr/bin/env bash
# Odd stacks: C++20 coroutines whose frames are blocks of the heap, contexts that switch between
# stacks of 16 KiB which malloc itself gave, threads of the smallest stack, a signal handler on a
# stack of its own; all of them allocate.
# Debian packages: g++
. "$(dirname "$0")/../../support/preload.sh"
need g++
cat >coroutines.cc <<'CC'
#include <coroutine>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <pthread.h>
#include <string>
#include <ucontext.h>
#include <unistd.h>
#include <vector>

struct generator {
    struct promise_type {
        long value;
        generator get_return_object() {
            return {std::coroutine_handle<promise_type>::from_promise(*this)};
        }
        std::suspend_always initial_suspend() noexcept { return {}; }
        std::suspend_always final_suspend() noexcept { return {}; }
        std::suspend_always yield_value(long v) { value = v; return {}; }
        void return_void() {}
        void unhandled_exception() { std::terminate(); }
    };
    std::coroutine_handle<promise_type> handle;
};
static generator numbers(long n) {
    std::string text(n % 3000, 'x');
    for (long i = 0; i < 20; i++) co_yield i + long(text.size());
}

enum { CONTEXTS = 300, STACK = 16384 };
static ucontext_t scheduler, contexts[CONTEXTS];
static long sums[CONTEXTS];
static bool done[CONTEXTS];
static void fiber(int n) {
    for (int i = 0; i < 30; i++) {
        size_t bytes = size_t(n) * 7919 * size_t(i + 1) % 300000 + 1;
        char *block = static_cast<char *>(malloc(bytes));
        block[0] = block[bytes - 1] = char(i);
        swapcontext(&contexts[n], &scheduler);
        sums[n] += long(bytes) + block[0];
        free(block);
    }
    done[n] = true;
}

static void *small_thread(void *argument) {
    long n = long(argument), sum = 0;
    for (int i = 0; i < 200; i++) {
        size_t bytes = size_t(n * i * 7919 % 200000 + 1);
        char *block = static_cast<char *>(calloc(1, bytes));
        sum += long(bytes) + block[bytes / 2];
        block = static_cast<char *>(realloc(block, bytes * 2));
        free(block);
    }
    return reinterpret_cast<void *>(sum);
}

static long handled;
static void handler(int) {
    /* raise is synchronous, and nothing of the allocator was interrupted */
    for (int i = 0; i < 100; i++) {
        std::unique_ptr<char[]> block(new char[33000 + i]);
        block[32999] = char(i);
        handled += block[32999];
    }
}

int main() {
    long total = 0;
    for (int round = 0; round < 20; round++) {
        std::vector<generator> all;
        for (long n = 0; n < 2000; n++) all.push_back(numbers(n));
        for (int step = 0; step < 21; step++)
            for (auto &g : all) {
                g.handle.resume();
                if (!g.handle.done()) total += g.handle.promise().value;
            }
        for (auto &g : all) g.handle.destroy();
    }
    printf("%ld\n", total);
    char *stacks[CONTEXTS];
    for (int n = 0; n < CONTEXTS; n++) {
        getcontext(&contexts[n]);
        stacks[n] = static_cast<char *>(malloc(STACK));
        contexts[n].uc_stack.ss_sp = stacks[n];
        contexts[n].uc_stack.ss_size = STACK;
        contexts[n].uc_link = &scheduler;
        makecontext(&contexts[n], reinterpret_cast<void (*)()>(fiber), 1, n);
    }
    for (bool left = true; left;) {
        left = false;
        for (int n = 0; n < CONTEXTS; n++)
            if (!done[n]) { swapcontext(&scheduler, &contexts[n]); left = true; }
    }
    total = 0;
    for (int n = 0; n < CONTEXTS; n++) { total += sums[n]; free(stacks[n]); }
    printf("%ld\n", total);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, size_t(sysconf(_SC_THREAD_STACK_MIN)));
    total = 0;
    for (long n = 1; n <= 50; n++) {
        pthread_t thread;
        void *sum;
        if (pthread_create(&thread, &attributes, small_thread, reinterpret_cast<void *>(n)))
            return 1;
        pthread_join(thread, &sum);
        total += reinterpret_cast<long>(sum);
    }
    printf("%ld\n", total);
    stack_t alternate = {};
    alternate.ss_size = STACK;
    alternate.ss_sp = malloc(STACK);
    sigaltstack(&alternate, nullptr);
    struct sigaction action = {};
    action.sa_handler = handler;
    action.sa_flags = SA_ONSTACK;
    sigaction(SIGUSR1, &action, nullptr);
    for (int i = 0; i < 50; i++) raise(SIGUSR1);
    printf("%ld\n", handled);
}
CC
for level in -O0 -O2; do
    g++ -std=c++20 $level -o coroutines coroutines.cc -pthread
    same_output ./coroutines
done
