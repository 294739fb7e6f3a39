/*
 * waste_bound.c - the W_MAX rule with the default classes and bounds, for every size: no block of
 * the mid pool is larger than 1.60 times its request, none of the large pool larger than 1.30
 * times, a Big block is page-exact; 33,000 bytes waste at most 12 %.
 */
#include "hakmem.h"
#include "test.h"

#include <malloc.h>

static size_t usable_for(size_t bytes) {
    void *block = malloc(bytes);
    CHECK(block);
    size_t usable = malloc_usable_size(block);
    free(block);
    return usable;
}

int main(void) {
    for (size_t bytes = 8193; bytes <= 56 * KIB; bytes += 13) {
        size_t usable = usable_for(bytes);
        CHECK_MSG(usable * 100 <= bytes * 160, "%zu bytes: %zu", bytes, usable);
    }
    for (size_t bytes = 56 * KIB + 1; bytes <= 2 * MIB; bytes += 1021) {
        size_t usable = usable_for(bytes);
        CHECK_MSG(usable * 100 <= bytes * 130, "%zu bytes: %zu", bytes, usable);
    }
    for (size_t bytes = 2 * MIB + 1; bytes <= 20 * MIB; bytes += 300007) {
        size_t usable = usable_for(bytes);
        CHECK_MSG(usable < bytes + 4096, "%zu bytes: %zu", bytes, usable);
    }
    size_t usable = usable_for(33000);
    CHECK_MSG(usable * 100 <= 33000 * 112, "%zu", usable);
    /* 40 KiB and 52 KiB are among the mid pool's classes */
    CHECK_EQ(usable_for(40 * KIB), 40 * KIB);
    CHECK_EQ(usable_for(52 * KIB), 52 * KIB);
    CHECK_EQ(usable_for(64 * KIB), 64 * KIB);
    CHECK_EQ(usable_for(2 * MIB), 2 * MIB);
    return 0;
}
