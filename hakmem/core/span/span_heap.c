/* span_heap.c - see span_heap.h: taking, growing, giving back. What is free is in span_store.c. */
#include "span_heap.h"

#include <errno.h>
#include <string.h>

#include "../os/door.h"
#include "../os/fatal.h"
#include "../os/lock.h"
#include "../os/os.h"
#include "deferred.h"
#include "huge.h"
#include "limit.h"
#include "meta.h"
#include "span_store.h"

static struct {
    size_t purged_bytes; /* under the store's lock */
    uint64_t purges;
} heap;

struct hak_deferred hak_deferred;
const hak_place_t hak_no_place = {.words = {1, 1, 1, 1, 1, 1, 1, 1}};

static void acquire(void) {
    lock_acquire(&hak_store.lock, LOCK_RANK_HEAP);
}

static void release(void) {
    lock_release(&hak_store.lock, LOCK_RANK_HEAP);
}

/* Files one among the free spans that counted as used. */
static void file_free(hak_span_t *span) {
    size_t first = window_page_of(span->window, span->base);
    memset(span->window->class_of + first, HAK_CLASS_NONE, span->pages);
    store_count_used(-(ptrdiff_t)span->pages);
    store_insert(span, SPAN_DIRTY);
}

hak_place_t *deferred_place(void) {
    unsigned shard = door_shard();
    uint64_t bit = (uint64_t)1 << shard;
    if (HAK_UNLIKELY((HAK_RELAXED(hak_deferred.used_places) & bit) == 0)) {
        /* Relaxed: who files what waits need not find what comes at the same time. */
        __atomic_fetch_or(&hak_deferred.used_places, bit, __ATOMIC_RELAXED);
    }
    return &hak_deferred.places[shard];
}

size_t deferred_pages(void) {
    size_t pages = 0;
    for (uint64_t places = HAK_RELAXED(hak_deferred.used_places); places != 0;
         places &= places - 1) {
        const hak_place_t *place = &hak_deferred.places[__builtin_ctzl(places)];
#pragma GCC unroll 8
        for (size_t slot = 0; slot < DEFERRED_SLOTS; slot++) {
            pages += deferred_length(deferred_look(place, slot));
        }
    }
    return pages;
}

size_t deferred_blocks(unsigned class_id) {
    size_t blocks = deferred_filed(class_id), waiting;
    for (hak_waiting_t at = {0}; (waiting = deferred_next(&at)) != 0;) {
        blocks += waiting == class_id;
    }
    return blocks;
}

static void count_filed(unsigned class_id) {
    __atomic_store_n(&hak_deferred.filed[class_id], hak_deferred.filed[class_id] + 1,
                     __ATOMIC_RELAXED); /* a figure */
}

/* Files the span that waits there (deferred.h). */
static void file_deferred(hak_place_t *place, size_t slot) {
    /* Acquire: the record. */
    uint64_t word = deferred_look(place, slot) == 0
                        ? 0
                        : __atomic_exchange_n(&place->words[slot], 0, __ATOMIC_ACQUIRE);
    if (word != 0) {
        count_filed((unsigned)deferred_class(word));
        file_free(deferred_span(word));
    }
}

static void file_place(hak_place_t *place) {
    for (size_t slot = 0; slot < DEFERRED_SLOTS; slot++) {
        file_deferred(place, slot);
    }
}

/* Not inline: its frame is not to lie below a purge. */
static HAK_NOINLINE void file_all_deferred(void) {
    uint64_t places = HAK_RELAXED(hak_deferred.used_places);
    for (; places != 0; places &= places - 1) {
        file_place(&hak_deferred.places[__builtin_ctzl(places)]);
    }
}

/* Free clean pages that end at the newest window's frontier: new pages will join them. */
static size_t clean_tail_pages(void) {
    hak_window_t *window = window_newest();
    if (window == NULL || window->committed_pages == 0) {
        return 0;
    }
    hak_span_t *last = window->span_of[window->committed_pages - 1];
    return last != NULL && span_state(last) == SPAN_CLEAN ? last->pages : 0;
}

