/* span_heap.c - see span_heap.h. */
#include "span_heap.h"

#include <errno.h>
#include <string.h>

#include "../os/door.h"
#include "../os/fatal.h"
#include "../os/lock.h"
#include "../os/os.h"
#include "free_lists.h"
#include "huge.h"
#include "meta.h"

/* A longer span than needed is cut of new pages only while no more than a quarter of what is in use
 * is clean, or 8 MiB: holes of just the length do, then. */
#define CLEAN_SHARE 4
#define CLEAN_LEAST ((8 * HAK_MIB) >> HAK_PAGE_SHIFT)
#define MOST_PAGES  ((size_t)1 << 35) /* 128 TiB, all that a process can address */

static struct {
    hak_lock_t lock; /* of all below; the page counts are also read without it, as figures */
    hak_free_lists_t lists[2];   /* [SPAN_DIRTY], [SPAN_CLEAN] */
    hak_span_t *newest, *oldest; /* dirty */
    size_t used_pages, purged_bytes;
    size_t dirty_least; /* pages; since the last call of heap_purge_idle */
    uint64_t allocs, purges;
} heap;

static void acquire(void) {
    lock_acquire(&heap.lock, LOCK_RANK_HEAP);
}

static void release(void) {
    lock_release(&heap.lock, LOCK_RANK_HEAP);
}

static void count_used(ptrdiff_t pages) {
    /* Relaxed: heap_used_hint reads it without the lock. */
    __atomic_store_n(&heap.used_pages, heap.used_pages + (size_t)pages, __ATOMIC_RELAXED);
}

static void link_by_age(hak_span_t *span) {
    span->newer = NULL;
    span->older = heap.newest;
    if (heap.newest != NULL) {
        heap.newest->newer = span;
    } else {
        heap.oldest = span;
    }
    heap.newest = span;
}

static void unlink_by_age(hak_span_t *span) {
    if (span->newer != NULL) {
        span->newer->older = span->older;
    } else {
        heap.newest = span->older;
    }
    if (span->older != NULL) {
        span->older->newer = span->newer;
    } else {
        heap.oldest = span->newer;
    }
}

/* The first and last page lead to the record, so that neighbours find it. */
static void mark_ends(hak_span_t *span) {
    size_t first = window_page_of(span->window, span->base);
    span->window->span_of[first] = span;
    span->window->span_of[first + span->pages - 1] = span;
}

static void push_list(hak_span_t *span) {
    free_lists_push(&heap.lists[span->state], span);
}

static void pull_list(hak_span_t *span) {
    free_lists_pull(&heap.lists[span->state], span);
}

/* After dirty spans were taken; not while one is only out of its list to be split or merged. */
static void note_dirty_least(void) {
    heap.dirty_least = hak_min(heap.dirty_least, heap.lists[SPAN_DIRTY].pages);
}

static void remove_free(hak_span_t *span) {
    pull_list(span);
    if (span->state == SPAN_DIRTY) {
        unlink_by_age(span);
    }
}

static hak_span_t *neighbour(const hak_span_t *span, bool after) {
    size_t first = window_page_of(span->window, span->base);
    size_t page = after ? first + span->pages : first - 1;
    if ((!after && first == 0) || page >= span->window->committed_pages) {
        return NULL;
    }
    return span->window->span_of[page];
}

/* Puts a span among the free ones as `state`, merged with neighbours of that state. */
static void insert_free(hak_span_t *span, hak_span_state_t state) {
    hak_span_t *before = neighbour(span, false);
    hak_span_t *after = neighbour(span, true);
    if (before != NULL && before->state == state) {
        remove_free(before);
        span->base = before->base;
        span->pages += before->pages;
        meta_free(before, sizeof(*before));
    }
    if (after != NULL && after->state == state) {
        remove_free(after);
        span->pages += after->pages;
        meta_free(after, sizeof(*after));
    }
    span->state = (uint8_t)state;
    mark_ends(span);
    push_list(span);
    if (state == SPAN_DIRTY) {
        link_by_age(span);
    }
}

