/*
 * hakmem_api.c - the hak_ functions of include/hakmem.h: argument checks and errno, nothing more.
 */
#include <errno.h>

#include "../../include/hakmem.h"
#include "../box/libc_bypass.h"
#include "../cache/upkeep.h"
#include "../gate/front_gate.h"
#include "../harden/harden.h"
#include "../os/door.h"
#include "../os/os.h"
#include "../start/start.h"
#include "../stats/stats.h"
#include "lifecycle.h"

static const char *const keep_lifecycle __attribute__((used)) = &lifecycle_linked;

HAK_EXPORT void *hak_malloc(size_t bytes) {
    return gate_malloc(bytes);
}

HAK_EXPORT void hak_free(void *block) {
    gate_free(block);
}

HAK_EXPORT void *hak_calloc(size_t count, size_t bytes) {
    return gate_calloc(count, bytes);
}

HAK_EXPORT void *hak_realloc(void *block, size_t bytes) {
    return gate_realloc(block, bytes);
}

HAK_EXPORT void *hak_reallocarray(void *block, size_t count, size_t bytes) {
    return gate_realloc(block, hak_array_bytes(count, bytes));
}

static bool is_power_of_two(size_t n) {
    return n != 0 && (n & (n - 1)) == 0;
}

/* glibc takes any alignment here and rounds it up to a power of two. */
HAK_EXPORT void *hak_memalign(size_t alignment, size_t bytes) {
    if (alignment <= HAK_ALIGNMENT) {
        return gate_malloc(bytes);
    }
    if (alignment > SIZE_MAX / 2 + 1) { /* no power of two is as large */
        errno = EINVAL;
        return NULL;
    }
    return gate_aligned((size_t)1 << (64 - __builtin_clzl(alignment - 1)), bytes);
}

HAK_EXPORT void *hak_aligned_alloc(size_t alignment, size_t bytes) {
    return hak_memalign(alignment, bytes);
}

HAK_EXPORT int hak_posix_memalign(void **block, size_t alignment, size_t bytes) {
    if (!is_power_of_two(alignment) || alignment % sizeof(void *) != 0) {
        return EINVAL;
    }
    void *got = gate_aligned(alignment, bytes);
    if (got == NULL) {
        return ENOMEM; /* which errno is, too, as glibc's; EINVAL above it is not */
    }
    *block = got;
    return 0;
}

/* The system's page, which start-up asks for. */
HAK_EXPORT void *hak_valloc(size_t bytes) {
    start_once();
    return gate_aligned(os_page_bytes, bytes);
}

HAK_EXPORT void *hak_pvalloc(size_t bytes) {
    if (bytes > HAK_MAX_REQUEST) {
        errno = ENOMEM;
        return NULL;
    }
    start_once();
    return gate_aligned(os_page_bytes, os_page_up(bytes));
}

HAK_EXPORT size_t hak_malloc_usable_size(const void *block) {
    return gate_usable(block);
}

HAK_EXPORT int hak_malloc_trim(size_t keep_bytes) {
    start_once();
    if (!door_enter()) {
        return 0;
    }
    if (harden_is_on()) {
        harden_reclaim();
    }
    size_t bytes = upkeep_reclaim(keep_bytes);
    gate_leave();
    return bytes > 0;
}

HAK_EXPORT void hak_idle(void) {
    int saved_errno = errno;
    start_once();
    if (door_enter()) {
        upkeep_rest();
        gate_leave();
    }
    errno = saved_errno;
}

HAK_EXPORT const char *hak_version(void) {
    return HAKMEM_VERSION;
}

HAK_EXPORT const char *hak_bypass_reason(void) {
    start_once();
    return bypass_reason();
}

HAK_EXPORT void hak_ace_totals(hak_ace_totals_t *out) {
    stats_read_totals(out);
}

HAK_EXPORT void hak_memory_read(hak_memory_t *out) {
    start_once();
    stats_read_memory(out);
}

HAK_EXPORT int hak_stats_dump(const char *path) {
    start_once();
    return stats_dump(path);
}
