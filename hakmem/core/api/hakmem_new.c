/*
 * hakmem_new.c - C++'s operators new and delete, all forms, under their mangled names.
 *
 * hakmem is C and depends on libc alone, so what C++ asks for on failure is reached through weak
 * references, or looked up: with libstdc++ in the process the new_handler is called until there is
 * none, and then std::bad_alloc is thrown; without it (libc++ and the like) the process stops. The
 * names are those of the Itanium C++ ABI; m is size_t on 64-bit Linux.
 */
#include <dlfcn.h>

#include "../gate/front_gate.h"
#include "../harden/harden.h"
#include "../os/fatal.h"

typedef void (*hak_new_handler_t)(void);
typedef void hak_function_t(void);
typedef hak_new_handler_t hak_get_handler_t(void);
extern hak_get_handler_t _ZSt15get_new_handlerv __attribute__((weak));
extern hak_function_t _ZSt17__throw_bad_allocv __attribute__((weak));

/* A weak reference is bound when the program starts; libstdc++ may come later, with a plug-in. */
static hak_function_t *bound_or_late(hak_function_t *bound, const char *name) {
    union {
        void *object;
        hak_function_t *function;
    } late = {.object = NULL};
    if (bound != NULL) {
        return bound;
    }
    void *library = dlopen("libstdc++.so.6", RTLD_LAZY | RTLD_NOLOAD);
    if (library != NULL) {
        late.object = dlsym(library, name);
    }
    return late.function;
}

static void *try_new(size_t bytes, size_t alignment) {
    return alignment <= HAK_ALIGNMENT ? gate_malloc(bytes) : gate_aligned(alignment, bytes);
}

/* One round of [new.delete]: calls the handler; false when there is none. */
static bool call_handler(void) {
    hak_get_handler_t *get_handler = (hak_get_handler_t *)bound_or_late(
        (hak_function_t *)_ZSt15get_new_handlerv, "_ZSt15get_new_handlerv");
    hak_new_handler_t handler = get_handler == NULL ? NULL : get_handler();
    if (handler != NULL) {
        handler();
    }
    return handler != NULL;
}

static HAK_NOINLINE void *new_slow(size_t bytes, size_t alignment) {
    void *block;
    while ((block = try_new(bytes, alignment)) == NULL) {
        if (!call_handler()) {
            hak_function_t *throw_bad_alloc =
                bound_or_late(_ZSt17__throw_bad_allocv, "_ZSt17__throw_bad_allocv");
            HAK_CHECK(throw_bad_alloc != NULL, "operator new: out of memory", NULL);
            throw_bad_alloc();
        }
    }
    return block;
}

/* A handler may throw, which a nothrow form turns into NULL, and C cannot: libstdc++'s own form,
 * `name`, does it around our throwing one. Only where there is none does the handler loop stand
 * here. Memory is short on this path; dlsym does not need any. */
static HAK_NOINLINE void *new_nothrow_slow(size_t bytes, const char *name) {
    union {
        void *object;
        void *(*function)(size_t, const void *);
    } next = {.object = dlsym(RTLD_NEXT, name)};
    static const char tag;
    void *block = NULL;
    if (next.object != NULL) {
        return next.function(bytes, &tag);
    }
    while ((block = gate_malloc(bytes)) == NULL && call_handler()) {
    }
    return block;
}

static HAK_NOINLINE void *new_aligned_nothrow(size_t bytes, size_t alignment, const char *name) {
    union {
        void *object;
        void *(*function)(size_t, size_t, const void *);
    } next;
    static const char tag;
    void *block = try_new(bytes, alignment);
    if (block != NULL) {
        return block;
    }
    next.object = dlsym(RTLD_NEXT, name);
    if (next.object != NULL) {
        return next.function(bytes, alignment, &tag);
    }
    while ((block = try_new(bytes, alignment)) == NULL && call_handler()) {
    }
    return block;
}

static inline void *new_block(size_t bytes) {
    void *block = gate_malloc(bytes);
    return HAK_LIKELY(block != NULL) ? block : new_slow(bytes, HAK_ALIGNMENT);
}

static inline void *new_nothrow(size_t bytes, const char *name) {
    void *block = gate_malloc(bytes);
    return HAK_LIKELY(block != NULL) ? block : new_nothrow_slow(bytes, name);
}

#define HAK_NEW(name)                                                                              \
    HAK_EXPORT void *name(size_t bytes);                                                           \
    HAK_EXPORT void *name(size_t bytes) {                                                          \
        return new_block(bytes);                                                                   \
    }