static bool grow(size_t pages, hak_map_failure_t *failure) {
    hak_span_t *span = meta_alloc(sizeof(*span));
    if (span == NULL && window_honour_limit()) {
        span = meta_alloc(sizeof(*span));
    }
    if (span == NULL) {
        *failure = (hak_map_failure_t){.bytes = META_MAX_BYTES, .error = ENOMEM};
        return false;
    }
    hak_extension_t got;
    if (!window_extend(pages, clean_tail_pages(), &got, failure)) {
        meta_free(span, sizeof(*span));
        return false;
    }
    span->window = got.window;
    span->base = got.window->base + (got.first << HAK_PAGE_SHIFT);
    span->pages = got.count;
    span->state = SPAN_USED;
    store_mark_ends(span);
    store_insert(span, got.is_huge ? SPAN_DIRTY : SPAN_CLEAN); /* huge: to be given back if idle */
    return true;
}

/* Takes the oldest dirty span out, or `most` pages of it, gives the memory back without holding the
 * lock, and files the span as clean. The pages; 0: none left, or the OS would not take it. */
static size_t purge_oldest(size_t most) {
    hak_span_t *span = store_take_oldest(most);
    if (span == NULL) {
        return 0;
    }
    release();
    int error = window_purge((void *)span->base, span->pages << HAK_PAGE_SHIFT);
    acquire();
    if (error != 0) {
        store_insert(span, SPAN_DIRTY);
        return 0;
    }
    uintptr_t base = span->base; /* before it is merged */
    size_t pages = span->pages, bytes = pages << HAK_PAGE_SHIFT;
    heap.purges++;
    heap.purged_bytes += bytes;
    store_insert(span, SPAN_CLEAN);
    huge_note_purged(base, bytes, span->base, span->pages << HAK_PAGE_SHIFT);
    return pages;
}

/* The pages that were given back: so many, or fewer when the OS would not, or nothing was left. */
static size_t purge_pages(size_t pages) {
    size_t done = 0;
    for (size_t now = 1; done < pages && now > 0; done += now) {
        now = purge_oldest(pages - done);
    }
    huge_look_at_holes();
    return done;
}

/* Room under HAKMEM_LIMIT for pages that are not in memory: for these dirty spans go back, the
 * oldest first. False: that is not enough, and the request is to be refused. */
static HAK_NOINLINE bool make_room(size_t pages) {
    const size_t *dirty = &hak_store.lists[SPAN_DIRTY].pages;
    size_t room = hak_limit.pages - hak_min(pages, hak_limit.pages);
    size_t held = hak_store.used_pages + *dirty;
    if (held > room) {
        purge_pages(held - room);
    }
    held = hak_store.used_pages + *dirty;
    if (held <= room && pages <= hak_limit.pages) {
        return true;
    }
    limit_note_shortage(hak_store.used_pages + pages);
    return !hak_limit.refuses;
}

/* Free memory, or new pages. */
static hak_span_t *take_or_grow(const hak_span_request_t *request, hak_map_failure_t *failure) {
    size_t pages = request->pages + span_slack_pages(request);
    hak_span_t *span = store_take(request);
    while (span == NULL && grow(hak_max(pages, store_pages_of_clean(request)), failure)) {
        span = store_take(request);
    }
    return span;
}

/* A dirty span is in memory already. */
static bool has_room_for(const hak_span_request_t *request) {
    size_t pages = request->pages + span_slack_pages(request);
    return !limit_is_set() || free_lists_find(&hak_store.lists[SPAN_DIRTY], pages) != NULL ||
           make_room(pages);
}

hak_span_t *heap_alloc(const hak_span_request_t *request, hak_map_failure_t *failure) {
    size_t pages = request->pages + span_slack_pages(request);
    *failure = (hak_map_failure_t){.bytes = pages << HAK_PAGE_SHIFT, .error = ENOMEM};
    if (pages > STORE_MOST_PAGES) {
        return NULL;
    }
    acquire();
    file_all_deferred();
    if (!has_room_for(request)) {
        failure->at_limit = true;
        release();
        return NULL;
    }
    hak_span_t *span = take_or_grow(request, failure);
    if (span == NULL && request->cut_pages > request->pages) {
        hak_span_request_t shortest = *request;
        shortest.cut_pages = 0;
        span = take_or_grow(&shortest, failure);
    }
    store_note_dirty_least();
    release();
    return span;
}

/* A slot for short spans, another one each time. */
static size_t slot_in_turn(void) {
    static unsigned turns; /* a figure that only needs to change */
    unsigned turn = HAK_RELAXED(turns);
    __atomic_store_n(&turns, turn + 1, __ATOMIC_RELAXED);
    return turn % (DEFERRED_SLOTS - 1) + 1;
}

