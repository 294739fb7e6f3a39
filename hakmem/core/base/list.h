/*
 * list.h - doubly linked lists whose links lie in what is listed: a span is in one of its length or
 * fullness and in one of its age, a thread in that of threads. Whose lock is the caller's.
 *
 *     first ──► link ──next──► link ──next──► link ──next──► NULL
 *                │                              ▲
 *                └──────────previous────────────┘   (the others': the one before)
 *
 * A head is one word, so that hundreds of lists are small; the first link's `previous` is the last.
 */
#ifndef HAK_LIST_H
#define HAK_LIST_H

#include "base.h"

typedef struct hak_link {
    struct hak_link *next, *previous;
} hak_link_t;

/* What a link lies in; NULL of NULL. */
#define LIST_ITEM(link, type, field) ((type *)list_item((link), offsetof(type, field)))

static inline void *list_item(hak_link_t *link, size_t offset) {
    return link == NULL ? NULL : (void *)((uintptr_t)link - offset);
}

static inline hak_link_t *list_last(const hak_link_t *first) {
    return first == NULL ? NULL : first->previous;
}

/* In front of all others. */
static inline void list_push(hak_link_t **first, hak_link_t *link) {
    hak_link_t *second = *first;
    link->next = second;
    link->previous = second == NULL ? link : second->previous;
    if (second != NULL) {
        second->previous = link;
    }
    *first = link;
}

static inline void list_pull(hak_link_t **first, hak_link_t *link) {
    if (*first == link) {
        *first = link->next;
    } else {
        link->previous->next = link->next;
    }
    if (link->next != NULL) {
        link->next->previous = link->previous;
    } else if (*first != NULL) {
        (*first)->previous = link->previous;
    }
}

#endif
