/*
 * hakmem.h - the public interface of hakmem, a general-purpose memory allocator.
 *
 * libhakmem.so exports these functions beside malloc and its relatives; a program that is linked
 * with it (or runs under LD_PRELOAD) may call either set, the blocks are the same. Every function
 * is thread-safe. None of them may be called from a signal handler.
 *
 * Sizes are bytes. Failure is NULL with errno = ENOMEM (EINVAL for a bad alignment) unless said
 * otherwise.
 */
#ifndef HAKMEM_H
#define HAKMEM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HAKMEM_VERSION_MAJOR 0
#define HAKMEM_VERSION_MINOR 1
#define HAKMEM_VERSION_PATCH 0
#define HAKMEM_VERSION       "0.1.0"

/* The malloc family, with glibc's semantics and 16-byte alignment. */
void *hak_malloc(size_t bytes);
void *hak_calloc(size_t count, size_t bytes);
void *hak_realloc(void *block, size_t bytes);
void *hak_reallocarray(void *block, size_t count, size_t bytes);
void hak_free(void *block);
void *hak_aligned_alloc(size_t alignment, size_t bytes);
void *hak_memalign(size_t alignment, size_t bytes);
int hak_posix_memalign(void **block, size_t alignment, size_t bytes); /* 0, EINVAL or ENOMEM */
void *hak_valloc(size_t bytes);
void *hak_pvalloc(size_t bytes);

/* The number of bytes of a live block that the program may use; 0 for NULL. */
size_t hak_malloc_usable_size(const void *block);

/* Gives cached memory back to the OS, keeping at least `keep_bytes` cached. 1: something was
 * given back, 0: nothing was. */
int hak_malloc_trim(size_t keep_bytes);

/* Says that the calling thread will wait: an event loop before it blocks, a pool's worker before it
 * waits for work. What the thread keeps for itself becomes free to other threads, and of all idle
 * memory only as much is kept as the program took again lately. Cheap where little is idle, so that
 * it may be called at each wait of some milliseconds or more. Keeps errno. */
void hak_idle(void);

/* The version of the library that runs, "0.1.0". Static storage. */
const char *hak_version(void);

/* NULL while hakmem serves every request; otherwise the name of the option (for example
 * "HAKMEM_FORCE_LIBC_ALLOC") that sends some or all requests to libc. Static storage. */
const char *hak_bypass_reason(void);

/* How often ACE could not serve a request, by reason, since the process started. */
typedef struct hak_ace_totals {
    uint64_t threshold;  /* no class lies within W_MAX of the request */
    uint64_t exhaustion; /* the pool was empty and at its cap */
    uint64_t mapfail;    /* the OS refused memory */
} hak_ace_totals_t;
void hak_ace_totals(hak_ace_totals_t *out);

/* Where the memory of the process stands, in bytes; see core/README.md for how each is counted. */
typedef struct hak_memory {
    uint64_t live_bytes;      /* in blocks that the program holds, rounded up to their class */
    uint64_t requested_bytes; /* of those, what the program asked for (estimated by sampling) */
    uint64_t cached_bytes;    /* free, but kept ready: magazines, depots, dirty spans */
    uint64_t metadata_bytes;  /* hakmem's own records that are in use */
    uint64_t mapped_bytes;    /* address space taken from the OS and made accessible */
    uint64_t purged_bytes;    /* given back to the OS so far, cumulative */
} hak_memory_t;
void hak_memory_read(hak_memory_t *out);

/* Writes all counters as JSON to `path` ("-": stderr). NULL: to where HAKMEM_STATS says.
 * 0, or an errno. */
int hak_stats_dump(const char *path);

#ifdef __cplusplus
}
#endif

#endif
