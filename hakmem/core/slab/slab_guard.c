/* slab_guard.c - see slab_guard.h. */
#include "slab_guard.h"

#include <string.h>

#include "../os/os.h"

enum { GUARDED_MOST = 8192 };

static bool is_wanted;
static uint32_t guarded; /* slabs; atomic */

void slab_guard_start(void) {
    is_wanted = true;
}

size_t slab_guard_room(void) {
    return is_wanted ? 2 * span_unit_pages() : 0;
}

size_t slab_guard_bytes(void) {
    return (__atomic_load_n(&guarded, __ATOMIC_RELAXED) * slab_guard_room()) << HAK_PAGE_SHIFT;
}

/* Where the kernel refuses a guard it is done without. */
static void close_pages(const hak_span_t *span) {
    if (hak_classes[span->class_id].is_closed) {
        os_guard((void *)span->base, span->pages << HAK_PAGE_SHIFT);
        return;
    }
    os_guard((void *)span->base, slab_start(span) - span->base);
    os_guard((void *)(slab_start(span) + slab_bytes(span)), os_page_bytes);
}

void slab_guard(hak_span_t *span) {
    if (!is_wanted) {
        return;
    }
    span->guard_pages = (uint32_t)span_unit_pages();
    if (!span->fresh && !hak_classes[span->class_id].is_closed) {
        memset((void *)slab_start(span), 0, slab_bytes(span));
    }
    if (__atomic_add_fetch(&guarded, 1, __ATOMIC_RELAXED) <= GUARDED_MOST) { /* a bound */
        close_pages(span);
    }
}

/* Where the kernel cannot open pages (it may have to split a mapping) the address space is given
 * up, and what little memory is in it. */
void slab_free_span(hak_span_t *span) {
    int error = 0;
    if (span->guard_pages > 0) {
        __atomic_sub_fetch(&guarded, 1, __ATOMIC_RELAXED);
        span->guard_pages = 0;
        error = os_commit((void *)span->base, span->pages << HAK_PAGE_SHIFT);
    }
    if (error == 0) {
        heap_free(span);
    }
}
