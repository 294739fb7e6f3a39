/* guard.c - see guard.h. */
#include "guard.h"

#include <string.h>

#include "../hakmem_tiers.h"
#include "../os/lock.h"
#include "../os/os.h"
#include "canary.h"
#include "live.h"

enum { FRONT_MOST = 4, WAITING_MOST = 64, GUARDED_MOST = 8192 };
#define WAITING_MOST_BYTES (64 * HAK_MIB)
#define SPARE_BYTES        (64 * HAK_KIB) /* and a quarter: spare room when reused */

static struct {
    hak_lock_t lock; /* of the following, and of what freeing changes in a block's record */
    hak_span_t *ring[WAITING_MOST];
    uint32_t at, count;
    size_t bytes[POOL_COUNT]; /* of those in the ring; also read without the lock */
    uint32_t guarded;         /* blocks, live and waiting; atomic */
} guards;

static uintptr_t block_of(const hak_span_t *span) {
    return span->base + ((uintptr_t)span->guard_pages << HAK_PAGE_SHIFT);
}

static size_t span_bytes(const hak_span_t *span) {
    return span->pages << HAK_PAGE_SHIFT;
}

static size_t own_bytes(size_t bytes) {
    return os_page_up(bytes);
}

static uintptr_t end_of(const hak_span_t *span) {
    return span->base + span_bytes(span);
}

hak_span_t *guard_span(const void *pointer) {
    hak_window_t *window = window_find((uintptr_t)pointer);
    if (window == NULL) {
        return NULL;
    }
    size_t page = window_page_of(window, (uintptr_t)pointer);
    uint8_t class_id = window->class_of[page];
    while (page > 0 && (class_id == HAK_CLASS_DIRECT_BODY || class_id == HAK_CLASS_BIG_BODY)) {
        class_id = window->class_of[--page];
    }
    if (class_id != HAK_CLASS_DIRECT && class_id != HAK_CLASS_BIG) {
        return NULL;
    }
    hak_span_t *span = window->span_of[page];
    return span->guard_pages > 0 ? span : NULL;
}

bool guard_is_block(const hak_span_t *span, const void *pointer) {
    return block_of(span) == (uintptr_t)pointer;
}

bool guard_holds(const hak_span_t *span) {
    return canary_holds((void *)block_of(span), span->request_bytes,
                        own_bytes(span->request_bytes));
}

/* So that it reads as zero, also what it may grow into. */
static void clear(const hak_span_t *span) {
    if (!span->fresh && os_purge((void *)span->base, span_bytes(span)) != 0) {
        memset((void *)span->base, 0, span_bytes(span));
    }
}

/* Guards before and behind a block; where the kernel refuses one, it is done without. */
static void close_off(const hak_span_t *span, size_t bytes) {
    uintptr_t block = block_of(span), behind = block + own_bytes(bytes);
    if (__atomic_add_fetch(&guards.guarded, 1, __ATOMIC_RELAXED) <= GUARDED_MOST) { /* a bound */
        os_guard((void *)span->base, block - span->base);
        os_guard((void *)behind, end_of(span) - behind);
    }
}

static void hand_out(hak_span_t *span, size_t bytes) {
    exact_set_request(span, bytes);
    canary_fill((void *)block_of(span), bytes, own_bytes(bytes));
    live_raise(live_flag(block_of(span)),
               span->class_id); /* a span of the heap: no flag of it is up */
}

/* Gives a span that waited to the heap. Where the kernel cannot open its pages (it may have to
 * split a mapping) its address space is given up; memory is not in it. */
static void let_go(hak_span_t *span) {
    __atomic_sub_fetch(&guards.guarded, 1, __ATOMIC_RELAXED);
    span->guard_pages = 0;
    if (os_commit((void *)span->base, span_bytes(span)) == 0) {
        exact_free((void *)span->base);
    }
}

static void add_bytes(const hak_span_t *span, bool in) {
    size_t *bytes = &guards.bytes[class_pool(span->class_id)];
    __atomic_store_n(bytes, in ? *bytes + span_bytes(span) : *bytes - span_bytes(span),
                     __ATOMIC_RELAXED); /* a figure */
}

static size_t waiting_bytes(void) {
    return guards.bytes[POOL_DIRECT] + guards.bytes[POOL_BIG];
}

static hak_span_t **waiting_at(uint32_t i) {
    return &guards.ring[(guards.at + i) % WAITING_MOST];
}

/* Takes the one before which `i` came. */
static hak_span_t *take_waiting(uint32_t i) {
    hak_span_t *taken = *waiting_at(i);
    for (; i > 0; i--) {
        *waiting_at(i) = *waiting_at(i - 1);
    }
    guards.at = (guards.at + 1) % WAITING_MOST;
    guards.count--;
    add_bytes(taken, false);
    return taken;
}

/* A span of the kind that has room for so much and little more, after which half of what may wait
 * came in; NULL: there is none. */
static hak_span_t *take_fitting(unsigned kind, size_t bytes) {
    size_t later_bytes = waiting_bytes();
    for (uint32_t i = 0; i < guards.count; i++) {
        const hak_span_t *span = *waiting_at(i);
        later_bytes -= span_bytes(span);
        if (guards.count - i <= WAITING_MOST / 2 && later_bytes < WAITING_MOST_BYTES / 2) {
            break;
        }
        size_t room = end_of(span) - block_of(span) - os_page_bytes;
        if (span->class_id == kind && room >= bytes && room - bytes <= bytes / 4 + SPARE_BYTES) {
            return take_waiting(i);
        }
    }
    return NULL;
}

