/*
 * out_of_memory.c - threads run into RLIMIT_AS together: each gets NULL and ENOMEM, nothing is
 * lost, and when they have freed their blocks everything can be allocated again.
 */
#include "child.h"
#include "test.h"
#include "workload.h"

#include <pthread.h>

enum { THREADS = 4 };

static pthread_barrier_t barrier;
static size_t served[2];

/* Each thread takes one size until refused; the sizes of the threads are of different tiers. */
static size_t take_all(size_t bytes) {
    void **chain = NULL;
    size_t sum = 0;
    for (;;) {
        errno = 0;
        void **block = malloc(bytes);
        if (!block) {
            CHECK_EQ(errno, ENOMEM);
            break;
        }
        memset(block, 0x77, bytes < 4096 ? bytes : 4096);
        *block = chain;
        chain = block;
        sum += bytes;
    }
    pthread_barrier_wait(&barrier);
    while (chain) {
        void **next = *chain;
        free(chain);
        chain = next;
    }
    pthread_barrier_wait(&barrier);
    return sum;
}

static void *worker(void *argument) {
    static const size_t sizes[THREADS] = {500, 6000, 33000, 700000};
    for (int round = 0; round < 2; round++) {
        size_t sum = take_all(sizes[(uintptr_t)argument]);
        __atomic_fetch_add(&served[round], sum, __ATOMIC_RELAXED);
        malloc_trim(0);
        pthread_barrier_wait(&barrier);
    }
    return NULL;
}

static int child_main(void) {
    pthread_barrier_init(&barrier, NULL, THREADS);
    pthread_t threads[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&threads[i], NULL, worker, (void *)i) == 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    printf("%zu %zu\n", served[0] / MIB, served[1] / MIB);
    return 0;
}

int main(int argc, char **argv) {
    (void)argv;
    if (argc > 1) {
        return child_main();
    }
    child_t child = child_run(&(child_setup_t){.address_space_bytes = 600 * MIB}, "child", NULL);
    child_expect_success(&child);
    size_t first = 0, second = 0;
    CHECK(sscanf(child.out, "%zu %zu", &first, &second) == 2);
    CHECK_MSG(first >= 350, "%zu MiB of 600", first);
    CHECK_MSG(second >= first / 4 * 3, "%zu MiB, then %zu MiB", first, second);
    child_free(&child);
    return 0;
}
