/*
 * refusals_counted.c - a request that no machine can serve is NULL with ENOMEM and one MapFail: for
 * any such size, also next to the largest there is, and also where freed blocks wait (as they do at
 * level 2 of hardening) and are given back for it.
 */
#include "hakmem.h"
#include "test.h"

#include <errno.h>
#include <stdlib.h>

static uint64_t refusals(void) {
    hak_ace_totals_t totals;
    HAK_FN(hak_ace_totals)(&totals);
    return totals.mapfail;
}

static void let_wait(void) {
    void *block = malloc(100000);
    CHECK(block != NULL);
    free(block);
}

static void expect_refused(size_t bytes, size_t alignment) {
    let_wait();
    uint64_t before = refusals();
    errno = 0;
    void *block = alignment == 0 ? malloc(bytes) : aligned_alloc(alignment, bytes);
    CHECK_MSG(block == NULL && errno == ENOMEM, "%zx bytes: %p, errno %d", bytes, block, errno);
    CHECK_MSG(refusals() == before + 1, "%zx bytes: %llu MapFails", bytes,
              (unsigned long long)(refusals() - before));
}

int main(void) {
    static const size_t sizes[] = {PTRDIFF_MAX, PTRDIFF_MAX - 15, PTRDIFF_MAX - 4096,
                                   PTRDIFF_MAX - 40960, (size_t)1 << 50};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        expect_refused(sizes[i], 0);
        expect_refused(sizes[i], 8192);
    }
    expect_refused(100, (size_t)1 << 50);
    return 0;
}
