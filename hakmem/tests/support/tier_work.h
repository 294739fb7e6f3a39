/*
 * tier_work.h - a little work in every tier, for threads that have to be about something: blocks
 * are taken, by malloc and calloc in turn, written at both ends, looked at and freed.
 */
#ifndef TIER_WORK_H
#define TIER_WORK_H

#include "api.h"
#include "test.h"

static inline void tier_work(uint64_t *state, int rounds) {
    static const size_t sizes[] = {40, 900, 3000, 8000, 33000, 60000, 300000, 2500000};
    for (int i = 0; i < rounds; i++) {
        size_t bytes = sizes[test_random(state) % 8];
        unsigned char *blocks[4];
        for (int j = 0; j < 4; j++) {
            blocks[j] = i % 2 ? malloc(bytes) : calloc(1, bytes);
            CHECK(blocks[j]);
            blocks[j][0] = blocks[j][bytes - 1] = (unsigned char)(i + j);
        }
        for (int j = 0; j < 4; j++) {
            CHECK(blocks[j][0] == (unsigned char)(i + j));
            CHECK(blocks[j][bytes - 1] == (unsigned char)(i + j));
            free(blocks[j]);
        }
    }
}

#endif
