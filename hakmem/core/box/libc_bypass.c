/* libc_bypass.c - see libc_bypass.h. */
#include "libc_bypass.h"

#include <dlfcn.h>
#include <link.h>
#include <string.h>

#include "../options/options.h"
#include "../os/fatal.h"
#include "../os/os.h"

/* Weak: a static program that replaces malloc must not pull libc's in as well. */
extern void *__libc_malloc(size_t bytes) __attribute__((weak));
extern void *__libc_calloc(size_t count, size_t bytes) __attribute__((weak));
extern void *__libc_realloc(void *block, size_t bytes) __attribute__((weak));
extern void *__libc_memalign(size_t alignment, size_t bytes) __attribute__((weak));
extern void __libc_free(void *block) __attribute__((weak));

const char *bypass_option;
size_t bypass_from;

static int is_jemalloc(struct dl_phdr_info *info, size_t size, void *found) {
    (void)size;
    if (info->dlpi_name != NULL && strstr(info->dlpi_name, "jemalloc") != NULL) {
        *(bool *)found = true;
    }
    return 0;
}

static bool has_jemalloc(void) {
    bool found = false;
    dl_iterate_phdr(is_jemalloc, &found);
    return found;
}

/* A static program may lack some of them, or all; a libc may have no such names (musl). */
static bool is_there(void) {
    return __libc_malloc != NULL && __libc_calloc != NULL && __libc_realloc != NULL &&
           __libc_memalign != NULL && __libc_free != NULL;
}

static void refuse(const char *name) {
    hak_text_t text;
    text_note(&text, name);
    text_str(&text, "=1: libc's allocator is not in this (static) program; ignored\n");
    text_flush(&text);
}

void bypass_start(void) {
    if (hak_options.force_libc_alloc != 0) {
        bypass_option = "HAKMEM_FORCE_LIBC_ALLOC";
        bypass_from = 0;
    } else if (hak_options.ld_block_jemalloc != 0 && has_jemalloc()) {
        bypass_option = "HAKMEM_LD_BLOCK_JEMALLOC";
        bypass_from = 0;
    } else if (hak_options.ld_safe != 0 && hak_options.preloaded) {
        bypass_option = "HAKMEM_LD_SAFE";
        bypass_from = TINY_MAX_SIZE + 1;
    }
    if (bypass_option != NULL && !is_there()) {
        refuse(bypass_option);
        bypass_option = NULL;
    }
}

void *bypass_alloc(size_t bytes, size_t alignment) {
    return alignment <= HAK_ALIGNMENT ? __libc_malloc(bytes) : __libc_memalign(alignment, bytes);
}

void *bypass_calloc(size_t bytes) {
    return __libc_calloc(1, bytes);
}

void *bypass_realloc(void *block, size_t bytes) {
    return __libc_realloc(block, bytes);
}

void bypass_free(void *block) {
    __libc_free(block);
}

/* glibc has no other name for it than the one that the preload (and another allocator's library,
 * where there is one) hides, so libc itself is asked. */
size_t bypass_usable(void *block) {
    static size_t (*next)(void *);
    if (next == NULL) {
        void *libc = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
        HAK_CHECK(libc != NULL, "libc is not in the process", block);
        union {
            void *object;
            size_t (*function)(void *);
        } symbol = {.object = dlsym(libc, "malloc_usable_size")};
        HAK_CHECK(symbol.object != NULL, "libc has no malloc_usable_size", block);
        next = symbol.function;
    }
    return next(block);
}
