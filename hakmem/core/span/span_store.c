/* span_store.c - see span_store.h. */
#include "span_store.h"

#include <string.h>

#include "limit.h"
#include "meta.h"

/* A longer span than needed is cut of new pages only while no more than a quarter of what is in use
 * is clean: holes of just the length do, then. Where these do at once blocks of 1 MiB within 4 %
 * peak 1.06 times as high; where they never do, with an interval of 20 ms, blocks of 4 MiB 1.07. */
#define CLEAN_SHARE 4

hak_span_store_t hak_store;

/* The first and last page lead to the record, so that neighbours find it. */
void store_mark_ends(hak_span_t *span) {
    size_t first = window_page_of(span->window, span->base);
    span->window->span_of[first] = span;
    span->window->span_of[first + span->pages - 1] = span;
}

static void push_list(hak_span_t *span) {
    free_lists_push(&hak_store.lists[span->state], span);
}

static void pull_list(hak_span_t *span) {
    free_lists_pull(&hak_store.lists[span->state], span);
}

/* All zero; NULL: there is none to be had. */
static hak_span_t *take_record(void) {
    hak_span_t *span = LIST_ITEM(hak_store.spare, hak_span_t, place);
    if (span == NULL) {
        return meta_alloc(sizeof(*span));
    }
    hak_store.spare = span->place.next;
    hak_store.spares--;
    *span = (hak_span_t){.base = 0};
    return span;
}

static void give_record(hak_span_t *span) {
    if (hak_store.spares == STORE_SPARES) {
        meta_free(span, sizeof(*span));
        return;
    }
    span->place.next = hak_store.spare;
    hak_store.spare = &span->place;
    hak_store.spares++;
}

/* A free span, which is known to be in that state. */
static inline void take_out(hak_span_t *span, hak_span_state_t state) {
    free_lists_pull(&hak_store.lists[state], span);
    if (state == SPAN_DIRTY) {
        list_pull(&hak_store.dirty, &span->age);
    }
}

void store_remove(hak_span_t *span) {
    take_out(span, span->state);
}

hak_span_t *store_neighbour(const hak_span_t *span, bool after) {
    size_t first = window_page_of(span->window, span->base);
    size_t page = after ? first + span->pages : first - 1;
    if ((!after && first == 0) || page >= span->window->committed_pages) {
        return NULL;
    }
    return span->window->span_of[page];
}

/* Inline, so that the state is a constant. */
static inline __attribute__((always_inline)) void insert(hak_span_t *span, hak_span_state_t state) {
    const hak_window_t *window = span->window;
    size_t first = window_page_of(window, span->base), end = first + span->pages;
    hak_span_t *before = first > 0 ? window->span_of[first - 1] : NULL;
    hak_span_t *after = end < window->committed_pages ? window->span_of[end] : NULL;
    if (before != NULL && span_state(before) == state) {
        take_out(before, state);
        first -= before->pages;
        span->base = before->base;
        give_record(before);
    }
    if (after != NULL && span_state(after) == state) {
        take_out(after, state);
        end += after->pages;
        give_record(after);
    }
    span->pages = end - first;
    span->state = state;
    window->span_of[first] = window->span_of[end - 1] = span;
    free_lists_push(&hak_store.lists[state], span);
    if (state == SPAN_DIRTY) {
        list_push(&hak_store.dirty, &span->age);
    }
}

void store_insert(hak_span_t *span, hak_span_state_t state) {
    if (state == SPAN_DIRTY) {
        insert(span, SPAN_DIRTY);
    } else {
        insert(span, SPAN_CLEAN);
    }
}

/* Splits off and returns the first `pages` of a free span that has more; `span`, already out of
 * its list, keeps the rest and its place in the order of age. NULL: no record to be had. */
static hak_span_t *split_front(hak_span_t *span, size_t pages) {
    hak_span_t *front = take_record();
    if (front == NULL) {
        return NULL;
    }
    front->base = span->base;
    front->pages = pages;
    front->window = span->window;
    front->state = span->state;
    span->base += pages << HAK_PAGE_SHIFT;
    span->pages -= pages;
    store_mark_ends(span);
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
        window->span_of[first] = window->span_of[first + span->pages - 1] = span;
    }
    store_count_used((ptrdiff_t)span->pages);
    hak_store.allocs++;
}

/* What is taken of clean memory. Under RLIMIT_AS address space is what there is little of, under
 * HAKMEM_LIMIT pages in use. */
