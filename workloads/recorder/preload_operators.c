/*
 * preload_operators.c - C++ new and delete, sent through the recorded malloc and free.
 *
 * libstdc++'s operators call malloc and free by name, so they would be recorded anyway. But an
 * allocator that brings operators of its own (jemalloc, tcmalloc) calls itself directly, and its
 * blocks would not be seen. Here every form ends in a function of
 * preload_malloc.h. When memory runs out the program's new-handler is called as the standard says,
 * and without one libstdc++ throws for us, which C cannot.
 *
 * The names are those of the Itanium C++ ABI on 64-bit machines (m = unsigned long).
 */
#include "recorder/preload_malloc.h"

#include <dlfcn.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))
#define SITE   __builtin_return_address(0)

static void find(const char *name, void *function) {
    void *address = dlsym(RTLD_DEFAULT, name);
    if (address == NULL)
        abort(); /* new without libstdc++: nobody to tell */
    memcpy(function, &address, sizeof address);
}

static void *obtain(size_t bytes, size_t alignment, const void *site) {
    return alignment == 0 ? record_malloc(bytes, site) : record_aligned(alignment, bytes, site);
}

/* Each round the handler either makes memory available or does not return. */
static void *obtain_or_throw(size_t bytes, size_t alignment, const void *site) {
    void (*(*get_handler)(void))(void);
    void (*throw_bad_alloc)(void);
    void *block = obtain(bytes, alignment, site);
    while (block == NULL) {
        find("_ZSt15get_new_handlerv", &get_handler);
        find("_ZSt17__throw_bad_allocv", &throw_bad_alloc);
        void (*handler)(void) = get_handler();
        if (handler == NULL)
            throw_bad_alloc();
        else
            handler();
        block = obtain(bytes, alignment, site);
    }
    return block;
}

#define NEW(name)                                                                                  \
    EXPORT void *name(size_t bytes);                                                               \
    EXPORT void *name(size_t bytes) {                                                              \
        return obtain_or_throw(bytes, 0, SITE);                                                    \
    }
#define NEW_NOTHROW(name)                                                                          \
    EXPORT void *name(size_t bytes, const void *tag);                                              \
    EXPORT void *name(size_t bytes, const void *tag) {                                             \
        (void)tag;                                                                                 \
        return obtain(bytes, 0, SITE);                                                             \
    }
#define NEW_ALIGNED(name)                                                                          \
    EXPORT void *name(size_t bytes, size_t alignment);                                             \
    EXPORT void *name(size_t bytes, size_t alignment) {                                            \
        return obtain_or_throw(bytes, alignment, SITE);                                            \
    }
#define NEW_ALIGNED_NOTHROW(name)                                                                  \
    EXPORT void *name(size_t bytes, size_t alignment, const void *tag);                            \
    EXPORT void *name(size_t bytes, size_t alignment, const void *tag) {                           \
        (void)tag;                                                                                 \
        return obtain(bytes, alignment, SITE);                                                     \
    }
/* The sized, aligned and nothrow forms get more arguments, in registers that need not be read. */
#define DELETE(name)                                                                               \
    EXPORT void name(void *block);                                                                 \
    EXPORT void name(void *block) {                                                                \
        record_free(block);                                                                        \
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