/* A long span that waits is merged first, for what it makes with its neighbours may fit better; of
 * the short ones there are too many for that, but where there is no slot for one more, which will
 * soon be freed in place of what is taken here, one is merged under the same lock. */
hak_span_t *heap_reuse(const hak_span_request_t *request) {
    hak_place_t *place = deferred_place();
    acquire();
    file_deferred(place, 0);
    if (deferred_empty(place, 1, 1) == DEFERRED_SLOTS) {
        file_deferred(place, slot_in_turn());
    }
    hak_span_t *span = store_reuse(request);
    if (span == NULL) {
        file_place(place);
        span = store_reuse(request);
    }
    store_note_dirty_least();
    release();
    return span;
}

void heap_free(hak_span_t *span) {
    acquire();
    span_end_use(span, SPAN_DIRTY);
    file_free(span);
    release();
}

/* A slot for one more, of which the span goes that waits there. */
static size_t make_empty(hak_place_t *place, const hak_span_t *span) {
    size_t slot = deferred_empty(place, 0, span->pages);
    if (slot == DEFERRED_SLOTS) {
        slot = span->pages > DEFERRED_SHORT_PAGES ? 0 : slot_in_turn();
        acquire();
        file_deferred(place, slot);
        release();
    }
    return slot;
}

void heap_free_last(hak_span_t *span) {
    if (span->window == &hak_windows[0] && span->pages < DEFERRED_MOST_PAGES) {
        hak_place_t *place = deferred_place();
        size_t slot = make_empty(place, span);
        if (deferred_put(place, slot, span, span->class_id,
                         window_page_of(span->window, span->base))) {
            return;
        }
        deferred_use_again(span);
    }
    acquire(); /* also where another thread was faster */
    count_filed(span->class_id);
    span_end_use(span, SPAN_DIRTY);
    file_free(span);
    release();
}

static bool shrink(hak_span_t *span, size_t pages) {
    hak_span_t *rest = meta_alloc(sizeof(*rest));
    if (rest == NULL) {
        return false;
    }
    acquire();
    rest->window = span->window;
    rest->base = span->base + (pages << HAK_PAGE_SHIFT);
    rest->pages = span->pages - pages;
    rest->state = SPAN_USED;
    span->pages = pages;
    store_mark_ends(span);
    file_free(rest);
    release();
    return true;
}

/* The free span behind one in use; NULL: there is none. */
static hak_span_t *free_behind(const hak_span_t *span) {
    hak_span_t *after = store_neighbour(span, true);
    return after != NULL && span_state(after) <= SPAN_CLEAN ? after : NULL;
}

/* Free pages behind a span, of a dirty and a clean span at the most; at the frontier new ones are
 * made when they are too few, but not while much memory lies idle elsewhere. */
static size_t pages_behind(const hak_span_t *span, size_t wanted) {
    size_t pages = 0;
    const hak_span_t *last = span, *after;
    while (pages < wanted && (after = free_behind(last)) != NULL) {
        pages += after->pages;
        last = after;
    }
    hak_window_t *window = span->window;
    hak_map_failure_t failure;
    bool is_last = window_page_of(window, last->base) + last->pages == window->committed_pages &&
                   hak_store.lists[SPAN_DIRTY].pages <= hak_store.used_pages / 2;
    if (pages < wanted && is_last && window == window_newest() &&
        window->reserved_pages - window->committed_pages >= wanted - pages &&
        grow(wanted - pages + clean_tail_pages(), &failure)) {
        pages = wanted;
    }
    return pages;
}

/* Takes `pages` at most of the free span behind one in use; false: no record for a split. */
static bool join_behind(hak_span_t *span, size_t pages) {
    hak_span_t *after = free_behind(span);
    if (after == NULL) { /* the limit was set just now: what grew is another window */
        return false;
    }
    hak_span_request_t request = {
        .pages = hak_min(pages, after->pages), .align_pages = 1, .class_id = span->class_id};
    hak_span_t *taken = store_carve(after, &request);
    if (taken == NULL) {
        return false;
    }
    taken->window->class_of[window_page_of(taken->window, taken->base)] =
        (uint8_t)hak_class_body(span->class_id);
    span->pages += taken->pages;
    store_mark_ends(span);
    meta_free(taken, sizeof(*taken));
    return true;
}

