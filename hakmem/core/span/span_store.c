/* span_store.c - see span_store.h. */
#include "span_store.h"

#include <string.h>

#include "limit.h"
#include "meta.h"

/* A longer span than needed is cut of new pages only while no more than a quarter of what is in use
 * is clean: holes of just the length do, then. */
#define CLEAN_SHARE 4

hak_span_store_t hak_store;

void store_count_used(ptrdiff_t pages) {
    /* Relaxed: heap_used_hint reads it without the lock. */
    __atomic_store_n(&hak_store.used_pages, hak_store.used_pages + (size_t)pages, __ATOMIC_RELAXED);
}

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

void store_note_dirty_least(void) {
    least_note(&hak_store.dirty_least, hak_store.lists[SPAN_DIRTY].pages);
}

void store_remove(hak_span_t *span) {
    pull_list(span);
    if (span->state == SPAN_DIRTY) {
        list_pull(&hak_store.dirty, &span->age);
    }
}

hak_span_t *store_neighbour(const hak_span_t *span, bool after) {
    size_t first = window_page_of(span->window, span->base);
    size_t page = after ? first + span->pages : first - 1;
    if ((!after && first == 0) || page >= span->window->committed_pages) {
        return NULL;
    }
    return span->window->span_of[page];
}

void store_insert(hak_span_t *span, hak_span_state_t state) {
    hak_span_t *before = store_neighbour(span, false);
    hak_span_t *after = store_neighbour(span, true);
    if (before != NULL && span_state(before) == state) {
        store_remove(before);
        span->base = before->base;
        span->pages += before->pages;
        meta_free(before, sizeof(*before));
    }
    if (after != NULL && span_state(after) == state) {
        store_remove(after);
        span->pages += after->pages;
        meta_free(after, sizeof(*after));
    }
    span->state = state;
    store_mark_ends(span);
    push_list(span);
    if (state == SPAN_DIRTY) {
        list_push(&hak_store.dirty, &span->age);
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
        store_mark_ends(span);
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

/* Cuts what was asked for out of a free span that is long enough, alignment included. */
hak_span_t *store_carve(hak_span_t *span, const hak_span_request_t *request) {
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
    hak_span_t *span = find_dirty(request, request->pages + span_slack_pages(request));
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
