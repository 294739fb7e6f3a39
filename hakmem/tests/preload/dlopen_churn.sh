#!/usr/bin/env bash
# Libraries that come and go by dlopen and dlclose, in several threads: they allocate in
# constructors and in static objects, free in destructors, have thread-local data of their own;
# what they handed out is freed after they are gone.
. "$(dirname "$0")/../support/preload.sh"
need gcc g++
cat >plain.c <<'C'
#include <stdlib.h>
#include <string.h>

static char *blocks[64];
static __thread char *of_thread[4000]; /* too large for static space: allocated at first use */

__attribute__((constructor)) static void start(void)
{
    for (int i = 0; i < 64; i++) {
        blocks[i] = calloc(1, (size_t)i * 1100 + 1);
    }
}

__attribute__((destructor)) static void end(void)
{
    for (int i = 0; i < 64; i++) {
        free(blocks[i]);
    }
}

char *hand_out(size_t bytes)
{
    free(of_thread[bytes % 4000]);
    of_thread[bytes % 4000] = NULL;
    char *block = malloc(bytes);
    return memset(block, (int)bytes, bytes);
}
C
cat >objects.cc <<'C'
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

static std::map<std::string, std::vector<int>> table = [] {
    std::map<std::string, std::vector<int>> made;
    for (int i = 0; i < 300; i++) {
        made["a key long enough for the heap " + std::to_string(i)].resize(std::size_t(i) * 9);
    }
    return made;
}();

static std::mutex table_lock; // threads that open the library at a time share it

struct PerThread {
    std::unique_ptr<char[]> block{new char[33000]};
    ~PerThread() {
        std::lock_guard<std::mutex> held(table_lock);
        table["y"].clear();
    }
};

extern "C" char *hand_out(std::size_t bytes) {
    static thread_local PerThread mine;
    std::memset(mine.block.get(), 1, 33000);
    {
        std::lock_guard<std::mutex> held(table_lock);
        table["x"].push_back(int(bytes));
    }
    void *block = ::operator new(bytes); // malloc's, as the test frees it
    return static_cast<char *>(std::memset(block, int(bytes), bytes));
}
C
cat >program.c <<'C'
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { THREADS = 3, ROUNDS = 120 };

static void *churn(void *argument)
{
    size_t sum = 0, number = (size_t)argument;
    for (size_t i = 0; i < ROUNDS; i++) {
        const char *path = (i + number) % 2 ? "./plain.so" : "./objects.so";
        void *library = dlopen(path, i % 3 ? RTLD_NOW : RTLD_LAZY);
        char *(*hand_out)(size_t);
        char *blocks[20];
        if (library == NULL) {
            return dlerror();
        }
        *(void **)&hand_out = dlsym(library, "hand_out");
        for (size_t j = 0; j < 20; j++) {
            blocks[j] = hand_out(j * 1900 + i + 1);
        }
        dlclose(library);
        for (size_t j = 0; j < 20; j++) {
            size_t bytes = j * 1900 + i + 1;
            if (blocks[j][0] != (char)bytes || blocks[j][bytes - 1] != (char)bytes) {
                return "another content";
            }
            sum += bytes;
            free(blocks[j]);
        }
    }
    return sum == 0 ? "nothing done" : NULL;
}

static void *short_life(void *unused)
{
    (void)unused;
    void *library = dlopen("./objects.so", RTLD_NOW);
    char *(*hand_out)(size_t);
    *(void **)&hand_out = dlsym(library, "hand_out");
    free(hand_out(500));
    dlclose(library); /* its thread-local object is still to be destroyed */
    return NULL;
}

int main(void)
{
    pthread_t threads[THREADS];
    void *trouble;
    for (int i = 0; i < 60; i++) {
        pthread_create(&threads[0], NULL, short_life, NULL);
        pthread_join(threads[0], NULL);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_create(&threads[i], NULL, churn, (void *)i);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], &trouble);
        puts(trouble ? (char *)trouble : "well");
    }
    return 0;
}
C
gcc -shared -fPIC -O1 -fno-builtin -o plain.so plain.c
g++ -shared -fPIC -O1 -std=c++17 -o objects.so objects.cc
gcc -O1 -fno-builtin -pthread -o program program.c
same_output ./program
grep -qx well got.out && ! grep -vx well got.out || fail "$(cat got.out)"