static bool extend(hak_span_t *span, size_t pages) {
    acquire();
    file_all_deferred();
    size_t before = span->pages;
    bool fits = (!limit_is_set() || make_room(pages - before)) &&
                pages_behind(span, pages - before) >= pages - before;
    while (fits && span->pages < pages) {
        fits = join_behind(span, pages - span->pages);
    }
    store_note_dirty_least();
    release();
    if (!fits && span->pages > before) {
        shrink(span, before);
    }
    return fits;
}

bool heap_resize(hak_span_t *span, size_t pages) {
    if (pages > span->pages) {
        return extend(span, pages);
    }
    return pages == span->pages || shrink(span, pages);
}

void heap_set_class(hak_span_t *span, unsigned class_id) {
    size_t first = window_page_of(span->window, span->base);
    uint8_t *class_of = span->window->class_of + first;
    if (hak_class_body(span->class_id) != hak_class_body(class_id)) {
        memset(class_of + 1, (int)hak_class_body(class_id), span->pages - 1);
    }
    span->class_id = (uint8_t)class_id;
    /* Relaxed: whoever learns of the block learns it from the caller. */
    __atomic_store_n(class_of, (uint8_t)class_id, __ATOMIC_RELAXED);
}

bool heap_has_dirty(size_t least) {
    return free_lists_may_have(&hak_store.lists[SPAN_DIRTY], least) || deferred_pages() >= least;
}

size_t heap_dirty_below(size_t pages, size_t least) {
    if (deferred_pages() != 0) {
        acquire();
        file_all_deferred();
        release();
    }
    const hak_free_lists_t *dirty = &hak_store.lists[SPAN_DIRTY];
    return heap_has_dirty(pages) ? 0 : free_lists_longest(dirty, pages - 1, least);
}

void heap_purge_idle(unsigned passed) {
    acquire();
    file_all_deferred();
    window_honour_limit();
    purge_pages(least_due(&hak_store.dirty_least, hak_store.lists[SPAN_DIRTY].pages, passed));
    release();
}

size_t heap_purge_to(size_t keep_bytes) {
    acquire();
    file_all_deferred();
    size_t keep_pages = hak_min(keep_bytes >> HAK_PAGE_SHIFT, hak_store.lists[SPAN_DIRTY].pages);
    size_t pages = purge_pages(hak_store.lists[SPAN_DIRTY].pages - keep_pages);
    release();
    return pages << HAK_PAGE_SHIFT;
}

static bool take_if_free(hak_window_t *window) {
    hak_span_t *span = window->committed_pages == 0 ? NULL : window->span_of[0];
    if (span == NULL || span_state(span) > SPAN_CLEAN || span->pages != window->committed_pages) {
        return false;
    }
    store_remove(span);
    meta_free(span, sizeof(*span));
    return true;
}

void heap_release_windows(void) {
    acquire();
    file_all_deferred();
    window_honour_limit();
    window_release_free(take_if_free);
    release();
}

void heap_read(hak_heap_figures_t *out) {
    door_enter_late();
    acquire();
    *out = (hak_heap_figures_t){
        .used_bytes = heap_used_hint(),
        .dirty_bytes = heap_free_hint(SPAN_DIRTY),
        .clean_bytes = heap_free_hint(SPAN_CLEAN),
        .purged_bytes = heap.purged_bytes,
        .allocs = hak_store.allocs,
        .purges = heap.purges,
    };
    release();
    door_leave();
}

size_t heap_used_hint(void) {
    size_t used = __atomic_load_n(&hak_store.used_pages, __ATOMIC_RELAXED); /* with what waits */
    return (used - hak_min(deferred_pages(), used)) << HAK_PAGE_SHIFT;
}

size_t heap_free_hint(hak_span_state_t state) {
    size_t pages = __atomic_load_n(&hak_store.lists[state].pages, __ATOMIC_RELAXED);
    return (pages + (state == SPAN_DIRTY ? deferred_pages() : 0)) << HAK_PAGE_SHIFT;
}

/* What waits is in use by the first, dirty or not. */
size_t heap_held_hint(void) {
    size_t used = __atomic_load_n(&hak_store.used_pages, __ATOMIC_RELAXED);
    size_t dirty = __atomic_load_n(&hak_store.lists[SPAN_DIRTY].pages, __ATOMIC_RELAXED);
    return (used + dirty) << HAK_PAGE_SHIFT;
}

void heap_note_purged(size_t bytes) {
    acquire();
    heap.purged_bytes += bytes;
    heap.purges++;
    huge_note_holes(bytes);
    huge_look_at_holes();
    release();
}
