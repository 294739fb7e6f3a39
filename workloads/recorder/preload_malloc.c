/*
 * preload_malloc.c - the functions that libhakrec.so puts before the program's allocator.
 *
 * Each one calls the next allocator in the loader's order (libc's, one that the program is linked
 * with, or one that is preloaded after this library) and writes an event down. What the next
 * allocator calls inside itself is not recorded a second time (`depth`).
 *
 * dlsym may allocate before it has found anything: such blocks come from a small static buffer, are
 * never given back and are no events.
 *
 * The order of events: see raw.h. Every function leaves errno as the next allocator set it.
 */
#include "recorder/preload_malloc.h"

#include "recorder/preload_exec.h"
#include "recorder/preload_log.h"
#include "recorder/preload_next.h"

#include <errno.h>
#include <malloc.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

static struct next {
    void *(*malloc)(size_t);
    void *(*calloc)(size_t, size_t);
    void *(*realloc)(void *, size_t);
    void (*free)(void *);
    void *(*aligned_alloc)(size_t, size_t);
    void *(*memalign)(size_t, size_t);
    int (*posix_memalign)(void **, size_t, size_t);
    void *(*valloc)(size_t);
    void *(*pvalloc)(size_t);
} next;

static enum { NOT_RESOLVED, RESOLVING, RESOLVED } resolution;

static __thread unsigned depth;

/* ---- the next allocator ---- */

enum { BOOT_BYTES = 64 * 1024 };
static alignas(max_align_t) char boot[BOOT_BYTES];
static size_t boot_used;