/* Splits off and returns the first `pages` of a free span that has more; `span`, already out of
 * its list, keeps the rest and its place in the order of age. NULL: no record to be had. */
static hak_span_t *split_front(hak_span_t *span, size_t pages) {
    hak_span_t *front = meta_alloc(sizeof(*front));
    if (front == NULL) {
        return NULL;
    }
    front->base = span->base;
    front->pages = pages;
    front->window = span->window;
    front->state = span->state;
    span->base += pages << HAK_PAGE_SHIFT;
    span->pages -= pages;
    mark_ends(span);
    return front;
}

static void set_used(hak_span_t *span, const hak_span_request_t *request) {
    hak_window_t *window = span->window;
    size_t first = window_page_of(window, span->base);
    span->fresh = span->state == SPAN_CLEAN;
    span->state = SPAN_USED;
    span->class_id = (uint8_t)request->class_id;
    span->is_slab = request->is_slab;
    span->request_bytes = 0;
    if (request->is_slab) {
        memset(window->class_of + first, (int)request->class_id, span->pages);
        for (size_t i = 0; i < span->pages; i++) {
            window->span_of[first + i] = span;
        }
    } else {
        memset(window->class_of + first, (int)hak_class_body(request->class_id), span->pages);
        window->class_of[first] = (uint8_t)request->class_id;
        mark_ends(span);
    }
    count_used((ptrdiff_t)span->pages);
    heap.allocs++;
}

/* What is taken of clean memory. Under RLIMIT_AS address space is what there is little of. */
static size_t pages_of_clean(const hak_span_request_t *request) {
    const hak_window_t *window = window_newest();
    bool is_scarce = window != NULL && window->limited;
    return is_scarce ? request->pages : hak_max(request->pages, request->cut_pages);
}

/* Cuts what was asked for out of a free span that is long enough, alignment included. */
static hak_span_t *carve(hak_span_t *span, const hak_span_request_t *request) {
    uintptr_t start = hak_round_up(span->base, request->align_pages << HAK_PAGE_SHIFT);
    size_t skip = (start - span->base) >> HAK_PAGE_SHIFT;
    pull_list(span);
    hak_span_t *head = NULL;
    if (skip > 0) {
        head = split_front(span, skip);
        if (head == NULL) {
            push_list(span);
            return NULL;
        }
    }
    hak_span_t *used = span;
    bool is_clean = span->state == SPAN_CLEAN;
    size_t cut = is_clean ? pages_of_clean(request) : request->pages;
    if (span->pages > (is_clean ? cut : hak_max(cut, request->whole_pages))) {
        used = split_front(span, cut);
        if (used != NULL) {
            push_list(span); /* the rest, in its old place by age */
        }
    } else if (span->state == SPAN_DIRTY) {
        unlink_by_age(span);
    }
    if (used == NULL) { /* no record for the split: nothing is lost */
        push_list(span);
    } else {
        set_used(used, request);
    }
    if (head != NULL) {
        mark_ends(head);
        push_list(head);
        if (head->state == SPAN_DIRTY) {
            link_by_age(head);
        }
    }
    return used;
}

static hak_span_t *find_clean(const hak_span_request_t *request, size_t pages) {
    const hak_free_lists_t *clean = &heap.lists[SPAN_CLEAN];
    hak_span_t *span = free_lists_find(clean, hak_max(pages, pages_of_clean(request)));
    bool is_much = clean->pages > hak_max(heap.used_pages / CLEAN_SHARE, CLEAN_LEAST);
    return span == NULL && is_much ? free_lists_find(clean, pages) : span;
}

static hak_span_t *take_free(const hak_span_request_t *request) {
    size_t pages = request->pages + request->align_pages - 1;
    size_t room = hak_min(request->room_pages, MOST_PAGES - pages);
    hak_span_t *span = free_lists_find(&heap.lists[SPAN_DIRTY], pages + room);
    if (span == NULL && room > 0) {
        span = free_lists_find(&heap.lists[SPAN_DIRTY], pages);
    }
    if (span == NULL && !request->dirty_only) {
        span = find_clean(request, pages);
    }
    return span == NULL ? NULL : carve(span, request);
}

