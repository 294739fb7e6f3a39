/* harden.c - see harden.h. The look at all blocks is in harden_damage.c. */
#include "harden.h"

#include <errno.h>
#include <string.h>

#include "../box/class_table.h"
#include "../box/front_gate_classifier.h"
#include "../box/plain.h"
#include "../cache/upkeep.h"
#include "../hakmem_tiers.h"
#include "../os/fatal.h"
#include "../slab/slab_guard.h"
#include "canary.h"
#include "guard.h"
#include "laid.h"
#include "live.h"
#include "quarantine.h"

enum { CLOSED_PAGES = 4 }; /* of a slab of the closed class */

typedef struct hak_reasons {
    const char *middle, *freed, *invalid;
} hak_reasons_t;

static const hak_reasons_t of_free = {"free of a pointer into the middle of a block", "double free",
                                      "free of an invalid pointer"};
static const hak_reasons_t of_realloc = {"realloc of a pointer into the middle of a block",
                                         "realloc of a freed block",
                                         "realloc of an invalid pointer"};
static const hak_reasons_t of_size = {"size of a pointer into the middle of a block",
                                      "size of a freed block", "size of an invalid pointer"};

static bool is_body(unsigned class_id) {
    return class_id >= HAK_CLASS_LARGE_BODY && class_id <= HAK_CLASS_BIG_BODY;
}

static unsigned closed_class; /* of requests for no bytes */

/* Of no pool's range of classes: nothing but a request for no bytes leads to it. */
static void add_closed_class(void) {
    hak_class_t *cls = class_add(POOL_NONE, HAK_ALIGNMENT);
    closed_class = (unsigned)(cls - hak_classes);
    hak_pools[POOL_NONE].first = hak_pools[POOL_NONE].last = HAK_CLASS_NONE;
    cls->pool = POOL_TINY;
    cls->is_closed = true;
    cls->least_resize = 1;
    class_set_slab(cls, CLOSED_PAGES, CLOSED_PAGES);
    class_set_caching(cls, HAK_PAGE_BYTES, CLOSED_PAGES * HAK_PAGE_BYTES);
}

void harden_start(void) {
    bool is_quick = hak_options.harden == HARDEN_FREES;
    if (!is_quick) {
        add_closed_class();
        slab_guard_start();
    }
    canary_start();
    class_table_hide();
    window_harden(is_quick ? 1 : 2);
}

/* The reason why a pointer of hakmem's is not a live block. */
static HAK_NOINLINE const char *reason(const hak_reasons_t *of, const void *pointer,
                                       unsigned class_id) {
    if (is_body(class_id)) {
        const hak_span_t *guarded = guard_span(pointer);
        return guarded != NULL && guard_is_block(guarded, pointer) ? of->freed : of->middle;
    }
    const hak_span_t *span = span_of(pointer);
    if (span == NULL || span->class_id != class_id) { /* its page was freed just now */
        return of->invalid;
    }
    bool begins = span->is_slab ? slab_block_index(span, pointer) >= 0
                                : span->base == (uintptr_t)pointer && span->guard_pages == 0;
    return begins ? of->freed : of->middle;
}

/* A block from the thread's magazine, else as the slow path of malloc gets it. */
static void *take(size_t bytes, size_t alignment, unsigned class_id) {
    void *block = cache_take(class_id);
    if (block != NULL) {
        return block;
    }
    if (class_id != HAK_CLASS_NONE && (block = cache_pop_own(class_id)) != NULL) {
        cache_sample(class_id, bytes);
        return block;
    }
    return plain_take(bytes, alignment);
}

static _Noreturn HAK_NOINLINE void free_list_corrupt(const void *block) {
    hak_fatal("free list corrupt, it holds what is not free", block);
}

void harden_raise(void *block, unsigned class_id) {
    uint8_t *flag = live_flag((uintptr_t)block);
    if (flag == NULL || classify_class(block) != class_id || !live_raise(flag, class_id)) {
        free_list_corrupt(block);
    }
}

void *harden_hand_out(void *block) {
    if (block != NULL) {
        harden_raise(block, classify_class(block));
    }
    return block;
}

static unsigned class_of_request(size_t bytes, size_t alignment) {
    if (alignment > HAK_ALIGNMENT) {
        return class_by_table_aligned(class_table_fine_rows, alignment, bytes);
    }
    return bytes <= LARGE_MAX_SIZE ? class_by_table(bytes) : HAK_CLASS_NONE;
}