/* While dlsym runs for the first time there is one thread. */
static void *boot_alloc(size_t bytes) {
    size_t rounded = (bytes + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    if (rounded < bytes || rounded > BOOT_BYTES - boot_used) {
        errno = ENOMEM;
        return NULL;
    }
    void *block = boot + boot_used;
    boot_used += rounded;
    return block;
}

static bool is_boot(const void *block) {
    return (const char *)block >= boot && (const char *)block < boot + BOOT_BYTES;
}

static void resolve(void) {
    resolution = RESOLVING;
    find_next("malloc", &next.malloc);
    find_next("calloc", &next.calloc);
    find_next("realloc", &next.realloc);
    find_next("free", &next.free);
    find_next("aligned_alloc", &next.aligned_alloc);
    find_next("memalign", &next.memalign);
    find_next("posix_memalign", &next.posix_memalign);
    find_next("valloc", &next.valloc);
    find_next("pvalloc", &next.pvalloc);
    resolution = RESOLVED;
}

/* true: the next allocator may be called. */
static inline bool is_ready(void) {
    if (__builtin_expect(resolution == RESOLVED, 1))
        return true;
    if (resolution == RESOLVING)
        return false;
    resolve();
    return true;
}

static inline void *obtained(raw_op_t op, void *block, size_t bytes, size_t alignment,
                             const void *site) {
    if (--depth == 0 && block != NULL && log_is_on())
        log_add(op, log_stamp_after(), block, bytes, alignment, site);
    return block;
}

/* ---- for every name under which they are called ---- */

void *record_malloc(size_t bytes, const void *site) {
    if (!is_ready())
        return boot_alloc(bytes);
    depth++;
    return obtained(RAW_MALLOC, next.malloc(bytes), bytes, 0, site);
}

void *record_aligned(size_t alignment, size_t bytes, const void *site) {
    if (!is_ready())
        return NULL;
    depth++;
    return obtained(RAW_ALIGNED, next.aligned_alloc(alignment, bytes), bytes, alignment, site);
}

void record_free(void *block) {
    if (block == NULL || is_boot(block) || !is_ready())
        return;
    if (depth == 0 && log_is_on())
        log_add(RAW_FREE, log_stamp_before(), block, 0, 0, NULL);
    depth++;
    next.free(block);
    depth--;
}

static void *leave_boot(void *block, size_t bytes, const void *site) {
    void *moved = record_malloc(bytes, site);
    size_t room = (size_t)(boot + BOOT_BYTES - (char *)block);
    if (moved != NULL)
        memcpy(moved, block, bytes < room ? bytes : room);
    return moved;
}

static void *record_realloc(void *block, size_t bytes, const void *site) {
    if (is_boot(block))
        return leave_boot(block, bytes, site);
    if (block == NULL)
        return record_malloc(bytes, site);
    bool recorded = depth == 0 && log_is_on();
    if (recorded)
        log_add(RAW_REALLOC_BEGIN, log_stamp_before(), block, 0, 0, NULL);
    depth++;
    void *moved = next.realloc(block, bytes);
    depth--;
    if (recorded)
        log_add(RAW_REALLOC_END, log_stamp_after(), moved, bytes, 0, site);
    return moved;
}

/* ---- the interface ---- */

#define SITE __builtin_return_address(0)

EXPORT void *malloc(size_t bytes) {
    return record_malloc(bytes, SITE);
}

EXPORT void *calloc(size_t count, size_t bytes) {
    size_t whole;
    if (__builtin_mul_overflow(count, bytes, &whole)) {
        errno = ENOMEM;
        return NULL;
    }
    if (!is_ready())
        return boot_alloc(whole);
    depth++;
    return obtained(RAW_CALLOC, next.calloc(count, bytes), whole, 0, SITE);
}

EXPORT void free(void *block) {
    record_free(block);
}

EXPORT void *realloc(void *block, size_t bytes) {
    return record_realloc(block, bytes, SITE);
}

EXPORT void *reallocarray(void *block, size_t count, size_t bytes) {
    size_t whole;
    if (__builtin_mul_overflow(count, bytes, &whole)) {
        errno = ENOMEM;
        return NULL;
    }
    return record_realloc(block, whole, SITE);
}

EXPORT void *aligned_alloc(size_t alignment, size_t bytes) {
    return record_aligned(alignment, bytes, SITE);
}

EXPORT void *memalign(size_t alignment, size_t bytes) {
    if (!is_ready())
        return NULL;
    depth++;
    return obtained(RAW_ALIGNED, next.memalign(alignment, bytes), bytes, alignment, SITE);
}

EXPORT int posix_memalign(void **block, size_t alignment, size_t bytes) {
    if (!is_ready())
        return ENOMEM;
    depth++;
    int error_code = next.posix_memalign(block, alignment, bytes);
    obtained(RAW_ALIGNED, error_code == 0 ? *block : NULL, bytes, alignment, SITE);
    return error_code;
}

EXPORT void *valloc(size_t bytes) {
    if (!is_ready())
        return NULL;
    depth++;
    return obtained(RAW_ALIGNED, next.valloc(bytes), bytes, (size_t)getpagesize(), SITE);
}

EXPORT void *pvalloc(size_t bytes) {
    if (!is_ready())
        return NULL;
    depth++;
    size_t page = (size_t)getpagesize();
    return obtained(RAW_ALIGNED, next.pvalloc(bytes), (bytes + page - 1) & ~(page - 1), page, SITE);
}

/* C23: both are frees. An allocator that has them gets a plain free, which it takes as well. */
EXPORT void free_sized(void *block, size_t bytes);
EXPORT void free_sized(void *block, size_t bytes) {
    (void)bytes;
    record_free(block);
}

EXPORT void free_aligned_sized(void *block, size_t alignment, size_t bytes);
EXPORT void free_aligned_sized(void *block, size_t alignment, size_t bytes) {
    (void)alignment;
    (void)bytes;
    record_free(block);
}

/* ---- the beginning of the process ---- */

static __attribute__((constructor)) void start(void) {
    Dl_info info;
    if (!is_ready())
        return;
    exec_start();
    void *address;
    memcpy(&address, &next.malloc, sizeof address);
    bool known = dladdr(address, &info) != 0 && info.dli_fname != NULL;
    log_start(known ? info.dli_fname : "unknown");
}
