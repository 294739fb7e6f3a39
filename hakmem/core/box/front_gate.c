/* front_gate.c - see front_gate.h: the slow paths of malloc and free. */
#include "front_gate.h"

#include <errno.h>
#include <string.h>

#include "../cache/upkeep.h"
#include "../hakmem_ace.h"
#include "../hakmem_tiers.h"
#include "../options/options.h"
#include "../os/door.h"
#include "../os/fatal.h"
#include "../os/os.h"
#include "../report/ace_failure.h"
#include "beside.h"
#include "front_gate_classifier.h"
#include "hardening.h"
#include "libc_bypass.h"

uint8_t gate_fine_class[GATE_FINE_ROWS];
uint8_t gate_page_class[GATE_PAGE_ROWS];
/* What the slow paths look at: the same tables, unless these are hidden from the fast path. */
const uint8_t *gate_fine_rows = gate_fine_class, *gate_page_rows = gate_page_class;

static hak_lock_t start_lock;
static bool started;

/* Marks the rows for the requests low … high: a row that lies within belongs to the class, one that
 * lies there in part has no class of its own. Row r holds the requests of (r - 1, r] units. */
static void claim(uint8_t *table, size_t rows, size_t unit, size_t low, size_t high, unsigned id) {
    size_t first = (low - 1) / unit + 1, last = (high - 1) / unit + 1; /* rows that are touched */
    size_t first_whole = (low - 1) % unit == 0 ? first : first + 1;
    size_t end_whole = hak_min(high / unit + 1, rows);
    if (first < rows && first_whole != first) {
        table[first] = HAK_CLASS_NONE;
    }
    if (last < rows && last >= end_whole) {
        table[last] = HAK_CLASS_NONE;
    }
    if (first_whole < end_whole) {
        memset(table + first_whole, (int)id, end_whole - first_whole);
    }
}

static void claim_both(size_t low, size_t high, unsigned id) {
    if (low <= high) {
        claim(gate_fine_class, GATE_FINE_ROWS, HAK_ALIGNMENT, low, high, id);
        claim(gate_page_class, GATE_PAGE_ROWS, HAK_PAGE_BYTES, low, high, id);
    }
}

/* Each class serves the requests above the next smaller class that W_MAX lets it serve. */
static void claim_pool(hak_pool_id_t pool) {
    size_t smaller_bytes = 0;
    unsigned id = hak_pools[pool].first;
    for (; id != HAK_CLASS_NONE && id <= hak_pools[pool].last; id++) {
        size_t class_bytes = hak_classes[id].block_bytes;
        claim_both(hak_max(smaller_bytes + 1, ace_least_request(id)), class_bytes, id);
#if POOL_TLS_PHASE1
        if (pool == POOL_MID) {
            claim_both(hak_max(smaller_bytes + 1, FRONT_LEAST), hak_min(class_bytes, FRONT_MOST),
                       id);
        }
#endif
        smaller_bytes = class_bytes;
    }
}

/* A block serves a smaller size where it lies down to half of the class, or to the bound of W_MAX;
 * also what no smaller class could. */
static void set_least_resize(void) {
    for (unsigned id = HAK_CLASS_FIRST; hak_classes[id].block_bytes != 0; id++) {
        hak_class_t *cls = &hak_classes[id];
        bool is_first = id == hak_pools[cls->pool].first;
        size_t smaller = is_first ? 0 : hak_classes[id - 1].block_bytes;
        bool is_bound = class_wmax((hak_pool_id_t)cls->pool) != 0;
        size_t least =
            is_bound ? ace_least_request(id) : hak_min(cls->block_bytes / 2, smaller + 1);
        cls->least_resize = (uint32_t)hak_max(least, 1);
    }
}

static void fill_tables(void) {
    if (hak_options.front_gate_unified == 0 || bypass_reason() != NULL) {
        return; /* every row 0: the slow path decides */
    }
    /* Where two pools could serve a request, the smaller one's class is the smaller. */
    claim_pool(POOL_LARGE);
    claim_pool(POOL_MID);
    claim_pool(POOL_SMALLMID);
    claim_pool(POOL_TINY);
    gate_fine_class[0] = gate_fine_class[1]; /* malloc(0) */
}

