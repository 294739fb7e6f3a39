/*
 * address_limits.c - under RLIMIT_AS from 16 MiB up a program gets most of what the limit leaves,
 * then NULL and ENOMEM; and the same again when it has freed its blocks.
 */
#include "child.h"
#include "test.h"
#include "workload.h"

#include <fcntl.h>

/* Of this process, in bytes; without allocating. */
static size_t address_space_in_use(void) {
    char text[64] = "";
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    CHECK(fd >= 0 && read(fd, text, sizeof text - 1) > 0);
    close(fd);
    return (size_t)strtoull(text, NULL, 10) * (size_t)sysconf(_SC_PAGESIZE);
}

/* Blocks of several tiers in turn until one is refused, or there are `most` bytes. Both ends are
 * written: what is asked for is address space, not memory. */
static size_t take_all(size_t most) {
    static const size_t sizes[] = {400, 3000, 33000, 90000};
    void **chain = NULL;
    size_t sum = 0;
    for (unsigned i = 0; sum < most; i++) {
        size_t bytes = sizes[i % 4];
        errno = 0;
        void **block = calloc(1, bytes);
        if (block == NULL) {
            CHECK_EQ(errno, ENOMEM);
            break;
        }
        CHECK(block[0] == NULL && ((char *)block)[bytes - 1] == 0);
        memset(block, 0x5a, 400);
        ((char *)block)[bytes - 1] = 0x5a;
        *block = chain;
        chain = block;
        sum += bytes;
    }
    while (chain != NULL) {
        void **next = *chain;
        CHECK(((unsigned char *)chain)[399] == 0x5a);
        free(chain);
        chain = next;
    }
    return sum;
}

static int child_main(const char *limit) {
    size_t left = strtoull(limit, NULL, 10) - address_space_in_use();
    size_t first = take_all(GIB), second = take_all(GIB);
    char text[64];
    int length =
        snprintf(text, sizeof text, "%zu %zu %zu\n", left / KIB, first / KIB, second / KIB);
    CHECK(write(STDOUT_FILENO, text, (size_t)length) == length);
    return 0;
}

int main(int argc, char **argv) {
    if (argc > 2) {
        return child_main(argv[2]);
    }
    /* of what is left; hardening has maps and places between blocks */
    static const size_t least_percent[] = {85, 75, 60};
    size_t percent = least_percent[test_setting("HAKMEM_HARDEN", 0)];
    /* where small windows, and blocks of 90,000 bytes, take whole pages of 16 or 64 KiB */
    percent -= test_page_bytes() > 16384 ? 35 : test_page_bytes() > 4096 ? 12 : 0;
    static const size_t limits[] = {16, 17, 18, 20, 22, 24, 28, 32, 40, 48, 64, 100, 300};
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        char arg[32];
        snprintf(arg, sizeof arg, "%zu", limits[i] * MIB);
        child_t child =
            child_run(&(child_setup_t){.address_space_bytes = limits[i] * MIB}, "child", arg);
        child_expect_success(&child);
        size_t left = 0, first = 0, second = 0;
        CHECK(sscanf(child.out, "%zu %zu %zu", &left, &first, &second) == 3);
        CHECK_MSG(first >= left / 100 * percent && second >= first / 100 * (percent + 10),
                  "%zu MiB: %zu KiB left at the start, %zu KiB taken, then %zu KiB", limits[i],
                  left, first, second);
        child_free(&child);
    }
    return 0;
}
