/* free_lists.c - see free_lists.h. */
#include "free_lists.h"

#define FIT_ATTEMPTS 16 /* of a list that holds several lengths */

static hak_span_t *span_at(hak_link_t *link) {
    return LIST_ITEM(link, hak_span_t, place);
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
    unsigned list = free_lists_of(pages);
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
    unsigned list = free_lists_of(pages);
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