/* Free clean pages that end at the newest window's frontier: new pages will join them. */
static size_t clean_tail_pages(void) {
    hak_window_t *window = window_newest();
    if (window == NULL || window->committed_pages == 0) {
        return 0;
    }
    hak_span_t *last = window->span_of[window->committed_pages - 1];
    return last != NULL && last->state == SPAN_CLEAN ? last->pages : 0;
}

static bool grow(size_t pages, hak_map_failure_t *failure) {
    hak_span_t *span = meta_alloc(sizeof(*span));
    if (span == NULL && window_honour_limit()) {
        span = meta_alloc(sizeof(*span));
    }
    if (span == NULL) {
        *failure = (hak_map_failure_t){META_MAX_BYTES, ENOMEM};
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
    mark_ends(span);
    insert_free(span, got.is_huge ? SPAN_DIRTY : SPAN_CLEAN); /* huge: to be given back if idle */
    return true;
}

/* Free memory, or new pages. */
static hak_span_t *take_or_grow(const hak_span_request_t *request, hak_map_failure_t *failure) {
    size_t pages = request->pages + request->align_pages - 1;
    hak_span_t *span = take_free(request);
    while (span == NULL && !request->dirty_only &&
           grow(hak_max(pages, pages_of_clean(request)), failure)) {
        span = take_free(request);
    }
    return span;
}

hak_span_t *heap_alloc(const hak_span_request_t *request, hak_map_failure_t *failure) {
    size_t pages = request->pages + request->align_pages - 1;
    *failure = (hak_map_failure_t){pages << HAK_PAGE_SHIFT, ENOMEM};
    if (pages > MOST_PAGES) {
        return NULL;
    }
    acquire();
    hak_span_t *span = take_or_grow(request, failure);
    if (span == NULL && !request->dirty_only && request->cut_pages > request->pages) {
        hak_span_request_t shortest = *request;
        shortest.cut_pages = 0;
        span = take_or_grow(&shortest, failure);
    }
    note_dirty_least();
    release();
    return span;
}

static void clear_map(hak_span_t *span) {
    size_t first = window_page_of(span->window, span->base);
    memset(span->window->class_of + first, HAK_CLASS_NONE, span->pages);
}

void heap_free(hak_span_t *span) {
    acquire();
    HAK_CHECK(span->state == SPAN_USED, "span freed twice", (void *)span->base);
    count_used(-(ptrdiff_t)span->pages);
    clear_map(span);
    insert_free(span, SPAN_DIRTY);
    release();
}

bool heap_shrink(hak_span_t *span, size_t pages) {
    hak_span_t *rest = meta_alloc(sizeof(*rest));
    if (rest == NULL) {
        return false;
    }
    acquire();
    rest->window = span->window;
    rest->base = span->base + (pages << HAK_PAGE_SHIFT);
    rest->pages = span->pages - pages;
    rest->state = SPAN_USED;
    count_used(-(ptrdiff_t)rest->pages);
    span->pages = pages;
    mark_ends(span);
    clear_map(rest);
    insert_free(rest, SPAN_DIRTY);
    release();
    return true;
}

/* The free span behind one in use; NULL: there is none. */
static hak_span_t *free_behind(const hak_span_t *span) {
    hak_span_t *after = neighbour(span, true);
    return after != NULL && after->state <= SPAN_CLEAN ? after : NULL;
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
                   heap.lists[SPAN_DIRTY].pages <= heap.used_pages / 2;
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
    hak_span_t *taken = carve(after, &request);
    if (taken == NULL) {
        return false;
    }
    taken->window->class_of[window_page_of(taken->window, taken->base)] =
        (uint8_t)hak_class_body(span->class_id);
    span->pages += taken->pages;
    mark_ends(span);
    meta_free(taken, sizeof(*taken));
    return true;
}

bool heap_extend(hak_span_t *span, size_t pages) {
    acquire();
    size_t before = span->pages;
    bool fits = pages_behind(span, pages - before) >= pages - before;
    while (fits && span->pages < pages) {
        fits = join_behind(span, pages - span->pages);
    }
    note_dirty_least();
    release();
    if (!fits && span->pages > before) {
        heap_shrink(span, before);
    }
    return fits;
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
    return free_lists_may_have(&heap.lists[SPAN_DIRTY], least);
}

/* Takes the oldest dirty span out, or `most` pages of it, gives the memory back without holding the
 * lock, and files the span as clean. The pages; 0: none left, or the OS would not take it. */
static size_t purge_oldest(size_t most) {
    hak_span_t *span = heap.oldest;
    if (span == NULL) {
        return 0;
    }
    pull_list(span);
    if (span->pages > most) {
        hak_span_t *front = split_front(span, most);
        push_list(span); /* the rest, in its place by age */
        if (front == NULL) {
            return 0;
        }
        span = front;
    } else {
        unlink_by_age(span);
    }
    span->state = SPAN_PURGING;
    mark_ends(span);
    note_dirty_least();
    release();
    int error = window_purge((void *)span->base, span->pages << HAK_PAGE_SHIFT);
    acquire();
    size_t pages = error == 0 ? span->pages : 0; /* before it is merged */
    heap.purges += error == 0;
    heap.purged_bytes += pages << HAK_PAGE_SHIFT;
    huge_note_purged(span->base, pages << HAK_PAGE_SHIFT);
    insert_free(span, error == 0 ? SPAN_CLEAN : SPAN_DIRTY);
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

void heap_purge_idle(void) {
    acquire();
    window_honour_limit();
    purge_pages(heap.dirty_least);
    heap.dirty_least = heap.lists[SPAN_DIRTY].pages;
    release();
}

size_t heap_purge_to(size_t keep_bytes) {
    acquire();
    size_t keep_pages = hak_min(keep_bytes >> HAK_PAGE_SHIFT, heap.lists[SPAN_DIRTY].pages);
    size_t pages = purge_pages(heap.lists[SPAN_DIRTY].pages - keep_pages);
    release();
    return pages << HAK_PAGE_SHIFT;
}

static bool take_if_free(hak_window_t *window) {
    hak_span_t *span = window->committed_pages == 0 ? NULL : window->span_of[0];
    if (span == NULL || span->state > SPAN_CLEAN || span->pages != window->committed_pages) {
        return false;
    }
    remove_free(span);
    meta_free(span, sizeof(*span));
    return true;
}

void heap_release_windows(void) {
    acquire();
    window_honour_limit();
    window_release_free(take_if_free);
    release();
}

hak_span_t *span_of(const void *pointer) {
    uintptr_t address = (uintptr_t)pointer;
    hak_window_t *window = window_find(address);
    return window == NULL ? NULL : window->span_of[window_page_of(window, address)];
}

void heap_read(hak_heap_figures_t *out) {
    door_enter_late();
    acquire();
    *out = (hak_heap_figures_t){
        .used_bytes = heap.used_pages << HAK_PAGE_SHIFT,
        .dirty_bytes = heap.lists[SPAN_DIRTY].pages << HAK_PAGE_SHIFT,
        .clean_bytes = heap.lists[SPAN_CLEAN].pages << HAK_PAGE_SHIFT,
        .purged_bytes = heap.purged_bytes,
        .allocs = heap.allocs,
        .purges = heap.purges,
    };
    release();
    door_leave();
}

size_t heap_used_hint(void) {
    return __atomic_load_n(&heap.used_pages, __ATOMIC_RELAXED) << HAK_PAGE_SHIFT;
}

void heap_note_purged(size_t bytes) {
    acquire();
    heap.purged_bytes += bytes;
    heap.purges++;
    huge_note_holes(bytes);
    huge_look_at_holes();
    release();
}
