/* calls.c - see calls.h. */
#include "calls.h"
#include "api.h"

#include <errno.h>
#include <string.h>

#ifdef HAK_API
#define memalign     hak_memalign
#define valloc       hak_valloc
#define pvalloc      hak_pvalloc
#define reallocarray hak_reallocarray
enum { TAKE_FUNCTIONS = 12, FREE_FUNCTIONS = 1 };
#else
enum { TAKE_FUNCTIONS = 16, FREE_FUNCTIONS = 8 };

typedef void *new_t(size_t bytes, const void *tag);
typedef void *new_aligned_t(size_t bytes, size_t alignment, const void *tag);
typedef void delete_t(void *block, size_t first, size_t second);

static void *look_up(const char *name) {
    void *function = dlsym(RTLD_DEFAULT, name);
    CHECK_MSG(function, "%s is not in the process: is hakmem preloaded?", name);
    return function;
}

static void *take_by_new(unsigned how, size_t bytes, size_t *alignment) {
    static const char tag;
    switch (how) {
    case 12:
        return ((new_t *)look_up("_ZnwmRKSt9nothrow_t"))(bytes, &tag);
    case 13:
        return ((new_t *)look_up("_ZnamRKSt9nothrow_t"))(bytes, &tag);
    default:
        *alignment = how == 14 ? 32 : 4096;
        return ((new_aligned_t *)look_up("_ZnwmSt11align_val_tRKSt9nothrow_t"))(bytes, *alignment,
                                                                                &tag);
    }
}

/* What a function of these takes behind the block it needs not take: the C calling convention lets
 * a caller pass more. */
static void free_by_name(unsigned how, void *block, size_t bytes, size_t alignment) {
    static const char *const names[FREE_FUNCTIONS] = {
        "free",   "free_sized", "free_aligned_sized",    "_ZdlPv",
        "_ZdaPv", "_ZdlPvm",    "_ZdlPvSt11align_val_t", "_ZdaPvmSt11align_val_t"};
    bool by_alignment = how == 2 || how == 6;
    delete_t *function = (delete_t *)look_up(names[how]);
    function(block, by_alignment ? alignment : bytes, by_alignment ? bytes : alignment);
}
#endif

static void *take_by_posix(size_t alignment, size_t bytes) {
    void *block = NULL;
    int error = posix_memalign(&block, alignment, bytes);
    CHECK_MSG(error == 0 ? block != NULL : error == ENOMEM && block == NULL, "%d, %p", error,
              block);
    return block;
}

taken_t calls_take(unsigned how, size_t bytes, unsigned shift) {
    taken_t taken = {.bytes = bytes, .alignment = 16};
    size_t chosen = (size_t)16 << shift;
    switch (how % TAKE_FUNCTIONS) {
    case 0:
    case 1:
    case 2:
        taken.block = malloc(bytes);
        break;
    case 3:
        taken.zeroed = true;
        taken.block = calloc(bytes, 1);
        break;
    case 4:
        taken.zeroed = true;
        taken.bytes = bytes / 24 * 24;
        taken.block = calloc(bytes / 24, 24);
        break;
    case 5:
        taken.block = realloc(NULL, bytes);
        break;
    case 6:
        taken.block = reallocarray(NULL, 1, bytes);
        break;
    case 7:
        taken.alignment = chosen;
        taken.block = aligned_alloc(chosen, bytes);
        break;
    case 8:
        taken.alignment = chosen;
        taken.block = memalign(chosen - chosen / 4, bytes); /* is rounded up to a power of two */
        break;
    case 9:
        taken.alignment = chosen;
        taken.keeps_errno = true;
        taken.block = take_by_posix(chosen, bytes);
        break;
    case 10:
        taken.alignment = 4096;
        taken.block = valloc(bytes);
        break;
    case 11:
        taken.alignment = 4096;
        taken.bytes = (bytes + 4095) & ~(size_t)4095;
        taken.block = pvalloc(bytes);
        break;
    default:
#ifndef HAK_API
        taken.sets_errno = true;
        taken.block = take_by_new(how % TAKE_FUNCTIONS, bytes, &taken.alignment);
#endif
        break;
    }
    return taken;
}

void *calls_resize(unsigned how, void *block, size_t bytes) {
    if (how % 4 == 0 && bytes % 3 == 0) {
        return reallocarray(block, bytes / 3, 3);
    }
    return realloc(block, bytes);
}

void calls_free(unsigned how, void *block, size_t bytes, size_t alignment) {
#ifdef HAK_API
    (void)how, (void)bytes, (void)alignment;
    free(block);
#else
    free_by_name(how % FREE_FUNCTIONS, block, bytes, alignment);
#endif
}

static bool is_refused(const void *block, int error) {
    bool refused = block == NULL && errno == error;
    errno = 0;
    return refused;
}

static const char *bad_posix_alignment(size_t alignment) {
    void *kept = &errno, *block = kept;
    bool good = posix_memalign(&block, alignment, 100) == EINVAL && block == kept && errno == 0;
    return good ? NULL : "posix_memalign of a bad alignment";
}

const char *calls_impossible(unsigned how, void *block) {
    static const size_t huge[] = {(size_t)PTRDIFF_MAX + 1, SIZE_MAX, SIZE_MAX - 4095,
                                  SIZE_MAX / 2 + 4097};
    size_t bytes = huge[how / 16 % 4];
    errno = 0;
    switch (how % 16) {
    case 0:
        return is_refused(malloc(bytes), ENOMEM) ? NULL : "malloc of more than there is";
    case 1:
        return is_refused(calloc(1, bytes), ENOMEM) ? NULL : "calloc of more than there is";
    case 2:
        return is_refused(calloc(bytes, 2), ENOMEM) ? NULL : "calloc of a product that overflows";
    case 3:
        return is_refused(realloc(block, bytes), ENOMEM) ? NULL : "realloc to more than there is";
    case 4:
        return is_refused(reallocarray(block, bytes, 2), ENOMEM) ? NULL : "reallocarray, overflow";
    case 5:
        return is_refused(aligned_alloc(64, bytes), ENOMEM) ? NULL : "aligned_alloc, too much";
    case 6:
        return is_refused(memalign(4096, bytes), ENOMEM) ? NULL : "memalign of too much";
    case 7:
        return is_refused(valloc(bytes), ENOMEM) ? NULL : "valloc of too much";
    case 8:
        return is_refused(pvalloc(bytes), ENOMEM) ? NULL : "pvalloc of too much";
    case 9:
        return is_refused(memalign(SIZE_MAX - how, 1), EINVAL) ? NULL : "memalign, no such power";
    case 10:
        free(NULL);
        return errno == 0 && malloc_usable_size(NULL) == 0 ? NULL : "free or size of NULL";
    default:
        return bad_posix_alignment(how % 16 == 15 ? 0 : (size_t)(how / 16) * 8 + 3);
    }
}
