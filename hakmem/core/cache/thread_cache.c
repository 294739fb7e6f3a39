/* thread_cache.c - see thread_cache.h. */
#include "thread_cache.h"

#include "../options/options.h"
#include "../os/door.h"
#include "../os/os.h"
#include "../slab/size_sample.h"
#include "../span/limit.h"
#include "background.h"
#include "span_cache.h"
#include "threads.h"

/* Of a thread's first magazine of a class: so many blocks, or fewer of so many bytes in all. With
 * as many as go into the bytes small mailboxes take 1.28 times the memory. */
#define FIRST_CAPACITY 8
#define FIRST_BYTES    (64 * HAK_KIB)
/* Of the slow path, before a class has a magazine at all. With none imagemagick's trace peaks 1.34
 * times as high, with one git-repack's and the compiler's 1.03. */
#define FIRST_VISITS 2
/* Of a class, before its magazines grow beyond the usual. With none redis-small's trace peaks 1.07
 * times as high. */
#define BUSY_EXCHANGES 64
/* What the magazines of all threads may hold: a third of what spans in use hold; a half cost the
 * mailboxes memory, a quarter the servers speed. */
#define CACHE_SHARE 3
/* And of each thread at least. Without it four threads of 500 blocks each take 5 % more
 * instructions. */
#define THREAD_LEAST_BYTES (512 * HAK_KIB)
/* Many threads are mostly idle ones: so much is the least of all of them together. */
#define THREADS_LEAST_BYTES (40 * HAK_MIB)
/* Beyond its budget a thread gives the spare magazine of a class that holds such a share of that:
 * with no bound server-mixed takes up to 1.1 times the page faults. */
#define GIVEN_SHARE 16
/* So many looks later the next one, for a thread that holds little. */
#define UNLOOKED_MOST 3
/* Where there are several threads one of so many requests is noted for all, or the figures of a
 * class would go from core to core at each. A prime: few programs repeat their sizes so. */
#define SAMPLE_EVERY 7

uint64_t hak_purge_due_ms;
static uint32_t growths; /* atomic */

static void end_thread(void *unused) {
    (void)unused;
    door_enter_late();
    cache_flush();
    threads_remove();
    door_leave();
    background_wake();
    if (__atomic_load_n(&threads_count, __ATOMIC_RELAXED) == 0) { /* exact: nobody else is there */
        background_end_with_threads();
    }
}

void cache_start(void) {
    threads_start(end_thread);
}

static void set_spare(hak_thread_t *thread, unsigned class_id, hak_magazine_t *magazine) {
    thread->classes[class_id].spare = magazine;
    __atomic_store_n(&thread->classes[class_id].spare_blocks,
                     (uint8_t)(magazine == NULL ? 0 : magazine->count), __ATOMIC_RELAXED);
}

/* The loaded magazine, with its count noted; NULL: none is. */
static hak_magazine_t *unload(unsigned class_id) {
    void **top = hak_tls.top[class_id];
    if (top == MAGAZINE_VOID_TOP) {
        return NULL;
    }
    hak_magazine_t *magazine = magazine_of(top);
    magazine->count = magazine_count(top);
    cache_set_top(class_id, MAGAZINE_VOID_TOP);
    return magazine;
}

static bool may_be_quick(hak_thread_t *thread) {
    return thread != NULL && hak_options.purge_delay_ms != 0 && cache_may_be_quick(thread);
}

/* Loads the spare magazine of the class that serves, and takes a block. */
static HAK_NOINLINE void *load_spare(hak_thread_t *thread, unsigned class_id, unsigned source) {
    hak_magazine_t *spare = thread->classes[source].spare;
    set_spare(thread, source, unload(class_id));
    cache_load(thread, class_id, magazine_top(spare));
    return cache_take(class_id);
}