#define HAK_NEW_NOTHROW(name)                                                                      \
    HAK_EXPORT void *name(size_t bytes, const void *tag);                                          \
    HAK_EXPORT void *name(size_t bytes, const void *tag) {                                         \
        (void)tag;                                                                                 \
        return new_nothrow(bytes, #name);                                                          \
    }
#define HAK_NEW_ALIGNED(name)                                                                      \
    HAK_EXPORT void *name(size_t bytes, size_t alignment);                                         \
    HAK_EXPORT void *name(size_t bytes, size_t alignment) {                                        \
        return new_slow(bytes, alignment);                                                         \
    }
#define HAK_NEW_ALIGNED_NOTHROW(name)                                                              \
    HAK_EXPORT void *name(size_t bytes, size_t alignment, const void *tag);                        \
    HAK_EXPORT void *name(size_t bytes, size_t alignment, const void *tag) {                       \
        (void)tag;                                                                                 \
        return new_aligned_nothrow(bytes, alignment, #name);                                       \
    }
#define HAK_DELETE(name)                                                                           \
    HAK_EXPORT void name(void *block);                                                             \
    HAK_EXPORT void name(void *block) {                                                            \
        gate_free(block);                                                                          \
    }
/* What a program's own operator delete(void *) would be found by: the name as others see it, and
 * ours. */
extern void delete_in_force(void *block) __asm__("_ZdlPv");
static void own_delete(void *block) {
    gate_free(block);
}
HAK_EXPORT void _ZdlPv(void *block) __attribute__((alias("own_delete")));

static bool is_own_delete(void) {
    void (*in_force)(void *) = delete_in_force;
    __asm__("" : "+r"(in_force)); /* or the compiler takes the two names for two functions */
    return in_force == own_delete;
}

/* The sizes and alignments that a delete names are looked at where hardening keeps everything off
 * the fast path, and are otherwise ignored, as the page map knows better. A program that has its
 * own new and delete, but not this form, has asked its own new for the block. */
static HAK_NOINLINE void delete_slow(void *block, size_t bytes, size_t alignment) {
    if (harden_is_on() && is_own_delete()) {
        harden_check_size(block, bytes, alignment);
    }
    gate_free_slow(block);
}

#define HAK_DELETE_SIZED(name)                                                                     \
    HAK_EXPORT void name(void *block, size_t bytes);                                               \
    HAK_EXPORT void name(void *block, size_t bytes) {                                              \
        if (HAK_UNLIKELY(!gate_free_fast(block))) {                                                \
            delete_slow(block, bytes, HAK_ALIGNMENT);                                              \
        }                                                                                          \
    }
#define HAK_DELETE_SIZED_ALIGNED(name)                                                             \
    HAK_EXPORT void name(void *block, size_t bytes, size_t alignment);                             \
    HAK_EXPORT void name(void *block, size_t bytes, size_t alignment) {                            \
        if (HAK_UNLIKELY(!gate_free_fast(block))) {                                                \
            delete_slow(block, bytes, alignment);                                                  \
        }                                                                                          \
    }
/* An alignment without a size, and the nothrow tag, say nothing; the C calling convention lets a
 * function ignore arguments that it does not declare. */
HAK_NEW(_Znwm)
HAK_NEW(_Znam)
HAK_NEW_NOTHROW(_ZnwmRKSt9nothrow_t)
HAK_NEW_NOTHROW(_ZnamRKSt9nothrow_t)
HAK_NEW_ALIGNED(_ZnwmSt11align_val_t)
HAK_NEW_ALIGNED(_ZnamSt11align_val_t)
HAK_NEW_ALIGNED_NOTHROW(_ZnwmSt11align_val_tRKSt9nothrow_t)
HAK_NEW_ALIGNED_NOTHROW(_ZnamSt11align_val_tRKSt9nothrow_t)
HAK_DELETE(_ZdaPv)
HAK_DELETE_SIZED(_ZdlPvm)
HAK_DELETE_SIZED(_ZdaPvm)
HAK_DELETE(_ZdlPvRKSt9nothrow_t)
HAK_DELETE(_ZdaPvRKSt9nothrow_t)
HAK_DELETE(_ZdlPvSt11align_val_t)
HAK_DELETE(_ZdaPvSt11align_val_t)
HAK_DELETE_SIZED_ALIGNED(_ZdlPvmSt11align_val_t)
HAK_DELETE_SIZED_ALIGNED(_ZdaPvmSt11align_val_t)
HAK_DELETE(_ZdlPvSt11align_val_tRKSt9nothrow_t)
HAK_DELETE(_ZdaPvSt11align_val_tRKSt9nothrow_t)
