/*
 * served_by.c - every allocation function resolves to the library under test.
 *
 * Without this, a preload that silently did not happen would let all other tests pass on libc.
 */
#include "child.h"
#include "hakmem.h"
#include "test.h"

#include <limits.h>
#include <string.h>

static const char *const names[] = {"malloc",
                                    "calloc",
                                    "realloc",
                                    "reallocarray",
                                    "free",
                                    "aligned_alloc",
                                    "posix_memalign",
                                    "memalign",
                                    "valloc",
#ifdef __GLIBC__
                                    "pvalloc",
                                    "malloc_trim",
                                    "mallinfo",
                                    "mallinfo2",
                                    "malloc_stats",
                                    "malloc_info",
#endif
                                    "malloc_usable_size",
                                    "free_sized",
                                    "free_aligned_sized",
                                    "_Znwm",
                                    "_Znam",
                                    "_ZnwmRKSt9nothrow_t",
                                    "_ZnamRKSt9nothrow_t",
                                    "_ZnwmSt11align_val_t",
                                    "_ZnamSt11align_val_t",
                                    "_ZnwmSt11align_val_tRKSt9nothrow_t",
                                    "_ZnamSt11align_val_tRKSt9nothrow_t",
                                    "_ZdlPv",
                                    "_ZdaPv",
                                    "_ZdlPvm",
                                    "_ZdaPvm",
                                    "_ZdlPvRKSt9nothrow_t",
                                    "_ZdaPvRKSt9nothrow_t",
                                    "_ZdlPvSt11align_val_t",
                                    "_ZdaPvSt11align_val_t",
                                    "_ZdlPvmSt11align_val_t",
                                    "_ZdaPvmSt11align_val_t",
                                    "_ZdlPvSt11align_val_tRKSt9nothrow_t",
                                    "_ZdaPvSt11align_val_tRKSt9nothrow_t",
                                    "hak_malloc",
                                    "hak_calloc",
                                    "hak_realloc",
                                    "hak_reallocarray",
                                    "hak_free",
                                    "hak_aligned_alloc",
                                    "hak_memalign",
                                    "hak_posix_memalign",
                                    "hak_valloc",
                                    "hak_pvalloc",
                                    "hak_malloc_usable_size",
                                    "hak_malloc_trim",
                                    "hak_version",
                                    "hak_bypass_reason",
                                    "hak_ace_totals",
                                    "hak_memory_read",
                                    "hak_stats_dump"};

int main(void) {
    char wanted[PATH_MAX], found[PATH_MAX];
    CHECK(realpath(hak_library(), wanted));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        void *function = dlsym(RTLD_DEFAULT, names[i]);
        CHECK_MSG(function, "%s", names[i]);
        Dl_info info;
        CHECK_MSG(dladdr(function, &info) && realpath(info.dli_fname, found), "%s", names[i]);
        CHECK_MSG(strcmp(found, wanted) == 0, "%s comes from %s", names[i], found);
    }
    CHECK(strcmp(HAK_FN(hak_version)(), HAKMEM_VERSION) == 0);
    CHECK(HAK_FN(hak_bypass_reason)() == NULL);
    return 0;
}