/* NULL: there is none, or it is empty. */
static inline void *take_spare(hak_thread_t *thread, unsigned class_id, unsigned source) {
    const hak_magazine_t *spare = thread->classes[source].spare;
    return spare == NULL || spare->count == 0 ? NULL : load_spare(thread, class_id, source);
}

static unsigned grown_capacity(hak_thread_t *thread, unsigned class_id);

/* For a front: what the thread freed of its home, if that is half a magazine. A thread that frees
 * and takes in turn would fetch each block by itself. */
static HAK_NOINLINE void *take_home(hak_thread_t *thread, unsigned front) {
    unsigned source = cache_source(front);
    void **empty = hak_tls.top[front], **top = hak_tls.top[source];
    if (top[-1] == NULL || magazine_count(top) < (thread->classes[source].capacity + 1u) / 2) {
        return take_spare(thread, front, source);
    }
    cache_set_top(source, MAGAZINE_VOID_TOP);
    if (empty != MAGAZINE_VOID_TOP) {
        unsigned capacity = magazine_is_full(top) ? grown_capacity(thread, source) : 0;
        empty = capacity > 0 ? magazine_reset(magazine_of(empty), capacity) : empty;
        cache_load(thread, source, empty);
    }
    cache_load(thread, front, top);
    return cache_take(front);
}

/* A block of what the thread has itself, but not in the loaded magazine, which is empty. */
static inline void *take_own(hak_thread_t *thread, unsigned class_id) {
    return HAK_LIKELY(!homes_is_front(class_id)) ? take_spare(thread, class_id, class_id)
                                                 : take_home(thread, class_id);
}

void *cache_pop_own(unsigned class_id) {
    hak_thread_t *thread = hak_tls.thread;
    /* No look at the class's row: the class may be another one by now (see size_class.h). */
    if (thread == NULL ||
        (hak_tls.top[class_id] == MAGAZINE_VOID_TOP && thread->classes[class_id].spare == NULL) ||
        !may_be_quick(thread)) {
        return NULL;
    }
    void *block = cache_take(class_id);
    return block != NULL ? block : take_own(thread, class_id);
}

bool cache_push_own(unsigned class_id, void *block) {
    hak_thread_t *thread = hak_tls.thread;
    hak_magazine_t *spare;
    if (hak_classes[class_id].magazine_blocks == 0 || !may_be_quick(thread) ||
        (spare = thread->classes[class_id].spare) == NULL || spare->count != 0) {
        return false;
    }
    set_spare(thread, class_id, unload(class_id));
    cache_load_with(thread, class_id, spare, thread->classes[class_id].capacity, block);
    return true;
}

/* Of what all threads' magazines may hold; SIZE_MAX: nobody else is kept from these blocks. Under
 * HAKMEM_LIMIT that is less the nearer it is. */
static size_t thread_share(size_t used, size_t least_bytes) {
    size_t count = __atomic_load_n(&threads_count, __ATOMIC_RELAXED); /* a rule of thumb */
    size_t all = hak_max(used / CACHE_SHARE, least_bytes);
    return count <= 1 ? SIZE_MAX : hak_min(all, limit_room_bytes(used) / 2) / count;
}

/* A look at what a thread may have, and what it may hold: what is more goes to the depots. */
static size_t thread_budget(hak_thread_t *thread) {
    size_t used = heap_used_hint();
    thread->most_room = thread_share(used, THREADS_LEAST_BYTES);
    return hak_max(thread_share(used, 0), hak_min(thread->most_room, THREAD_LEAST_BYTES));
}

/* What the magazines of a class take of a thread's room: a loaded one and a spare, full, and they
 * themselves. */
static size_t room_of(unsigned class_id, unsigned capacity) {
    size_t block_bytes = hak_classes[class_id].block_bytes;
    return capacity == 0 ? 0 : 2 * (MAGAZINE_BYTES + capacity * block_bytes);
}