static void start(void) {
    HAK_CHECK(os_page_bytes() == HAK_PAGE_BYTES, "this machine's pages are not 4096 bytes", NULL);
    options_read();
    window_start();
    ace_failure_open();
    bypass_start();
    tiny_add_classes();
    smallmid_add_classes();
    mid_add_classes();
    large_add_classes();
    set_least_resize();
    fill_tables();
    cache_start();
    if (harden_is_on()) {
        harden_start();
    }
}

void gate_hide_tables(void) {
    HAK_APART static uint8_t fine[GATE_FINE_ROWS], page[GATE_PAGE_ROWS];
    memcpy(fine, gate_fine_class, sizeof(fine));
    memcpy(page, gate_page_class, sizeof(page));
    memset(gate_fine_class, HAK_CLASS_NONE, sizeof(gate_fine_class));
    memset(gate_page_class, HAK_CLASS_NONE, sizeof(gate_page_class));
    gate_fine_rows = fine;
    gate_page_rows = page;
}

void gate_start(void) {
    /* Acquire: what start() wrote is seen. */
    if (HAK_LIKELY(__atomic_load_n(&started, __ATOMIC_ACQUIRE))) {
        return;
    }
    lock_acquire(&start_lock, LOCK_RANK_INIT);
    if (!started) {
        start();
        __atomic_store_n(&started, true, __ATOMIC_RELEASE);
    }
    lock_release(&start_lock, LOCK_RANK_INIT);
}

unsigned gate_class_by_table(size_t bytes) {
    return bytes <= GATE_FINE_MAX ? gate_fine_rows[(bytes + HAK_ALIGNMENT - 1) / HAK_ALIGNMENT]
                                  : gate_page_rows[hak_pages_for(bytes)];
}

/* A class by the table; else by asking the tiers in turn. */
static unsigned class_of_request(size_t bytes) {
    unsigned class_id = gate_class_by_table(bytes);
    if (class_id == HAK_CLASS_NONE) {
        class_id = class_for(POOL_TINY, bytes);
    }
    return class_id != HAK_CLASS_NONE ? class_id : class_for(POOL_SMALLMID, bytes);
}

static void *alloc_sized(size_t bytes) {
    unsigned class_id = class_of_request(bytes);
    switch (class_pool(class_id)) {
    case POOL_TINY:
    case POOL_SMALLMID:
        return tier_alloc(class_id, bytes);
    case POOL_MID:
    case POOL_LARGE: {
        /* The table's class is the smallest that may serve: if it has a block at hand, ACE would
         * take just that one. */
        void *block = cache_pop(class_id);
        if (block != NULL) {
            depot_sample(class_id, bytes);
            return block;
        }
        break;
    }
    default:
        break;
    }
#if POOL_TLS_PHASE1
    if (bytes >= FRONT_LEAST && bytes <= FRONT_MOST && class_for(POOL_MID, bytes) != 0) {
        return ace_front_alloc(bytes);
    }
#endif
    return ace_alloc(bytes, HAK_ALIGNMENT);
}

void *gate_take(size_t bytes, size_t alignment) {
    void *block;
    cache_attach();
    hak_tls.fresh = false;
    if (alignment > HAK_ALIGNMENT) {
        block = gate_take_aligned(alignment, bytes);
    } else if (bytes > LARGE_MAX_SIZE) {
        block = exact_alloc(HAK_CLASS_BIG, HAK_CLASS_BIG, bytes, 0, 0);
    } else {
        block = alloc_sized(bytes);
    }
    upkeep_tick();
    return block;
}

/* The mid class that ACE would ask next if this one has nothing at hand, which shows without a
 * lock; 0: ACE has to look. */
static unsigned next_mid_class(unsigned class_id, size_t bytes) {
    bool is_mid = !POOL_TLS_PHASE1 && hak_classes[class_id].pool == POOL_MID &&
                  class_id < hak_pools[POOL_MID].last;
    return is_mid && hak_classes[class_id + 1].least_resize <= bytes && !depot_has_full(class_id) &&
                   !depot_has_warm(class_id)
               ? class_id + 1
               : HAK_CLASS_NONE;
}

static inline void *pop_own(unsigned class_id, size_t bytes, size_t alignment) {
    for (unsigned id = class_id; id != HAK_CLASS_NONE; id = next_mid_class(id, bytes)) {
        bool is_aligned = alignment <= HAK_ALIGNMENT || class_is_aligned(id, alignment);
        void *block = is_aligned ? cache_pop_own(id) : NULL;
        if (block != NULL) {
            depot_sample(id, bytes);
            return block;
        }
    }
    return NULL;
}

