/* beside.c - see beside.h. */
#include "beside.h"

#include <errno.h>

#include "../os/fatal.h"
#include "../os/os.h"

/* An address has its place within so many entries from where its hash leads: a look-up asks all of
 * them, as entries before it may have become free. */
#define ENTRIES ((size_t)16384)
#define REACH   ((size_t)64)

typedef struct hak_entry {
    void *block; /* NULL: free; &reserved: being filled in */
    size_t bytes;
} hak_entry_t;

HAK_APART static hak_entry_t blocks[ENTRIES];
HAK_APART static void *waiting[ENTRIES];
static size_t block_count, waiting_count, all_bytes;
static char reserved;

static size_t place_of(const void *block, size_t i) {
    uint64_t page = (uintptr_t)block / HAK_ALIGNMENT;
    return ((page * 0x9E3779B97F4A7C15u >> 40) + i) % ENTRIES;
}

static bool swap(void **place, void *from, void *to) {
    /* Acquire and release: what was written of the entry, or of the block, is seen. Sequentially
     * consistent: see beside_wait. */
    return __atomic_compare_exchange_n(place, &from, to, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

static hak_entry_t *reserve(const void *block) {
    for (size_t i = 0; i < REACH; i++) {
        hak_entry_t *entry = &blocks[place_of(block, i)];
        if (swap(&entry->block, NULL, &reserved)) {
            return entry;
        }
    }
    return NULL;
}

static hak_entry_t *find(const void *block) {
    if (__atomic_load_n(&block_count, __ATOMIC_RELAXED) == 0) { /* whoever has one raised it */
        return NULL;
    }
    for (size_t i = 0; i < REACH; i++) {
        hak_entry_t *entry = &blocks[place_of(block, i)];
        if (__atomic_load_n(&entry->block, __ATOMIC_ACQUIRE) == block) {
            return entry;
        }
    }
    return NULL;
}

static size_t mapped_bytes(size_t bytes) {
    return os_page_up(hak_max(bytes, 1));
}

/* Pages at a multiple of the alignment; NULL: none to be had. */
static void *map(size_t bytes, size_t alignment) {
    size_t more = alignment > os_page_bytes ? alignment - os_page_bytes : 0;
    size_t all = bytes + more;
    void *start;
    if (all < bytes || os_reserve(all, &start) != 0) {
        return NULL;
    }
    uintptr_t from = (uintptr_t)start;
    uintptr_t block = hak_round_up(from, hak_max(alignment, os_page_bytes));
    if (block > from) {
        os_release(start, block - from);
    }
    if (from + all > block + bytes) {
        os_release((void *)(block + bytes), from + all - (block + bytes));
    }
    if (os_commit((void *)block, bytes) != 0) {
        os_release((void *)block, bytes);
        return NULL;
    }
    return (void *)block;
}

void *beside_alloc(size_t bytes, size_t alignment) {
    int saved_errno = errno;
    size_t pages_bytes = mapped_bytes(bytes);
    void *block = map(pages_bytes, alignment);
    hak_entry_t *entry = block == NULL ? NULL : reserve(block);
    if (entry != NULL) {
        __atomic_fetch_add(&block_count, 1, __ATOMIC_RELAXED);
        __atomic_fetch_add(&all_bytes, pages_bytes, __ATOMIC_RELAXED); /* a figure */
        entry->bytes = pages_bytes;
        __atomic_store_n(&entry->block, block, __ATOMIC_RELEASE); /* with its bytes */
    } else if (block != NULL) {
        os_release(block, pages_bytes);
    }
    errno = saved_errno;
    return entry == NULL ? NULL : block;
}

bool beside_free(void *block) {
    hak_entry_t *entry = find(block);
    if (entry == NULL) {
        return false;
    }
    size_t bytes = entry->bytes;
    if (!swap(&entry->block, block, NULL)) {
        hak_fatal("double free", block); /* by two threads at once */
    }
    __atomic_fetch_sub(&block_count, 1, __ATOMIC_RELAXED);
    __atomic_fetch_sub(&all_bytes, bytes, __ATOMIC_RELAXED);
    os_release(block, bytes);
    return true;
}

size_t beside_usable(const void *block) {
    hak_entry_t *entry = find(block);
    return entry == NULL ? 0 : entry->bytes;
}

size_t beside_bytes(void) {
    return __atomic_load_n(&all_bytes, __ATOMIC_RELAXED);
}

bool beside_wait(void *block) {
    void **place = NULL;
    /* All of this is in one order with the closing and opening of the door: a thread that still
     * finds it closed afterwards is certain that who opens it finds the block. */
    __atomic_fetch_add(&waiting_count, 1, __ATOMIC_SEQ_CST);
    for (size_t i = 0; i < REACH; i++) {
        void **at = &waiting[place_of(block, i)];
        if (__atomic_load_n(at, __ATOMIC_RELAXED) == block) {
            hak_fatal("double free", block);
        }
        if (place == NULL && swap(at, NULL, block)) {
            place = at;
        }
    }
    if (place == NULL) {
        __atomic_fetch_sub(&waiting_count, 1, __ATOMIC_SEQ_CST);
    }
    return place != NULL;
}

void beside_return(void (*give)(void *block)) {
    if (__atomic_load_n(&waiting_count, __ATOMIC_SEQ_CST) == 0) {
        return;
    }
    for (size_t i = 0; i < ENTRIES; i++) {
        void *block = __atomic_load_n(&waiting[i], __ATOMIC_SEQ_CST);
        if (block != NULL && swap(&waiting[i], block, NULL)) {
            __atomic_fetch_sub(&waiting_count, 1, __ATOMIC_SEQ_CST);
            give(block);
        }
    }
}