static void set_capacity(hak_thread_t *thread, unsigned class_id, unsigned capacity) {
    hak_thread_class_t *class = &thread->classes[class_id];
    if (capacity != class->capacity) {
        thread->room_bytes += room_of(class_id, capacity) - room_of(class_id, class->capacity);
        __atomic_store_n(&class->capacity, (uint8_t)capacity, __ATOMIC_RELAXED); /* a hint */
    }
}

/* Whether a thread may have magazines of the class that are so much larger. */
static bool has_room(hak_thread_t *thread, unsigned class_id, unsigned capacity) {
    size_t more_bytes =
        room_of(class_id, capacity) - room_of(class_id, thread->classes[class_id].capacity);
    if (HAK_UNLIKELY(thread->most_room == 0)) {
        (void)thread_budget(thread);
    }
    return thread->room_bytes + more_bytes <= thread->most_room;
}

static unsigned first_capacity(unsigned class_id) {
    size_t first = hak_max(FIRST_BYTES / hak_classes[class_id].block_bytes, 1);
    return (unsigned)hak_min(first, FIRST_CAPACITY);
}

/* The capacity of a class's next magazine: doubled at each exchange with the depot up to half of
 * the most that the class may have; beyond that only where the thread goes on exchanging, so that
 * few classes hold so much at a time. A thread that holds much stays at what it has. 0: it took
 * and gave back a single block, as many threads do that then rest; or among many it has no room for
 * a magazine. */
static unsigned grown_capacity(hak_thread_t *thread, unsigned class_id) {
    unsigned most = hak_classes[class_id].magazine_blocks;
    unsigned usual = (most + 1) / 2;
    unsigned now = thread->classes[class_id].capacity;
    unsigned next = 2 * now;
    /* With hardening the slab is not to go back with its only block: a second free of that one is
     * then told for what it is. */
    if (now == 0 && thread->classes[class_id].exchanges < FIRST_VISITS && hak_options.harden == 0) {
        thread->classes[class_id].exchanges++;
        return 0;
    }
    if (now == 0) {
        thread->classes[class_id].exchanges = 0;
        next = first_capacity(class_id);
    } else if (thread->is_over_budget) {
        next = now;
    } else if (now < usual) {
        next = (unsigned)hak_min(next, usual);
    } else if (now < most && ++thread->classes[class_id].exchanges < BUSY_EXCHANGES) {
        next = now;
    }
    next = hak_min(next, most);
    if (next > now && has_room(thread, class_id, next)) {
        set_capacity(thread, class_id, next);
    }
    return thread->classes[class_id].capacity;
}

/* The loaded magazine's top, empty; a new magazine where there is none. */
static void **empty_top(hak_thread_t *thread, unsigned class_id, unsigned source) {
    unsigned capacity = grown_capacity(thread, source);
    hak_magazine_t *loaded = unload(class_id);
    if (loaded == NULL && capacity > 0) {
        loaded = depot_take_empty(source, NULL);
    }
    return loaded == NULL ? NULL : magazine_reset(loaded, capacity);
}

/* A block that comes from another thread or from a slab is most likely not in this core's cache,
 * and will be written soon. A block without memory behind it causes no fault. */
static inline void prefetch(const void *block) {
    __builtin_prefetch(block, 1);
}

static inline void prefetch_all(void *const *blocks, unsigned count) {
#pragma GCC unroll 4
    for (void *const *end = blocks + count; blocks < end; blocks++) {
        prefetch(*blocks);
    }
}

/* Turns blocks round, so that the lowest comes last and is handed out first. */
static void reverse(void **blocks, unsigned count) {
    void **low = blocks, **high = blocks + count;
    for (; high - low > 1; low++) {
        void *block = *low;
        *low = *--high;
        *high = block;
        prefetch(block);
        prefetch(*low);
    }
    if (low < high) {
        prefetch(*low);
    }
}

/* A block of the slabs, and a magazine full beside it: they are taken into the magazine itself, for
 * the stack has little room, and the first into the slot below, which is to hold NULL. */