void *gate_pop_own(unsigned class_id, size_t bytes, size_t alignment) {
    return pop_own(class_id, bytes, alignment);
}

HAK_NOINLINE void *gate_malloc_unhardened(size_t bytes, unsigned class_id) {
    void *block = pop_own(class_id, bytes, HAK_ALIGNMENT);
    return block != NULL ? block : gate_malloc_past(bytes);
}

/* With hardening the table is empty, and gate_malloc_past is where this leads. */
HAK_NOINLINE void *gate_malloc_beyond(size_t bytes) {
    bool has_row = bytes <= LARGE_MAX_SIZE;
    return gate_malloc_unhardened(bytes,
                                  has_row ? gate_page_class[hak_pages_for(bytes)] : HAK_CLASS_NONE);
}

bool gate_enter(size_t bytes, size_t alignment, void **block) {
    if (HAK_LIKELY(door_enter())) {
        return true;
    }
    *block = beside_alloc(bytes, alignment);
    if (*block == NULL) {
        door_enter_late();
        return true;
    }
    hak_tls.fresh = true;
    return false;
}

bool gate_enter_to_free(void *block) {
    if (HAK_LIKELY(door_enter())) {
        return true;
    }
    if (!beside_wait(block)) {
        door_enter_late();
        return true;
    }
    if (!door_is_closed()) { /* who opened it may have looked too early */
        gate_free_waiting();
    }
    return false;
}

static void free_again(void *block) {
    unsigned class_id = classify_class(block);
    if (hak_options.harden >= HARDEN_ALL) {
        harden_free_careful(block, class_id);
    } else {
        gate_give(block, class_id);
    }
}

void gate_free_waiting(void) {
    beside_return(free_again);
}

HAK_NOINLINE void *gate_malloc_past(size_t bytes) {
    void *block = NULL;
    int saved_errno = errno;
    gate_start();
    if (bytes > HAK_MAX_REQUEST) {
        block = NULL;
    } else if (bypass_takes(bytes)) {
        return bypass_alloc(bytes, HAK_ALIGNMENT);
    } else if (gate_enter(bytes, HAK_ALIGNMENT, &block)) {
        block =
            harden_is_on() ? harden_alloc(bytes, HAK_ALIGNMENT) : gate_take(bytes, HAK_ALIGNMENT);
        door_leave();
    }
    errno = block != NULL ? saved_errno : ENOMEM;
    return block;
}

static void free_foreign(void *block) {
    if (!beside_free(block)) {
        HAK_CHECK(bypass_owns_foreign(), "free of a pointer that is nobody's", block);
        bypass_free(block);
    }
}

static void free_known(void *block, unsigned class_id) {
    switch (class_id) {
    case HAK_CLASS_BIG:
    case HAK_CLASS_DIRECT:
        exact_free(block);
        break;
    case HAK_CLASS_BIG_BODY:
    case HAK_CLASS_DIRECT_BODY:
    case HAK_CLASS_LARGE_BODY:
        hak_fatal("free of a pointer into the middle of a block", block);
    default: {
        void **top = hak_tls.top[class_id];
        if (magazine_is_full(top)) {
            cache_push_full(class_id, block);
        } else { /* a block of a window that the fast path does not look at */
            *top = block;
            cache_step_top(class_id, 1);
        }
        break;
    }
    }
}

void gate_give(void *block, unsigned class_id) {
    int saved_errno = errno;
    if (gate_enter_to_free(block)) {
        cache_attach();
        free_known(block, class_id);
        upkeep_tick();
        door_leave();
    }
    errno = saved_errno;
}

HAK_NOINLINE void gate_free_unhardened(void *block) {
    size_t quick_class = window_class_fast((uintptr_t)block);
    if (block != NULL &&
        (quick_class == HAK_CLASS_NONE || !cache_push_own((unsigned)quick_class, block))) {
        gate_free_past(block);
    }
}

HAK_NOINLINE void gate_free_past(void *block) {
    int saved_errno = errno;
    gate_start();
    unsigned class_id = classify_class(block);
    if (class_id == HAK_CLASS_NONE) {
        free_foreign(block);
    } else {
        gate_give(block, class_id);
    }
    errno = saved_errno;
}
