/*
 * cross_thread.c - one thread takes, another frees, for gigabytes in sum: the memory goes round
 * instead of piling up with the thread that frees.
 *
 * On the machine's own kernel: what qemu needs for itself is resident, too.
 */
#include "api.h"
#include "resident.h"

#include <pthread.h>
#include <sched.h>
#include <string.h>

enum { RING = 256 };

static const size_t sizes[] = {64, 33000, 900, 33000, 6000, 70000};
static void *ring[RING];
static uint64_t count;

static void *consumer(void *unused) {
    (void)unused;
    for (uint64_t i = 0; i < count; i++) {
        unsigned char *block;
        while (!(block = __atomic_load_n(&ring[i % RING], __ATOMIC_ACQUIRE))) {
            sched_yield();
        }
        __atomic_store_n(&ring[i % RING], NULL, __ATOMIC_RELEASE);
        size_t bytes = sizes[i % 6];
        CHECK_MSG(block[0] == (unsigned char)i && block[bytes - 1] == (unsigned char)i,
                  "block %llu", (unsigned long long)i);
        free(block);
    }
    return NULL;
}

int main(void) {
    count = test_rounds(200000);
    size_t base = allocator_bytes();
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, consumer, NULL) == 0);
    size_t peak = 0;
    for (uint64_t i = 0; i < count; i++) {
        size_t bytes = sizes[i % 6];
        unsigned char *block = malloc(bytes);
        CHECK(block);
        memset(block, (int)i, bytes);
        while (__atomic_load_n(&ring[i % RING], __ATOMIC_ACQUIRE)) {
            sched_yield();
        }
        __atomic_store_n(&ring[i % RING], block, __ATOMIC_RELEASE);
        if (i % 5000 == 0) {
            size_t now = allocator_bytes() - base;
            peak = now > peak ? now : peak;
        }
    }
    pthread_join(thread, NULL);
    /* at most 256 blocks of 24 KB on average are alive at once */
    CHECK_MSG(peak <= 64 * MIB, "peak %zu MiB", peak / MIB);
    return 0;
}