static void *refill(unsigned class_id, hak_slab_choice_t choice) {
    hak_thread_t *thread = hak_tls.thread;
    void *first, **blocks = &first, **top = NULL;
    unsigned source = cache_source(class_id), want = 0;
    if (thread != NULL && hak_classes[class_id].magazine_blocks > 0) {
        top = empty_top(thread, class_id, source);
    }
    if (top != NULL) {
        want = thread->classes[source].capacity;
        blocks = top - 1;
    }
    unsigned taken = slab_take(source, blocks, want + 1, choice);
    first = taken == 0 ? NULL : blocks[0];
    if (top != NULL) {
        unsigned kept = taken == 0 ? 0 : taken - 1;
        blocks[0] = NULL;
        reverse(top, kept);
        cache_load(thread, class_id, top + kept);
    }
    cache_note_flow(class_id, -(ptrdiff_t)taken);
    return first;
}

/* For a thread that has no room for it. */
static void *take_one(unsigned class_id, hak_magazine_t *full) {
    void *block = *magazine_slot(full, full->bottom + --full->count);
    cache_note_flow(class_id, (ptrdiff_t)full->count);
    depot_put(class_id, &full, 1);
    return block;
}

void *cache_pop(unsigned class_id) {
    void *block = cache_take(class_id);
    if (block != NULL || !class_has_slabs(class_id)) {
        return block;
    }
    hak_thread_t *thread = hak_tls.thread;
    unsigned source = cache_source(class_id);
    if (thread != NULL) {
        if ((block = take_own(thread, class_id)) != NULL) {
            return block;
        }
        hak_magazine_t *full =
            depot_has_full(source) ? depot_take_full(source, thread->classes[source].spare) : NULL;
        if (full != NULL) {
            set_spare(thread, source, unload(class_id));
            grown_capacity(thread, source);
            cache_note_flow(class_id, -(ptrdiff_t)full->count);
            if (thread->classes[source].capacity == 0) {
                return take_one(source, full);
            }
            cache_load(thread, class_id, magazine_top(full));
            prefetch_all(magazine_slot(full, full->bottom), full->count);
            return cache_take(class_id);
        }
    }
    return depot_has_warm(source) ? refill(class_id, SLAB_WARM_ONLY) : NULL;
}

void *cache_refill(unsigned class_id) {
    return refill(class_id, SLAB_ANY);
}

void cache_sample(unsigned class_id, size_t request_bytes) {
    hak_thread_t *thread = hak_tls.thread;
    size_sample(request_bytes);
    if (thread == NULL || __atomic_load_n(&threads_count, __ATOMIC_RELAXED) <= 1) { /* a hint */
        depot_sample(class_id, request_bytes, 1);
    } else if (++thread->unsampled == SAMPLE_EVERY) {
        thread->unsampled = 0;
        depot_sample(class_id, request_bytes, SAMPLE_EVERY);
    }
}

static void drop_class(hak_thread_t *thread, unsigned class_id);

void cache_push_full(unsigned class_id, void *block) {
    if (!class_has_slabs(class_id)) {
        span_cache_push(class_id, block);
        return;
    }
    hak_thread_t *thread = hak_tls.thread;
    if (thread != NULL && HAK_UNLIKELY(class_is_retired(class_id))) {
        drop_class(thread, class_id);
        cache_note_flow(class_id, 1);
        slab_give(class_id, &block, 1);
        return;
    }
    if (thread == NULL || hak_classes[class_id].magazine_blocks == 0) {
        slab_give(class_id, &block, 1);
        return;
    }
    hak_magazine_t *loaded = unload(class_id);
    hak_magazine_t *empty = NULL;
    if (loaded == NULL) {
        empty = grown_capacity(thread, class_id) == 0 ? NULL : depot_take_empty(class_id, NULL);
    } else {
        hak_magazine_t *spare = thread->classes[class_id].spare;
        if (spare != NULL && spare->count == 0) {
            empty = spare;
        } else {
            cache_note_flow(class_id, spare == NULL ? 0 : (ptrdiff_t)spare->count);
            empty = depot_take_empty(class_id, spare);
            grown_capacity(thread, class_id);
        }
        set_spare(thread, class_id, loaded);
    }
    if (empty == NULL) {
        cache_note_flow(class_id, 1);
        slab_give(class_id, &block, 1);
        return;
    }
    cache_load_with(thread, class_id, empty, thread->classes[class_id].capacity, block);
}