/* A free block drawn at random from some of its class. */
static void *draw(size_t bytes, size_t alignment) {
    unsigned wanted = class_of_request(bytes, alignment);
    void *block, *drawn = NULL;
    while (drawn == NULL && (block = take(bytes, alignment, wanted)) != NULL) {
        unsigned class_id = classify_class(block);
        drawn = class_has_slabs(class_id) ? quarantine_draw(class_id, block) : block;
    }
    return drawn;
}

static void *draw_closed(void) {
    void *block, *drawn = NULL;
    upkeep_tick();
    while (drawn == NULL && (block = tier_alloc(closed_class, 0)) != NULL) {
        drawn = quarantine_draw(closed_class, block);
    }
    return drawn;
}

static void *alloc_laid(size_t bytes, size_t alignment) {
    void *block = bytes == 0 ? draw_closed() : draw(bytes + CANARY_ROOM, alignment);
    if (block != NULL) {
        unsigned class_id = classify_class(block);
        uint8_t *flag = live_flag((uintptr_t)block);
        if (flag == NULL || live_is_up(flag)) {
            free_list_corrupt(block);
        }
        HAK_CHECK(laid_prepare(block, class_id, bytes), "write to a freed block", block);
        harden_raise(block, class_id);
    }
    return block;
}

/* All of it reads as zero. */
static void *alloc_careful(size_t bytes, size_t alignment, size_t room_bytes) {
    bool is_guarded = alignment > HAK_PAGE_BYTES || bytes + CANARY_ROOM > MID_MAX_SIZE ||
                      (bytes == 0 && alignment > HAK_ALIGNMENT);
    cache_attach();
    void *block = is_guarded ? guard_alloc(bytes, alignment, room_bytes, false)
                             : alloc_laid(bytes, alignment);
    bool is_hopeless = hak_max(bytes, alignment) >= HAK_ADDRESS_SPACE;
    if (block == NULL && !is_hopeless && harden_reclaim()) {
        block = is_guarded ? guard_alloc(bytes, alignment, 0, true) : alloc_laid(bytes, alignment);
    }
    hak_tls.fresh = true;
    return block;
}

void *harden_alloc(size_t bytes, size_t alignment) {
    if (HAK_UNLIKELY(hak_options.harden >= HARDEN_ALL)) {
        return alloc_careful(bytes, alignment, 0);
    }
    return harden_hand_out(take(bytes, alignment, class_of_request(bytes, alignment)));
}

void *harden_alloc_growing(size_t bytes, size_t before_bytes) {
    /* An array that grows by small steps is not copied at each. */
    bool grows = bytes > before_bytes && bytes < HAK_MAX_REQUEST / 2;
    return alloc_careful(bytes, HAK_ALIGNMENT, grows ? before_bytes / 4 : 0);
}

void harden_end(void *block, unsigned class_id) {
    if (hak_options.harden >= HARDEN_ALL && is_body(class_id)) {
        return; /* the guards' lock is to be held: guard_free */
    }
    uint8_t *flag = live_flag((uintptr_t)block);
    if (flag == NULL || live_lower(flag) == HAK_CLASS_NONE) {
        hak_fatal(reason(&of_free, block, class_id), block);
    }
}

/* The block waits, and one that has waited is free. */
static void *retire_laid(void *block, unsigned class_id) {
    size_t request_bytes;
    const char *wrong = laid_damage(block, class_id, &request_bytes);
    HAK_CHECK(wrong == NULL, wrong, block);
    laid_clear(block, class_id);
    if (class_has_slabs(class_id)) {
        block = quarantine_put(class_id, block);
        HAK_CHECK(block == NULL || laid_is_clear(block, class_id), "write to a freed block", block);
    }
    return block;
}

void *harden_retire(void *block, unsigned class_id) {
    if (!is_body(class_id)) {
        return retire_laid(block, class_id);
    }
    const char *wrong = guard_free(block);
    HAK_CHECK(wrong == NULL, wrong, block);
    upkeep_tick();
    return NULL;
}

/* Stops the process unless the block is live; its flag. */
static uint8_t *check_live(const hak_reasons_t *of, const void *block, unsigned class_id) {
    uint8_t *flag = live_flag((uintptr_t)block);
    if (flag == NULL || !live_is_up(flag)) {
        hak_fatal(reason(of, block, class_id), block);
    }
    return flag;
}

