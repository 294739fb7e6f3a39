/*
 * many_mappings.c - a program that has as many mappings as the kernel grants (vm.max_map_count) can
 * still allocate: the heap grows at the end of a mapping that is there. What needs a new one is
 * NULL and ENOMEM, and served again when the program has let go of some.
 *
 * On the machine's own kernel: qemu's answers differ.
 */
#include "test.h"

#include <errno.h>
#include <malloc.h>
#include <string.h>
#include <sys/mman.h>

enum { MOST = 300000, COUNT = 2000 };

static size_t most_mappings(void) {
    unsigned long count = 0;
    FILE *file = fopen("/proc/sys/vm/max_map_count", "re");
    CHECK(file && fscanf(file, "%lu", &count) == 1);
    fclose(file);
    return count;
}

/* Every other page of a reservation made accessible: a mapping each. How many calls it took. */
static size_t use_all_mappings(char *area, size_t pages) {
    size_t done = 0;
    while (done < pages && mprotect(area + 2 * done * 4096, 4096, PROT_READ) == 0) {
        done++;
    }
    return done;
}

/* mmap may go one beyond what mprotect may. */
static void use_last_mappings(void) {
    int access[] = {PROT_READ, PROT_EXEC, PROT_READ, PROT_EXEC, PROT_READ};
    for (size_t i = 0; i < 5; i++) {
        if (mmap(NULL, 4096, access[i], MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED) {
            return;
        }
    }
    CHECK(!"the kernel still grants mappings");
}

static size_t take(void **blocks, size_t bytes) {
    size_t served = 0;
    for (size_t i = 0; i < COUNT; i++) {
        errno = 0;
        blocks[i] = malloc(bytes);
        CHECK(blocks[i] ? errno == 0 : errno == ENOMEM);
        served += blocks[i] != NULL;
        if (blocks[i]) {
            memset(blocks[i], (int)i, bytes);
        }
    }
    return served;
}

static void give_back(void **blocks, size_t bytes) {
    for (size_t i = 0; i < COUNT; i++) {
        unsigned char *block = blocks[i];
        CHECK(!block || (block[0] == (unsigned char)i && block[bytes - 1] == (unsigned char)i));
        free(block);
    }
}

int main(void) {
    static void *blocks[COUNT];
    size_t most = most_mappings();
    if (most > MOST) { /* to use them up would take too long */
        return 0;
    }
    char *area = mmap(NULL, 2 * (most + 8) * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(area != MAP_FAILED);
    free(malloc(33000));
    CHECK_MSG(use_all_mappings(area, most + 8) < most, "%zu mappings were not all", most);
    use_last_mappings();
    size_t small = take(blocks, 300);
    give_back(blocks, 300);
    size_t medium = take(blocks, 33000);
    give_back(blocks, 33000);
    size_t large = take(blocks, 100000);
    give_back(blocks, 100000);
    CHECK_MSG(small > COUNT / 2 && medium > COUNT / 4, "%zu, %zu and %zu of %d blocks served",
              small, medium, large, COUNT);
    malloc_trim(0);
    CHECK(munmap(area, 2 * (most + 8) * 4096) == 0);
    CHECK_EQ(take(blocks, 100000), COUNT);
    give_back(blocks, 100000);
    return 0;
}