/* A class without slabs: each block is a span. */
static void release_spans(hak_thread_t *thread, unsigned class_id, hak_magazine_t *loaded) {
    thread->span_bytes -=
        (MAGAZINE_SLOTS - loaded->bottom) * (size_t)hak_classes[class_id].block_bytes;
    for (; loaded->count > 0; loaded->count--) {
        span_cache_release(class_id, magazine_top(loaded)[-1]);
    }
}

/* A class without slabs has no spare magazine. */
static void flush_class(hak_thread_t *thread, unsigned class_id) {
    hak_magazine_t *magazines[2];
    unsigned count = 0;
    if ((magazines[count] = unload(class_id)) != NULL) {
        if (!class_has_slabs(class_id)) {
            release_spans(thread, class_id, magazines[count]);
        }
        count++;
    }
    if ((magazines[count] = thread->classes[class_id].spare) != NULL) {
        set_spare(thread, class_id, NULL);
        count++;
    }
    if (count > 0) {
        depot_put(cache_source(class_id), magazines, count);
    }
}

/* Its next magazine is of that capacity at most. (Of 0 only where no front has one, either, whose
 * magazines are of the capacity of its home's class.) */
static void start_again(hak_thread_t *thread, unsigned class_id, unsigned most) {
    set_capacity(thread, class_id, hak_min(thread->classes[class_id].capacity, most));
    thread->classes[class_id].exchanges = 0;
}

static void drop_class(hak_thread_t *thread, unsigned class_id) {
    flush_class(thread, class_id);
    start_again(thread, class_id, 0);
}

void cache_flush(void) {
    hak_thread_t *thread = hak_tls.thread;
    if (thread == NULL) {
        return;
    }
    for (unsigned id = HAK_CLASS_FIRST; id < hak_class_end; id++) {
        drop_class(thread, id);
    }
}

void cache_drop_retired(unsigned class_id) {
    if (hak_tls.thread != NULL && class_is_retired(class_id)) {
        drop_class(hak_tls.thread, class_id);
    }
}

/* A class whose top stands where it stood a tick ago was most likely not used since. If it was, in
 * pairs of malloc and free, it fetches the magazine back from the depot at the cost of an exchange
 * per tick. */
static bool is_idle(const hak_thread_t *thread, unsigned class_id) {
    void **top = hak_tls.top[class_id];
    return (uint32_t)(uintptr_t)top == thread->classes[class_id].top_at_tick &&
           (top != MAGAZINE_VOID_TOP || thread->classes[class_id].spare != NULL);
}

static void note_top(hak_thread_t *thread, unsigned class_id) {
    thread->classes[class_id].top_at_tick = (uint32_t)(uintptr_t)hak_tls.top[class_id];
}

static void flush_idle(hak_thread_t *thread) {
    for (unsigned id = HAK_CLASS_FIRST; id < hak_class_end; id++) {
        if (is_idle(thread, id)) {
            flush_class(thread, id);
            start_again(thread, id, (hak_classes[id].magazine_blocks + 1u) / 2);
        }
        note_top(thread, id);
        bool is_held = thread->classes[id].capacity != 0 || hak_tls.top[id] != MAGAZINE_VOID_TOP;
        if (is_held && HAK_UNLIKELY(class_is_retired(id))) {
            drop_class(thread, id);
        }
    }
}

