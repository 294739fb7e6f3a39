/* free_lists.c - see free_lists.h. */
#include "free_lists.h"

#define FIT_ATTEMPTS 16 /* of a list that holds several lengths */

static unsigned list_of(size_t pages) {
    if (pages <= FREE_LISTS_EXACT) {
        return (unsigned)pages - 1;
    }
    unsigned top = 63 - (unsigned)__builtin_clzl(pages);
    return FREE_LISTS_EXACT + (top - 5) * 8 + ((pages >> (top - 3)) & 7);
}

static void set_in_use(hak_free_lists_t *lists, unsigned list, bool in_use) {
    uint64_t bit = (uint64_t)1 << (list % 64);
    uint64_t *word = &lists->in_use[list / 64];
    /* Relaxed: heap_has_dirty reads it without the lock, as a hint. */
    __atomic_store_n(word, in_use ? *word | bit : *word & ~bit, __ATOMIC_RELAXED);
}

static hak_span_t *span_at(hak_link_t *link) {
    return LIST_ITEM(link, hak_span_t, place);
}

static void set_pages(hak_free_lists_t *lists, size_t pages) {
    __atomic_store_n(&lists->pages, pages, __ATOMIC_RELAXED); /* also read without the lock */
}

void free_lists_push(hak_free_lists_t *lists, hak_span_t *span) {
    unsigned list = list_of(span->pages);
    list_push(&lists->heads[list], &span->place);
    set_in_use(lists, list, true);
    set_pages(lists, lists->pages + span->pages);
}

void free_lists_pull(hak_free_lists_t *lists, hak_span_t *span) {
    unsigned list = list_of(span->pages);
    list_pull(&lists->heads[list], &span->place);
    if (lists->heads[list] == NULL) {
        set_in_use(lists, list, false);
    }
    set_pages(lists, lists->pages - span->pages);
}

static hak_span_t *find_in_list(hak_link_t *first, size_t pages, int attempts) {
    for (hak_link_t *link = first; link != NULL && attempts > 0; link = link->next, attempts--) {
        if (span_at(link)->pages >= pages) {
            return span_at(link);
        }
    }
    return NULL;
}

hak_span_t *free_lists_find(const hak_free_lists_t *lists, size_t pages) {
    unsigned list = list_of(pages);
    hak_span_t *span = find_in_list(lists->heads[list], pages, FIT_ATTEMPTS);
    if (span != NULL) {
        return span;
    }
    for (list++; list < FREE_LISTS; list = (list | 63) + 1) {
        uint64_t in_use = lists->in_use[list / 64] >> (list % 64);
        if (in_use != 0) {
            return span_at(lists->heads[list + (unsigned)__builtin_ctzl(in_use)]);
        }
    }
    return NULL;
}

bool free_lists_may_have(const hak_free_lists_t *lists, size_t pages) {
    unsigned list = list_of(pages);
    for (; list < FREE_LISTS; list = (list | 63) + 1) {
        /* Relaxed, without the lock: a hint. */
        uint64_t in_use = __atomic_load_n(&lists->in_use[list / 64], __ATOMIC_RELAXED);
        if (in_use >> (list % 64) != 0) {
            return true;
        }
    }
    return false;
}

static_assert(FREE_LISTS_EXACT <= 64, "lists of one length are bits of the first word");

size_t free_lists_longest(const hak_free_lists_t *lists, size_t most, size_t least) {
    uint64_t in_use = __atomic_load_n(&lists->in_use[0], __ATOMIC_RELAXED); /* a hint, as above */
    most = hak_min(most, FREE_LISTS_EXACT);
    in_use &= ((uint64_t)1 << most) - 1; /* bit n - 1: of n pages */
    size_t pages = in_use == 0 ? 0 : 64 - (size_t)__builtin_clzl(in_use);
    return pages >= least ? pages : 0;
}
