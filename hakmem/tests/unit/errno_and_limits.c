/*
 * errno_and_limits.c - what fails, fails with glibc's return value and errno, and harms nothing.
 */
#include "test.h"

#include <errno.h>
#include <malloc.h>
#include <string.h>

static void expect_enomem(void *block, const char *what) {
    CHECK_MSG(block == NULL && errno == ENOMEM, "%s: %p errno=%d", what, block, errno);
    errno = 0;
}

static void huge_requests_fail(void) {
    static const size_t huge[] = {(size_t)PTRDIFF_MAX + 1, SIZE_MAX - 4096, SIZE_MAX - 15,
                                  SIZE_MAX};
    for (size_t i = 0; i < sizeof huge / sizeof huge[0]; i++) {
        errno = 0;
        expect_enomem(malloc(huge[i]), "malloc");
        expect_enomem(calloc(1, huge[i]), "calloc");
        expect_enomem(realloc(NULL, huge[i]), "realloc of NULL");
        expect_enomem(aligned_alloc(64, huge[i]), "aligned_alloc");
        expect_enomem(memalign(4096, huge[i]), "memalign");
        expect_enomem(valloc(huge[i]), "valloc");
#ifdef __GLIBC__
        expect_enomem(pvalloc(huge[i]), "pvalloc");
#endif
    }
    /* more than the address space has, though less than PTRDIFF_MAX */
    expect_enomem(malloc((size_t)1 << 48), "malloc 256 TiB");
}

static void products_are_checked(void) {
    static const size_t half = (size_t)1 << 32;
    errno = 0;
    expect_enomem(calloc(half, half), "calloc");
    expect_enomem(calloc(SIZE_MAX, 2), "calloc");
    expect_enomem(reallocarray(NULL, half, half), "reallocarray");
    expect_enomem(reallocarray(NULL, 3, SIZE_MAX / 2), "reallocarray");
}

static void failed_realloc_keeps_block(void) {
    for (size_t bytes = 100; bytes < 8 * MIB; bytes *= 9) {
        unsigned char *block = malloc(bytes);
        CHECK(block);
        memset(block, 0x5c, bytes);
        errno = 0;
        expect_enomem(realloc(block, SIZE_MAX - 64), "realloc");
        expect_enomem(reallocarray(block, (size_t)1 << 40, (size_t)1 << 40), "reallocarray");
        for (size_t i = 0; i < bytes; i++) {
            CHECK(block[i] == 0x5c);
        }
        free(block);
    }
}

static void bad_alignments(void) {
    static const size_t bad[] = {0, 1, 2, 4, 3, 7, 12, 24, 100, 4095, SIZE_MAX};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        void *block = (void *)(uintptr_t)0x1234;
        errno = 77;
        CHECK_MSG(posix_memalign(&block, bad[i], 100) == EINVAL, "alignment %zu", bad[i]);
        CHECK_MSG(block == (void *)(uintptr_t)0x1234, "alignment %zu", bad[i]);
        CHECK_EQ(errno, 77);
    }
    void *block = (void *)(uintptr_t)0x1234;
    /* that glibc sets, too */
    CHECK(posix_memalign(&block, 64, SIZE_MAX - 100) == ENOMEM && errno == ENOMEM);
    CHECK(block == (void *)(uintptr_t)0x1234);
    errno = 77;
    CHECK(posix_memalign(&block, 64, 100) == 0 && errno == 77);
    free(block);
    /* no power of two can be that large */
    errno = 0;
    CHECK(memalign(SIZE_MAX / 2 + 2, 100) == NULL && errno == EINVAL);
    /* one can, but no block */
    expect_enomem((errno = 0, memalign(SIZE_MAX / 2 + 1, 100)), "memalign 8 EiB");
    expect_enomem(memalign(SIZE_MAX / 4 + 2, 100), "memalign, rounded up to 8 EiB");
    /* memalign rounds a bad alignment up, as glibc does */
    block = memalign(24, 100);
    CHECK(block && (uintptr_t)block % 32 == 0);
    free(block);
}

static void free_keeps_errno(void) {
    for (size_t bytes = 16; bytes < 64 * MIB; bytes *= 3) {
        void *block = malloc(bytes);
        CHECK(block);
        errno = 123;
        free(block);
        CHECK_EQ(errno, 123);
    }
    free(NULL);
    CHECK_EQ(errno, 123);
}

/* What succeeds leaves errno as it was; realloc to nothing is a success too. */
static void success_keeps_errno(void) {
    for (size_t bytes = 1; bytes < 64 * MIB; bytes = bytes * 3 + 1) {
        errno = 123;
        void *blocks[] = {malloc(bytes), calloc(1, bytes), memalign(256, bytes), valloc(bytes),
                          aligned_alloc(65536, bytes)};
        for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
            CHECK(blocks[i]);
            CHECK(i % 2 == 0 ? (blocks[i] = realloc(blocks[i], bytes * 2)) != NULL
                             : realloc(blocks[i], 0) == NULL);
            CHECK_MSG(errno == 123, "%zu bytes: errno %d", bytes, errno);
        }
        for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i += 2) {
            free(blocks[i]);
        }
    }
}

int main(void) {
    success_keeps_errno();
    huge_requests_fail();
    products_are_checked();
    failed_realloc_keeps_block();
    bad_alignments();
    free_keeps_errno();
    return 0;
}