static void empty_into_slabs(unsigned class_id, hak_magazine_t *magazine) {
    if (magazine != NULL) {
        slab_give(class_id, magazine_slot(magazine, magazine->bottom), magazine->count);
        magazine->count = 0;
        depot_put(class_id, &magazine, 1);
    }
}

/* Of a class that the program leaves, the blocks of a magazine may keep all slabs, and of blocks
 * below a page also the pages that others share with them. So they go back to the slabs at once. */
static bool is_left_behind(const hak_thread_t *thread, unsigned class_id) {
    return is_idle(thread, class_id) && hak_classes[class_id].pool <= POOL_SMALLMID &&
           depot_is_sparse(cache_source(class_id), 2);
}

static void return_left_behind(hak_thread_t *thread) {
    for (unsigned id = HAK_CLASS_FIRST; id < hak_class_end; id++) {
        if (is_left_behind(thread, id)) {
            empty_into_slabs(cache_source(id), unload(id));
            hak_magazine_t *spare = thread->classes[id].spare;
            set_spare(thread, id, NULL);
            empty_into_slabs(id, spare);
            start_again(thread, id, first_capacity(id));
        }
        note_top(thread, id);
    }
}

static inline size_t held_bytes(const hak_thread_t *thread, unsigned class_id) {
    size_t blocks = cache_held_blocks(thread, class_id);
    return blocks == 0 ? 0 : blocks * hak_classes[class_id].block_bytes;
}

/* Of all classes. */
static size_t all_held_bytes(const hak_thread_t *thread) {
    size_t held = 0;
    for (unsigned id = HAK_CLASS_FIRST; id < hak_class_end; id++) {
        held += held_bytes(thread, id);
    }
    return held;
}

/* Looks at what the thread holds. Beyond its budget the spare magazines of the classes that hold
 * most go to the depot, and their next ones are half as large. A thread that holds less than half
 * of it is left alone for some looks. */
static void keep_budget(hak_thread_t *thread) {
    if (thread->unlooked > 0) {
        thread->unlooked--;
        return;
    }
    size_t budget = thread_budget(thread);
    size_t held = thread->room_bytes + thread->span_bytes;
    held = held <= budget / 2 ? held : all_held_bytes(thread);
    thread->unlooked = held <= budget / 2 ? UNLOOKED_MOST : 0;
    thread->is_over_budget = held > budget;
    if (!thread->is_over_budget) {
        return;
    }
    for (unsigned id = HAK_CLASS_FIRST; id < hak_class_end; id++) {
        if (held_bytes(thread, id) > budget / GIVEN_SHARE && class_has_slabs(id)) {
            hak_magazine_t *spare = thread->classes[id].spare;
            if (spare != NULL) {
                set_spare(thread, id, NULL);
                depot_put(id, &spare, 1);
            }
            set_capacity(thread, id, hak_max(thread->classes[id].capacity / 2, 1));
        }
    }
}

/* And every TICK_OPS times at what the thread holds. */
static HAK_NOINLINE uint64_t look_at_clock(hak_thread_t *thread) {
    uint64_t now_ms = os_clock_ms();
    if (thread->slow_ops % TICK_OPS != 0) {
        return now_ms;
    }
    if (hak_options.purge_delay_ms != 0 && now_ms >= thread->next_tick_ms) {
        thread->next_tick_ms = now_ms + hak_options.purge_delay_ms;
        flush_idle(thread);
    } else if (thread->growths != HAK_RELAXED(growths)) { /* a hint */
        thread->growths = HAK_RELAXED(growths);
        return_left_behind(thread);
    }
    keep_budget(thread);
    return now_ms;
}

void cache_note_growth(void) {
    __atomic_fetch_add(&growths, 1, __ATOMIC_RELAXED);
}

uint64_t cache_tick(void) {
    hak_thread_t *thread = hak_tls.thread;
    if (thread == NULL || (++thread->slow_ops % TICK_OPS != 0 && cache_purge_due_ms() == 0)) {
        return 0;
    }
    return look_at_clock(thread);
}
