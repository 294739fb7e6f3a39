/*
 * arena.c - one mmap per table; see arena.h.
 */
#include "common/arena.h"

#include "shared/die.h"

#include <stdint.h>
#include <sys/mman.h>

/* A table of no items still gets a page: callers need not treat emptiness apart. */
static size_t table_bytes(size_t count, size_t item_bytes) {
    size_t bytes;
    if (__builtin_mul_overflow(count, item_bytes, &bytes) || bytes > PTRDIFF_MAX)
        die("a table of %zu items of %zu bytes is too large", count, item_bytes);
    return bytes == 0 ? 1 : bytes;
}

void *arena_alloc(size_t count, size_t item_bytes) {
    size_t bytes = table_bytes(count, item_bytes);
    void *table = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (table == MAP_FAILED)
        die_errno("cannot map %zu bytes for the driver", bytes);
    return table;
}

void *arena_grow(void *table, size_t old_count, size_t new_count, size_t item_bytes) {
    size_t bytes = table_bytes(new_count, item_bytes);
    void *moved = mremap(table, table_bytes(old_count, item_bytes), bytes, MREMAP_MAYMOVE);
    if (moved == MAP_FAILED)
        die_errno("cannot map %zu bytes for the driver", bytes);
    return moved;
}

void arena_free(void *table, size_t count, size_t item_bytes) {
    if (munmap(table, table_bytes(count, item_bytes)) != 0)
        die_errno("cannot unmap a table of the driver");
}