size_t store_pages_of_clean(const hak_span_request_t *request) {
    const hak_window_t *window = window_newest();
    bool is_scarce = limit_is_set() || (window != NULL && window->limited);
    return is_scarce ? request->pages : hak_max(request->pages, request->cut_pages);
}

/* Takes the first `pages` off a dirty span that has more; NULL: no record to be had. The rest stays
 * where it is by age, and by length unless it belongs elsewhere by now. */
static hak_span_t *cut_front(hak_span_t *span, size_t pages) {
    hak_free_lists_t *dirty = &hak_store.lists[SPAN_DIRTY];
    if (free_lists_of(span->pages) == free_lists_of(span->pages - pages)) {
        hak_span_t *front = split_front(span, pages);
        free_lists_set_pages(dirty, dirty->pages - (front != NULL ? pages : 0));
        return front;
    }
    free_lists_pull(dirty, span);
    hak_span_t *front = split_front(span, pages);
    free_lists_push(dirty, span);
    return front;
}

/* Of a dirty span, at any page. */
static hak_span_t *carve_dirty(hak_span_t *span, const hak_span_request_t *request) {
    hak_span_t *used = span;
    if (span->pages <= hak_max(request->pages, request->whole_pages)) {
        take_out(span, SPAN_DIRTY);
    } else if ((used = cut_front(span, request->pages)) == NULL) {
        return NULL;
    }
    set_used(used, request);
    return used;
}

/* Cuts what was asked for out of a free span that is long enough, alignment included. */
hak_span_t *store_carve(hak_span_t *span, const hak_span_request_t *request) {
    if (span->state == SPAN_DIRTY && request->align_pages == 1) {
        return carve_dirty(span, request);
    }
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
    size_t cut = is_clean ? store_pages_of_clean(request) : request->pages;
    if (span->pages > (is_clean ? cut : hak_max(cut, request->whole_pages))) {
        used = split_front(span, cut);
        if (used != NULL) {
            push_list(span); /* the rest, in its old place by age */
        }
    } else if (span->state == SPAN_DIRTY) {
        list_pull(&hak_store.dirty, &span->age);
    }
    if (used == NULL) { /* no record for the split: nothing is lost */
        push_list(span);
    } else {
        set_used(used, request);
    }
    if (head != NULL) {
        store_mark_ends(head);
        push_list(head);
        if (head->state == SPAN_DIRTY) {
            list_push(&hak_store.dirty, &head->age);
        }
    }
    return used;
}

static hak_span_t *find_clean(const hak_span_request_t *request, size_t pages) {
    const hak_free_lists_t *clean = &hak_store.lists[SPAN_CLEAN];
    hak_span_t *span = free_lists_find(clean, hak_max(pages, store_pages_of_clean(request)));
    bool is_much = clean->pages > hak_store.used_pages / CLEAN_SHARE;
    return span == NULL && is_much ? free_lists_find(clean, pages) : span;
}

static hak_span_t *find_dirty(const hak_span_request_t *request, size_t pages) {
    size_t room = hak_min(request->room_pages, STORE_MOST_PAGES - pages);
    hak_span_t *span = free_lists_find(&hak_store.lists[SPAN_DIRTY], pages + room);
    return span == NULL && room > 0 ? free_lists_find(&hak_store.lists[SPAN_DIRTY], pages) : span;
}

hak_span_t *store_reuse(const hak_span_request_t *request) {
    hak_span_t *span = request->align_pages == 1 && request->room_pages == 0
                           ? free_lists_find(&hak_store.lists[SPAN_DIRTY], request->pages)
                           : find_dirty(request, request->pages + span_slack_pages(request));
    return span == NULL ? NULL : store_carve(span, request);
}

hak_span_t *store_take(const hak_span_request_t *request) {
    size_t pages = request->pages + span_slack_pages(request);
    hak_span_t *span = find_dirty(request, pages);
    span = span == NULL ? find_clean(request, pages) : span;
    return span == NULL ? NULL : store_carve(span, request);
}

hak_span_t *store_take_oldest(size_t most) {
    hak_span_t *span = LIST_ITEM(list_last(hak_store.dirty), hak_span_t, age);
    if (span == NULL) {
        return NULL;
    }
    most = hak_round_up(most, span_unit_pages());
    pull_list(span);
    if (span->pages > most) {
        hak_span_t *front = split_front(span, most);
        push_list(span); /* the rest, in its place by age */
        if (front == NULL) {
            return NULL;
        }
        span = front;
    } else {
        list_pull(&hak_store.dirty, &span->age);
    }
    span->state = SPAN_PURGING;
    store_mark_ends(span);
    store_note_dirty_least();
    return span;
}
