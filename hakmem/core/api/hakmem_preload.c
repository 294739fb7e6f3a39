/*
 * hakmem_preload.c - the only file that exports malloc and its relatives, under libc's names, so
 * that LD_PRELOAD or linking puts them before libc's. C++'s operators are in hakmem_new.c.
 *
 * mallinfo and its like report hakmem's figures in glibc's fields as far as they have a meaning.
 */
#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../include/hakmem.h"
#include "../gate/front_gate.h"
#include "../harden/harden.h"
#include "../os/os.h"
#include "../os/text.h"
#include "../start/start.h"
#include "../stats/stats.h"

/* free_sized and free_aligned_sized are C23; libc's headers do not declare them yet. */
void free_sized(void *block, size_t bytes);
void free_aligned_sized(void *block, size_t alignment, size_t bytes);

/* Valgrind's memcheck redirects the functions that it knows to an allocator of its own. The others
 * (reallocarray, pvalloc, free_sized, free_aligned_sized) therefore call those by name, which must
 * not be inlined: else a block of the one allocator would come to the other. */
#define CALLED_BY_NAME HAK_EXPORT HAK_NOINLINE

CALLED_BY_NAME void free(void *block) {
    gate_free(block);
}

CALLED_BY_NAME void *realloc(void *block, size_t bytes) {
    return gate_realloc(block, bytes);
}

CALLED_BY_NAME void *memalign(size_t alignment, size_t bytes) {
    return hak_memalign(alignment, bytes);
}

HAK_EXPORT void *malloc(size_t bytes) {
    return gate_malloc(bytes);
}

HAK_EXPORT void *calloc(size_t count, size_t bytes) {
    return gate_calloc(count, bytes);
}

HAK_EXPORT void *reallocarray(void *block, size_t count, size_t bytes) {
    size_t total;
    if (__builtin_mul_overflow(count, bytes, &total)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(block, total);
}

HAK_EXPORT void free_sized(void *block, size_t bytes) {
    if (harden_is_on()) {
        harden_check_size(block, bytes, HAK_ALIGNMENT);
    }
    free(block);
}

HAK_EXPORT void free_aligned_sized(void *block, size_t alignment, size_t bytes) {
    if (harden_is_on()) {
        harden_check_size(block, bytes, alignment);
    }
    free(block);
}

HAK_EXPORT void *aligned_alloc(size_t alignment, size_t bytes) {
    return hak_aligned_alloc(alignment, bytes);
}

HAK_EXPORT int posix_memalign(void **block, size_t alignment, size_t bytes) {
    return hak_posix_memalign(block, alignment, bytes);
}

HAK_EXPORT void *valloc(size_t bytes) {
    return hak_valloc(bytes);
}

HAK_EXPORT size_t malloc_usable_size(void *block) {
    return gate_usable(block);
}

/* What only glibc's malloc.h has; programs of another libc (musl) do not ask for it. */
#ifdef __GLIBC__

HAK_EXPORT void *pvalloc(size_t bytes) {
    if (bytes > HAK_MAX_REQUEST) {
        errno = ENOMEM;
        return NULL;
    }
    start_once();
    return memalign(os_page_bytes, os_page_up(bytes));
}

HAK_EXPORT int malloc_trim(size_t keep_bytes) {
    return hak_malloc_trim(keep_bytes);
}

HAK_EXPORT struct mallinfo2 mallinfo2(void) {
    hak_memory_t memory;
    hak_pool_figures_t big, direct;
    hak_memory_read(&memory);
    stats_read_pool(POOL_BIG, &big);
    stats_read_pool(POOL_DIRECT, &direct);
    size_t mapped_blocks = big.used_bytes + direct.used_bytes;
    /* glibc's mapped blocks are not among uordblks; hakmem's are among live_bytes. */
    size_t other_blocks = memory.live_bytes - hak_min(mapped_blocks, memory.live_bytes);
    return (struct mallinfo2){
        .arena = memory.mapped_bytes - mapped_blocks,
        .hblkhd = mapped_blocks,
        .uordblks = other_blocks,
        .fordblks = memory.cached_bytes,
        .keepcost = memory.cached_bytes,
    };
}

/* glibc's parameters have no meaning here; that they are set is no error. (Exported so that a
 * static program which calls it does not pull libc's malloc in.) */
HAK_EXPORT int mallopt(int parameter, int value) {
    (void)parameter, (void)value;
    return 1;
}

static int clamp(size_t n) {
    return n > INT_MAX ? INT_MAX : (int)n;
}

HAK_EXPORT struct mallinfo mallinfo(void) {
    struct mallinfo2 wide = mallinfo2();
    return (struct mallinfo){
        .arena = clamp(wide.arena),
        .hblkhd = clamp(wide.hblkhd),
        .uordblks = clamp(wide.uordblks),
        .fordblks = clamp(wide.fordblks),
        .keepcost = clamp(wide.keepcost),
    };
}

HAK_EXPORT void malloc_stats(void) {
    hak_memory_t memory;
    hak_memory_read(&memory);
    hak_text_t text;
    text_open(&text, OS_STDERR);
    text_str(&text, "hakmem " HAKMEM_VERSION);
    text_figures(&text, FIGURES({"\nsystem bytes     = ", memory.mapped_bytes},
                                {"\nin use bytes     = ", memory.live_bytes},
                                {"\ncached bytes     = ", memory.cached_bytes},
                                {"\nmetadata bytes   = ", memory.metadata_bytes},
                                {"\npurged bytes     = ", memory.purged_bytes}));
    text_str(&text, "\n");
    text_flush(&text);
}

HAK_EXPORT int malloc_info(int options, FILE *stream) {
    if (options != 0) {
        return EINVAL; /* as glibc: the error, not -1 */
    }
    hak_memory_t memory;
    hak_memory_read(&memory);
    int written =
        fprintf(stream,
                "<malloc version=\"1\">\n<allocator name=\"hakmem\" version=\"%s\"/>\n"
                "<total type=\"rest\" count=\"0\" size=\"%llu\"/>\n"
                "<system type=\"current\" size=\"%llu\"/>\n"
                "<live size=\"%llu\"/>\n<metadata size=\"%llu\"/>\n</malloc>\n",
                HAKMEM_VERSION, (unsigned long long)memory.cached_bytes,
                (unsigned long long)memory.mapped_bytes, (unsigned long long)memory.live_bytes,
                (unsigned long long)memory.metadata_bytes);
    return written < 0 ? -1 : 0;
}

#endif