/* A block in a span that has waited: its guards are closed, and all of it is zero. */
static void *reuse(unsigned kind, size_t bytes, size_t room_bytes) {
    lock_acquire(&guards.lock, LOCK_RANK_HARDEN);
    hak_span_t *span = take_fitting(kind, own_bytes(bytes + room_bytes));
    lock_release(&guards.lock, LOCK_RANK_HARDEN);
    if (span == NULL) {
        return NULL;
    }
    if (os_commit((void *)block_of(span), own_bytes(bytes)) != 0) {
        let_go(span);
        return NULL;
    }
    hand_out(span, bytes);
    return (void *)block_of(span);
}

void *guard_alloc(size_t bytes, size_t alignment, size_t room_bytes, bool is_retry) {
    bool is_plain = alignment <= os_page_bytes;
    size_t front_bytes = is_plain ? os_page_bytes * (1 + canary_random() % FRONT_MOST) : alignment;
    bool fits = bytes <= HAK_MAX_REQUEST - room_bytes - front_bytes - 2 * os_page_bytes;
    unsigned kind = bytes > LARGE_MAX_SIZE ? HAK_CLASS_BIG : HAK_CLASS_DIRECT;
    void *block = fits && is_plain ? reuse(kind, bytes, room_bytes) : NULL;
    if (block != NULL) {
        return block;
    }
    size_t whole = fits ? front_bytes + own_bytes(bytes + room_bytes) + os_page_bytes
                        : HAK_MAX_REQUEST; /* which is refused, and counted */
    void *outer = exact_alloc(kind, is_retry ? HAK_CLASS_NONE : kind, whole, alignment, 0);
    if (outer == NULL) {
        return NULL;
    }
    hak_span_t *span = span_of(outer);
    clear(span);
    span->guard_pages = (uint32_t)(front_bytes >> HAK_PAGE_SHIFT);
    close_off(span, bytes);
    hand_out(span, bytes);
    return (void *)block_of(span);
}

static hak_span_t *take_oldest(void) {
    return guards.count == 0 ? NULL : take_waiting(0);
}

/* One that has to go for the bound's sake, or NULL. */
static hak_span_t *take_excess(void) {
    return waiting_bytes() > WAITING_MOST_BYTES || guards.count == WAITING_MOST ? take_oldest()
                                                                                : NULL;
}

/* Takes the block from the program; what is wrong with it, or NULL. Lock held. */
static const char *end_life(const hak_span_t *span, void *block) {
    if (span == NULL || !guard_is_block(span, block)) {
        return "free of a pointer into the middle of a block";
    }
    if (live_lower(live_flag((uintptr_t)block)) == HAK_CLASS_NONE) {
        return "double free";
    }
    return guard_holds(span) ? NULL : "write past the end of a block";
}

/* Lock held, which is not while a span is let go of: that takes calls of the kernel. */
static void add_waiting(hak_span_t *span) {
    hak_span_t *excess;
    exact_set_request(span, 0);
    *waiting_at(guards.count++) = span;
    add_bytes(span, true);
    while ((excess = take_excess()) != NULL) {
        lock_release(&guards.lock, LOCK_RANK_HARDEN);
        let_go(excess);
        lock_acquire(&guards.lock, LOCK_RANK_HARDEN);
    }
}

const char *guard_free(void *block) {
    lock_acquire(&guards.lock, LOCK_RANK_HARDEN);
    hak_span_t *span = guard_span(block);
    const char *wrong = end_life(span, block);
    lock_release(&guards.lock, LOCK_RANK_HARDEN);
    if (wrong != NULL) {
        return wrong;
    }
    size_t bytes = own_bytes(span->request_bytes); /* it is nobody else's now */
    os_guard(block, bytes);
    os_purge(block, bytes);
    lock_acquire(&guards.lock, LOCK_RANK_HARDEN);
    add_waiting(span);
    lock_release(&guards.lock, LOCK_RANK_HARDEN);
    return NULL;
}

bool guard_resize(void *block, size_t bytes) {
    hak_span_t *span = guard_span(block);
    size_t before = own_bytes(span->request_bytes), after = own_bytes(bytes);
    bool is_small = bytes + CANARY_ROOM <= MID_MAX_SIZE;
    if (is_small || (uintptr_t)block + after + os_page_bytes > end_of(span)) {
        return false;
    }
    lock_acquire(&guards.lock, LOCK_RANK_HARDEN); /* guard_holds must not see it half done */
    bool done = after <= before || os_commit((char *)block + before, after - before) == 0;
    if (done) {
        size_t kept = hak_min(span->request_bytes, bytes);
        memset((char *)block + kept, 0, hak_min(before, after) - kept);
        exact_set_request(span, bytes);
        canary_fill(block, bytes, after);
    }
    if (done && after < before) {
        os_guard((char *)block + after, before - after);
        os_purge((char *)block + after, before - after);
    }
    lock_release(&guards.lock, LOCK_RANK_HARDEN);
    return done;
}

bool guard_flush(void) {
    bool any = false;
    for (;;) {
        lock_acquire(&guards.lock, LOCK_RANK_HARDEN);
        hak_span_t *span = take_oldest();
        lock_release(&guards.lock, LOCK_RANK_HARDEN);
        if (span == NULL) {
            return any;
        }
        let_go(span);
        any = true;
    }
}

size_t guard_idle_bytes(hak_pool_id_t pool) {
    return __atomic_load_n(&guards.bytes[pool], __ATOMIC_RELAXED);
}
