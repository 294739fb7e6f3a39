/*
 * arena.c - one mmap per table; see arena.h.
 *
 * Large tables are of huge pages: to fault in and to walk 60 MiB of small ones was a third of what
 * it took to read a trace of a million events.
 */
#include "common/arena.h"

#include "shared/die.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* of linux/mman.h; not in an older C library's */
#endif

enum { PAGE_BYTES = 4096, HUGE_BYTES = 2 << 20 };

/* A table of no items still gets a page: callers need not treat emptiness apart. */
static size_t table_bytes(size_t count, size_t item_bytes) {
    size_t bytes;
    if (__builtin_mul_overflow(count, item_bytes, &bytes) || bytes > PTRDIFF_MAX)
        die("a table of %zu items of %zu bytes is too large", count, item_bytes);
    return bytes == 0 ? 1 : bytes;
}

static char *map(size_t bytes, int flags) {
    char *out =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
    if (out == MAP_FAILED)
        die_errno("cannot map %zu bytes for the driver", bytes);
    return out;
}

/* Not resident yet; of huge pages where the system has them. */
static char *map_large(size_t bytes) {
    size_t whole = (bytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
    char *all = map(whole + HUGE_BYTES, 0);
    size_t before = -(uintptr_t)all % HUGE_BYTES, behind = HUGE_BYTES - before;
    if ((before > 0 && munmap(all, before) != 0) || munmap(all + before + whole, behind) != 0)
        die_errno("cannot unmap what surrounds a table of the driver");
    (void)madvise(all + before, whole, MADV_HUGEPAGE); /* a kernel may have none */
    return all + before;
}

static void make_resident(char *table, size_t bytes) {
    if (madvise(table, bytes, MADV_POPULATE_WRITE) == 0)
        return;
    for (size_t at = 0; at < bytes; at += PAGE_BYTES) /* before Linux 5.14 */
        ((volatile char *)table)[at] = 0;
}

void *arena_alloc(size_t count, size_t item_bytes) {
    size_t bytes = table_bytes(count, item_bytes);
    if (bytes < HUGE_BYTES)
        return map(bytes, MAP_POPULATE);
    char *table = map_large(bytes);
    make_resident(table, bytes);
    return table;
}

void *arena_grow(void *table, size_t old_count, size_t new_count, size_t item_bytes) {
    size_t old_bytes = table_bytes(old_count, item_bytes);
    size_t bytes = table_bytes(new_count, item_bytes);
    if (bytes > old_bytes && bytes >= HUGE_BYTES) {
        char *larger = map_large(bytes);
        memcpy(larger, table, old_bytes);
        arena_free(table, old_count, item_bytes);
        return larger;
    }
    void *moved = mremap(table, old_bytes, bytes, MREMAP_MAYMOVE);
    if (moved == MAP_FAILED)
        die_errno("cannot map %zu bytes for the driver", bytes);
    return moved;
}

void arena_free(void *table, size_t count, size_t item_bytes) {
    if (munmap(table, table_bytes(count, item_bytes)) != 0)
        die_errno("cannot unmap a table of the driver");
}
