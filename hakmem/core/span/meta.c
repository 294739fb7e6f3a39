/*
 * meta.c - see meta.h. A bump allocator over chunks from the OS, with one list of freed records
 * per multiple of 64 bytes. A chunk that has no room left for a record is left behind: at most a
 * record's size of each chunk is lost.
 */
#include "meta.h"

#include <string.h>

#include "../os/fatal.h"
#include "../os/lock.h"
#include "../os/os.h"

#define META_UNIT        ((size_t)64)
#define META_FIRST_CHUNK (64 * HAK_KIB)
#define META_NEXT_CHUNK  (256 * HAK_KIB)
#define MEASURED_PAGES   2

typedef struct hak_freed {
    struct hak_freed *next;
} hak_freed_t;

static struct {
    hak_lock_t lock; /* of all below */
    uintptr_t at, end;
    size_t used_bytes, mapped_bytes;
    bool is_measured; /* a fault, on this chunk */
    hak_freed_t *freed[META_MAX_BYTES / 64 + 1];
} meta;

static bool add_chunk(void) {
    size_t bytes = meta.mapped_bytes == 0 ? META_FIRST_CHUNK : META_NEXT_CHUNK;
    void *chunk;
    while (os_reserve(bytes, &chunk) != 0) {
        bytes /= 2;
        if (bytes < hak_max(META_MAX_BYTES, os_page_bytes)) {
            return false;
        }
    }
    if (os_commit(chunk, bytes) != 0) {
        os_release(chunk, bytes);
        return false;
    }
    __atomic_store_n(&meta.is_measured, false, __ATOMIC_RELAXED); /* a hint to who reads it */
    meta.at = (uintptr_t)chunk;
    meta.end = meta.at + bytes;
    __atomic_store_n(&meta.mapped_bytes, meta.mapped_bytes + bytes, __ATOMIC_RELAXED);
    return true;
}

static void *take_freed(size_t bytes) {
    hak_freed_t *freed = meta.freed[bytes / META_UNIT];
    if (freed != NULL) {
        meta.freed[bytes / META_UNIT] = freed->next;
    }
    return freed;
}

static void *take_new(size_t bytes) {
    size_t alignment = bytes % META_WIDE_BYTES == 0 ? META_WIDE_BYTES : META_UNIT;
    uintptr_t start = hak_round_up(meta.at, alignment);
    if (start + bytes > meta.end) {
        if (!add_chunk()) {
            return NULL;
        }
        start = hak_round_up(meta.at, alignment);
    }
    meta.at = start + bytes;
    return (void *)start;
}

void *meta_alloc(size_t bytes) {
    bytes = hak_round_up(bytes, META_UNIT);
    HAK_CHECK(bytes <= META_MAX_BYTES, "metadata record too large", NULL);
    lock_acquire(&meta.lock, LOCK_RANK_META);
    void *freed = take_freed(bytes), *record = freed != NULL ? freed : take_new(bytes);
    if (record != NULL) {
        __atomic_store_n(&meta.used_bytes, meta.used_bytes + bytes, __ATOMIC_RELAXED);
    }
    lock_release(&meta.lock, LOCK_RANK_META);
    if (freed != NULL) { /* nobody else knows it, and others may wait */
        memset(freed, 0, bytes);
    }
    return record;
}

void meta_free(void *record, size_t bytes) {
    bytes = hak_round_up(bytes, META_UNIT);
    hak_freed_t *freed = record;
    lock_acquire(&meta.lock, LOCK_RANK_META);
    freed->next = meta.freed[bytes / META_UNIT];
    meta.freed[bytes / META_UNIT] = freed;
    __atomic_store_n(&meta.used_bytes, meta.used_bytes - bytes, __ATOMIC_RELAXED);
    lock_release(&meta.lock, LOCK_RANK_META);
}

size_t meta_used_bytes(void) {
    return __atomic_load_n(&meta.used_bytes, __ATOMIC_RELAXED); /* a figure, orders nothing */
}

size_t meta_mapped_bytes(void) {
    return __atomic_load_n(&meta.mapped_bytes, __ATOMIC_RELAXED);
}

/* The last pages of the chunk, which no record has reached; 0: it has too few. They are nobody
 * else's until they are put back. */
static uintptr_t take_pages(size_t bytes) {
    lock_acquire(&meta.lock, LOCK_RANK_META);
    bool are_free = meta.end - meta.at >= bytes;
    meta.end -= are_free ? bytes : 0;
    uintptr_t start = are_free ? meta.end : 0;
    __atomic_store_n(&meta.is_measured, true, __ATOMIC_RELAXED);
    lock_release(&meta.lock, LOCK_RANK_META);
    return start;
}

static void put_pages(uintptr_t start, size_t bytes) {
    lock_acquire(&meta.lock, LOCK_RANK_META);
    meta.end += meta.end == start ? bytes : 0; /* else there is another chunk by now */
    lock_release(&meta.lock, LOCK_RANK_META);
}

uint64_t meta_measure_fault(uint64_t least_ns) {
    if (__atomic_load_n(&meta.is_measured, __ATOMIC_RELAXED)) {
        return least_ns;
    }
    size_t bytes = MEASURED_PAGES * os_page_bytes;
    uintptr_t start = take_pages(bytes);
    for (uintptr_t page = start; page != 0 && page < start + bytes; page += os_page_bytes) {
        uint64_t start_ns = os_clock_ns();
        *(volatile char *)page = 0;
        uint64_t ns = (os_clock_ns() - start_ns) / (os_page_bytes >> HAK_PAGE_SHIFT);
        least_ns = least_ns == 0 ? ns : hak_min(least_ns, ns);
    }
    if (start != 0) {
        put_pages(start, bytes);
    }
    return least_ns;
}
