/*
 * preload_operators.c - C++ new and delete, sent through the recorded malloc and free.
 *
 * libstdc++'s operators call malloc and free by name, so they would be recorded anyway. But an
 * allocator that brings operators of its own (jemalloc, tcmalloc) calls itself directly, and its
 * blocks would not be seen. Here every form ends in malloc, aligned_alloc or free of
 * preload_malloc.c. When memory runs out the next operator is asked: it calls the new-handler and
 * throws, which C cannot.
 *
 * The names are those of the Itanium C++ ABI on 64-bit machines (m = unsigned long).
 */
#include "recorder/preload_log.h"

#include <dlfcn.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

typedef void *new_t(size_t);
typedef void *new_aligned_t(size_t, size_t);

static void find(const char *name, void *function) {
    void *address = dlsym(RTLD_NEXT, name);
    if (address == NULL)
        abort();
    memcpy(function, &address, sizeof address);
}

static void *throw_plain(size_t bytes) {
    new_t *next;
    find("_Znwm", &next);
    return next(bytes);
}

static void *throw_aligned(size_t bytes, size_t alignment) {
    new_aligned_t *next;
    find("_ZnwmSt11align_val_t", &next);
    return next(bytes, alignment);
}

#define NEW(name)                                                                                  \
    EXPORT void *name(size_t bytes);                                                               \
    EXPORT void *name(size_t bytes) {                                                              \
        void *block = malloc(bytes);                                                               \
        return block != NULL ? block : throw_plain(bytes);                                         \
    }
#define NEW_NOTHROW(name)                                                                          \
    EXPORT void *name(size_t bytes, const void *tag);                                              \
    EXPORT void *name(size_t bytes, const void *tag) {                                             \
        (void)tag;                                                                                 \
        return malloc(bytes);                                                                      \
    }
#define NEW_ALIGNED(name)                                                                          \
    EXPORT void *name(size_t bytes, size_t alignment);                                             \
    EXPORT void *name(size_t bytes, size_t alignment) {                                            \
        void *block = aligned_alloc(alignment, bytes);                                             \
        return block != NULL ? block : throw_aligned(bytes, alignment);                            \
    }
#define NEW_ALIGNED_NOTHROW(name)                                                                  \
    EXPORT void *name(size_t bytes, size_t alignment, const void *tag);                            \
    EXPORT void *name(size_t bytes, size_t alignment, const void *tag) {                           \
        (void)tag;                                                                                 \
        return aligned_alloc(alignment, bytes);                                                    \
    }
/* The sized, aligned and nothrow forms get more arguments, in registers that need not be read. */
#define DELETE(name)                                                                               \
    EXPORT void name(void *block);                                                                 \
    EXPORT void name(void *block) {                                                                \
        free(block);                                                                               \
    }

NEW(_Znwm)
NEW(_Znam)
NEW_NOTHROW(_ZnwmRKSt9nothrow_t)
NEW_NOTHROW(_ZnamRKSt9nothrow_t)
NEW_ALIGNED(_ZnwmSt11align_val_t)
NEW_ALIGNED(_ZnamSt11align_val_t)
NEW_ALIGNED_NOTHROW(_ZnwmSt11align_val_tRKSt9nothrow_t)
NEW_ALIGNED_NOTHROW(_ZnamSt11align_val_tRKSt9nothrow_t)

DELETE(_ZdlPv)
DELETE(_ZdaPv)
DELETE(_ZdlPvm)
DELETE(_ZdaPvm)
DELETE(_ZdlPvRKSt9nothrow_t)
DELETE(_ZdaPvRKSt9nothrow_t)
DELETE(_ZdlPvSt11align_val_t)
DELETE(_ZdaPvSt11align_val_t)
DELETE(_ZdlPvmSt11align_val_t)
DELETE(_ZdaPvmSt11align_val_t)
DELETE(_ZdlPvSt11align_val_tRKSt9nothrow_t)
DELETE(_ZdaPvSt11align_val_tRKSt9nothrow_t)
