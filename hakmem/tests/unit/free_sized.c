/*
 * free_sized.c - the C23 functions. Debian 12's libc does not have them, so they are looked up.
 */
#include "sizes.h"
#include "test.h"

#include <errno.h>
#include <malloc.h>
#include <string.h>

typedef void free_sized_t(void *block, size_t bytes);
typedef void free_aligned_sized_t(void *block, size_t alignment, size_t bytes);

int main(void) {
    free_sized_t *sized = (free_sized_t *)dlsym(RTLD_DEFAULT, "free_sized");
    free_aligned_sized_t *aligned =
        (free_aligned_sized_t *)dlsym(RTLD_DEFAULT, "free_aligned_sized");
    CHECK(sized && aligned);
    errno = 55;
    sized(NULL, 0);
    aligned(NULL, 64, 0);
    /* were they not to free, the 40 rounds would hold 1.4 GB */
    size_t before = mallinfo2().uordblks;
    for (int round = 0; round < 40; round++) {
        for (size_t i = 0; i < TEST_SIZES; i++) {
            size_t bytes = test_sizes[i];
            void *block = malloc(bytes);
            CHECK(block);
            memset(block, 1, bytes);
            sized(block, bytes);
            block = aligned_alloc(256, bytes);
            CHECK(block);
            aligned(block, 256, bytes);
        }
    }
    CHECK_EQ(errno, 55);
    size_t after = mallinfo2().uordblks;
    CHECK_MSG(after < before + 16 * MIB, "%zu bytes, then %zu", before, after);
    return 0;
}
