/*
 * base.h - words that every layer shares: units, bounds, compiler hints. Bottom layer.
 *
 * A page is 4096 bytes, on every machine: it is the unit of the heap's layout, of page map and
 * spans. The system's page, by which memory is mapped and given back, may be larger (os/os.h);
 * spans are whole pages of both. A size class is named by a byte, its class id; the same byte
 * stands in the page map for each page of a span, so that a pointer leads to its class with one
 * look-up.
 */
#ifndef HAK_BASE_H
#define HAK_BASE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HAK_PAGE_SHIFT  12
#define HAK_PAGE_BYTES  ((size_t)1 << HAK_PAGE_SHIFT)
#define HAK_ALIGNMENT   16 /* of every block, as the ABIs of x86-64, AArch64 and RISC-V ask */
#define HAK_CACHE_LINE  64
#define HAK_KIB         ((size_t)1024)
#define HAK_MIB         ((size_t)1024 * 1024)
#define HAK_GIB         ((size_t)1024 * 1024 * 1024)
#define HAK_MAX_REQUEST ((size_t)PTRDIFF_MAX)
/* No process has so much without asking for places beyond it: x86-64 and AArch64 give 47 or 48 bits
 * (AArch64 39 to 47 with some settings of the kernel), RISC-V 38 to 47. */
#define HAK_ADDRESS_SPACE ((size_t)1 << 48)

#define TINY_MAX_SIZE     1024
#define SMALLMID_MAX_SIZE (8 * HAK_KIB)
#define MID_MAX_SIZE      (56 * HAK_KIB)
#define LARGE_MIN_CLASS   (64 * HAK_KIB)
#define LARGE_MAX_SIZE    (2 * HAK_MIB)

/* Class ids. Sized classes count up from 1, what has no fixed size comes behind them. A thread has
 * a word for each (thread_cache.h) in its static TLS block, where room is scarce: 192 are as many
 * as the longest lists of the user's own leave. */
enum {
    HAK_CLASS_NONE = 0, /* no page of hakmem's, or a free one */
    HAK_CLASS_FIRST = 1,
    HAK_CLASS_LIMIT = 187,       /* one past the last sized class */
    HAK_CLASS_LARGE_BODY = 187,  /* a further page of a large block */
    HAK_CLASS_DIRECT_BODY = 188, /* … of a direct block */
    HAK_CLASS_BIG_BODY = 189,    /* … of a big block */
    HAK_CLASS_DIRECT = 190,      /* first page of a page-exact block that no class might serve */
    HAK_CLASS_BIG = 191,         /* first page of a block above LARGE_MAX_SIZE */
    HAK_CLASS_COUNT = 192,
};

/* What the further pages of a span that is one block are marked as. */
static inline unsigned hak_class_body(unsigned class_id) {
    if (class_id == HAK_CLASS_BIG) {
        return HAK_CLASS_BIG_BODY;
    }
    return class_id == HAK_CLASS_DIRECT ? HAK_CLASS_DIRECT_BODY : HAK_CLASS_LARGE_BODY;
}

/* A relaxed read of an aligned word that others may write: one plain load. Where instructions take
 * operands from memory it is spelt as a plain access, because compilers do not fold an atomic one
 * into the instruction that uses it, which costs the fast path an instruction; the thread sanitizer
 * is told what it is. */
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
#define HAK_RELAXED(word) (word)
#else
#define HAK_RELAXED(word) __atomic_load_n(&(word), __ATOMIC_RELAXED)
#endif

#define HAK_LIKELY(x)   __builtin_expect(!!(x), 1)
#define HAK_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define HAK_NOINLINE    __attribute__((noinline))
#define HAK_ALIGNED(n)  __attribute__((aligned(n)))
#define HAK_EXPORT      __attribute__((visibility("default")))
/* On a declaration: no detour over the linker's table (-fvisibility speaks of definitions). */
#define HAK_HIDDEN __attribute__((visibility("hidden")))

/* Of a large array that is touched at its beginning, or by few programs: in libhakmem.so, which is
 * linked with --sort-section=name, it lies behind all other variables, so that these share few
 * pages. (The address sanitizer puts nothing round a variable with a section.) */
#if defined(__SANITIZE_ADDRESS__)
#define HAK_APART
#else
#define HAK_APART __attribute__((section(".bss.apart")))
#endif

static inline size_t hak_round_up(size_t n, size_t unit) {
    return (n + unit - 1) & ~(unit - 1); /* `unit` is a power of two */
}

static inline size_t hak_pages_for(size_t bytes) {
    return (bytes + HAK_PAGE_BYTES - 1) >> HAK_PAGE_SHIFT;
}

/* SIZE_MAX, which nobody serves, where the product is larger. */
static inline size_t hak_array_bytes(size_t count, size_t bytes) {
    size_t total;
    return __builtin_mul_overflow(count, bytes, &total) ? SIZE_MAX : total;
}

static inline size_t hak_min(size_t a, size_t b) {
    return a < b ? a : b;
}

static inline size_t hak_max(size_t a, size_t b) {
    return a > b ? a : b;
}

#endif
