/*
 * thread_churn.c - many short threads: what they leave alive stays intact, what they free does not
 * pile up, though each dies with blocks in its caches.
 */
#include "api.h"
#include "resident.h"

#include <pthread.h>
#include <string.h>

enum { ROUNDS = 500, AT_ONCE = 4, BLOCKS = 40 };

static const size_t sizes[] = {48, 700, 5000, 33000, 100000};

typedef struct legacy {
    unsigned char *block;
    size_t bytes;
} legacy_t;

/* Leaves one block of each size to the thread that joins it, and frees the rest itself. */
static void *short_life(void *argument) {
    legacy_t *left = argument;
    for (int i = 0; i < 5; i++) {
        void *blocks[BLOCKS];
        for (int j = 0; j < BLOCKS; j++) {
            blocks[j] = malloc(sizes[i]);
            CHECK(blocks[j]);
            memset(blocks[j], 0xee, sizes[i]);
        }
        for (int j = 0; j < BLOCKS; j++) {
            free(blocks[j]);
        }
        left[i].bytes = sizes[i];
        left[i].block = calloc(1, sizes[i]);
        CHECK(left[i].block);
        memset(left[i].block, 0x40 + i, sizes[i]);
    }
    return NULL;
}

int main(void) {
    static legacy_t left[AT_ONCE][5];
    size_t rounds = test_rounds(ROUNDS);
    size_t settled = 0;
    for (size_t round = 0; round < rounds; round++) {
        pthread_t threads[AT_ONCE];
        for (int i = 0; i < AT_ONCE; i++) {
            CHECK(pthread_create(&threads[i], NULL, short_life, left[i]) == 0);
        }
        for (int i = 0; i < AT_ONCE; i++) {
            pthread_join(threads[i], NULL);
            for (int j = 0; j < 5; j++) {
                for (size_t k = 0; k < left[i][j].bytes; k++) {
                    CHECK(left[i][j].block[k] == 0x40 + j);
                }
                free(left[i][j].block);
            }
        }
        if (round == rounds / 5) {
            settled = allocator_bytes();
        }
    }
    size_t end = allocator_bytes();
    CHECK_MSG(end <= settled + 48 * MIB, "%zu MiB after a fifth, %zu MiB at the end", settled / MIB,
              end / MIB);
    return 0;
}
