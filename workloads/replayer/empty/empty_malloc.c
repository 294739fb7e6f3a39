/*
 * empty_malloc.c - an allocator that does next to nothing: bin/libempty.so.
 *
 *   LD_PRELOAD=bin/libempty.so bin/hakreplay TRACE --touch=first --loop=20
 *
 * What a replay costs with it is what the replayer itself costs, and a call. malloc moves a pointer
 * through the thread's own slice of memory, and when that is full goes round in its last 16 KiB, so
 * that writing a block's first byte misses no cache. Blocks overlap, which a replay that writes
 * nothing else does not mind. free does nothing. Not for anything else: what comes before those
 * 16 KiB is not used again, and holds what libc and the replayer ask for before the measured part.
 */
#include <malloc.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { SLICE_BYTES = 1 << 20, REUSED_BYTES = 1 << 14, ALIGN = 16 };
#define REUSED_FROM (SLICE_BYTES - REUSED_BYTES)
#define LARGE_BYTES (UINT64_C(1) << 36) /* address space; pages that are touched are few */

static __thread char *slice;
static __thread size_t used;
static char *large;

static void *map(size_t bytes) {
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

/* What no slice has room for is all at one place. */
static __attribute__((noinline)) void *take_slowly(size_t bytes) {
    /* Behind it there is room for a block that grew where it is. */
    if (slice == NULL && (slice = map(2 * SLICE_BYTES)) == NULL)
        return NULL;
    if (bytes > REUSED_BYTES) {
        if (large == NULL)
            large = map(LARGE_BYTES);
        return large == NULL || bytes > LARGE_BYTES ? NULL : large;
    }
    if (bytes > SLICE_BYTES - used)
        used = REUSED_FROM;
    void *block = slice + used;
    used += bytes;
    return block;
}

static inline void *take(size_t bytes) {
    size_t rounded = (bytes + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    if (__builtin_expect(slice == NULL || rounded > SLICE_BYTES - used, 0))
        return take_slowly(rounded);
    void *block = slice + used;
    used += rounded;
    return block;
}

#define EXPORT __attribute__((visibility("default")))

EXPORT void *malloc(size_t bytes) {
    return take(bytes);
}

EXPORT void free(void *block) {
    (void)block;
}

/* Zeros at first, which libc needs. */
EXPORT void *calloc(size_t count, size_t bytes) {
    return take(count * bytes);
}

EXPORT void *realloc(void *block, size_t bytes) {
    return block == NULL || bytes > SLICE_BYTES ? take(bytes) : block;
}

static void *take_aligned(size_t alignment, size_t bytes) {
    uintptr_t block = (uintptr_t)take(bytes + alignment);
    return (void *)((block + alignment - 1) & ~(alignment - 1));
}

EXPORT void *memalign(size_t alignment, size_t bytes) {
    return take_aligned(alignment, bytes);
}

EXPORT void *aligned_alloc(size_t alignment, size_t bytes) {
    return take_aligned(alignment, bytes);
}

EXPORT int posix_memalign(void **block, size_t alignment, size_t bytes) {
    *block = take_aligned(alignment, bytes);
    return 0;
}