/* What a live block of level 2 was asked for. */
static size_t request_of(const void *block, unsigned class_id) {
    const hak_span_t *span = is_body(class_id) ? guard_span(block) : NULL;
    size_t request_bytes;
    if (span != NULL) {
        HAK_CHECK(guard_holds(span), "write past the end of a block", block);
        return span->request_bytes;
    }
    const char *wrong = laid_damage(block, class_id, &request_bytes);
    HAK_CHECK(wrong == NULL, wrong, block);
    return request_bytes;
}

size_t harden_usable(const void *block, unsigned class_id) {
    check_live(&of_size, block, class_id);
    return hak_options.harden >= HARDEN_ALL ? request_of(block, class_id)
                                            : laid_capacity(block, class_id);
}

/* Whether a live block of level 1 may have been asked for so: a block of slabs serves sizes from
 * that on to which it may be resized, unless it was chosen for its alignment. */
static bool may_be_of(const void *block, unsigned class_id, size_t bytes, size_t alignment) {
    bool is_plain = alignment <= HAK_ALIGNMENT && !POOL_TLS_PHASE1;
    if (class_id >= HAK_CLASS_LIMIT) {
        return is_plain ? span_of(block)->request_bytes == bytes : bytes <= exact_usable(block);
    }
    const hak_class_t *cls = &hak_classes[class_id];
    return bytes <= cls->block_bytes && (!is_plain || bytes + (bytes == 0) >= cls->least_resize);
}

static bool is_power_of_two(size_t n) {
    return n != 0 && (n & (n - 1)) == 0;
}

void harden_check_size(const void *block, size_t bytes, size_t alignment) {
    unsigned class_id = classify_class(block);
    const uint8_t *flag = live_flag((uintptr_t)block);
    if (class_id == HAK_CLASS_NONE || flag == NULL || !live_is_up(flag)) {
        return; /* what this is, the free itself says */
    }
    bool fits = hak_options.harden >= HARDEN_ALL ? request_of(block, class_id) == bytes
                                                 : may_be_of(block, class_id, bytes, alignment);
    HAK_CHECK(fits, "free with a size that the block does not have", block);
    HAK_CHECK(!is_power_of_two(alignment) || ((uintptr_t)block & (alignment - 1)) == 0,
              "free with an alignment that the block does not have", block);
}

static bool resize_laid(void *block, unsigned class_id, uint8_t *flag, size_t before,
                        size_t bytes) {
    size_t was = live_lower(flag); /* so that no look at all blocks sees it half laid */
    bool done = laid_resize(block, class_id, before, bytes);
    live_raise(flag, was);
    return done;
}

void harden_check_live(const void *block, unsigned class_id) {
    check_live(&of_realloc, block, class_id);
}

void harden_set_class(void *block) {
    live_set_class(live_flag((uintptr_t)block), classify_class(block));
}

bool harden_resize(void *block, unsigned class_id, size_t bytes, size_t *before_bytes) {
    uint8_t *flag = check_live(&of_realloc, block, class_id);
    *before_bytes = request_of(block, class_id);
    return is_body(class_id) ? guard_resize(block, bytes)
                             : resize_laid(block, class_id, flag, *before_bytes, bytes);
}

bool harden_reclaim(void) {
    bool any = false;
    for (unsigned id = HAK_CLASS_FIRST; id < HAK_CLASS_LIMIT; id++) {
        void *block;
        while ((block = quarantine_take(id)) != NULL) {
            HAK_CHECK(laid_is_clear(block, id), "write to a freed block", block);
            plain_give_own(block, id);
            any = true;
        }
        while ((block = quarantine_draw_last(id)) != NULL) {
            plain_give_own(block, id);
            any = true;
        }
    }
    any = guard_flush() || any;
    if (any) {
        upkeep_return();
    }
    return any;
}

size_t harden_idle_blocks(unsigned class_id) {
    return quarantine_count(class_id);
}

size_t harden_idle_bytes(hak_pool_id_t pool) {
    return guard_idle_bytes(pool);
}

size_t harden_room(void) {
    return hak_options.harden >= HARDEN_ALL ? CANARY_ROOM : 0;
}

size_t harden_flag_bytes(void) {
    size_t bytes = 0;
    for (unsigned id = HAK_CLASS_FIRST; harden_is_on() && id < hak_class_end; id++) {
        hak_depot_figures_t depot;
        depot_read(id, &depot);
        if (depot.blocks == 0) {
            continue;
        }
        bool is_pages = class_is_aligned(id, HAK_PAGE_BYTES);
        bytes += depot.blocks *
                 (hak_classes[id].block_bytes >> (is_pages ? LIVE_MAP_MOST : LIVE_MAP_LEAST));
    }
    return bytes;
}
