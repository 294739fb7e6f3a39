/*
 * libc_bypass.h - requests that go to libc's own allocator, because an option says so, and blocks
 * that came from there. A bypass is never silent: bypass_reason names the option.
 *
 * Uses glibc's __libc_ entry points, which LD_PRELOAD does not hide; where they are missing (a
 * static program) the options that need them are refused at start-up. Thread-safe.
 */
#ifndef HAK_LIBC_BYPASS_H
#define HAK_LIBC_BYPASS_H

#include "../base/base.h"

void bypass_start(void); /* reads the options */

/* The option that says so; NULL: hakmem serves everything. Read-only after bypass_start. */
extern const char *bypass_option HAK_HIDDEN;
extern size_t bypass_from HAK_HIDDEN; /* requests of at least so many bytes go to libc */

static inline const char *bypass_reason(void) {
    return bypass_option;
}

/* A request of this size goes to libc. */
static inline bool bypass_takes(size_t bytes) {
    return HAK_UNLIKELY(bypass_option != NULL) && bytes >= bypass_from;
}

/* Foreign pointers may be libc's blocks. */
static inline bool bypass_owns_foreign(void) {
    return bypass_option != NULL;
}

void *bypass_alloc(size_t bytes, size_t alignment);
void *bypass_calloc(size_t bytes);
void *bypass_realloc(void *block, size_t bytes);
void bypass_free(void *block);
size_t bypass_usable(void *block);

#endif
