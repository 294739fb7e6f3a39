/*
 * homes.h - blocks that share a cache line belong to one home, and a thread takes those of its own.
 *
 * Blocks smaller than a cache line lie several to a line. Where one thread makes them and others
 * free them, the magazines would give each of these its block back, and cores would write to lines
 * that other cores write to (passive false sharing: Berger et al., "Hoard", ASPLOS 2000, 3.3). So,
 * from the second thread on, each thread belongs to one of HOMES. A freed block goes back to the
 * home of its slab, and malloc takes blocks of the thread's home alone.
 *
 *   base     the class as the pool made it; its slabs are home 0, which the first thread has
 *   home     a copy of its row for each further home: a class id of its own, so that the page map
 *            tells free, without an instruction more, whose block it is
 *   front    the class id that malloc's table names from then on. It has no slabs: its magazine
 *            holds blocks of the thread's home, and takes what the thread freed of these when it is
 *            empty (thread_cache.c)
 *
 * While there is one thread, fronts are not used: a block that was freed is the next to be taken.
 * With hardening there are no homes: which block is taken next is drawn, or has waited.
 */
#ifndef HAK_HOMES_H
#define HAK_HOMES_H

#include "size_class.h"

enum {
    HOMES = 8,
    HOMED_CLASSES = 3, /* of 16, 32 and 48 bytes: the first ones */
};

/* Filled at start-up, but for in_use. Fewer homes where the user's own lists of classes leave no
 * ids for all. */
typedef struct hak_homes {
    uint8_t count; /* 0: there are none */
    uint8_t front; /* the first class id of the fronts; HAK_CLASS_COUNT: there are none */
    bool in_use;   /* malloc's table names the fronts; atomic */
} hak_homes_t;
extern hak_homes_t hak_homes HAK_HIDDEN;

/* When all pools have their classes, and these their rows. */
void homes_add_classes(void);

static inline bool homes_is_front(unsigned class_id) {
    return class_id - hak_homes.front < HOMED_CLASSES;
}

/* The id of the first class of a home: that of home 0 is the base. */
static inline unsigned homes_first(unsigned home) {
    return home == 0 ? HAK_CLASS_FIRST : hak_homes.front + home * HOMED_CLASSES;
}

static inline bool homes_is_base(unsigned class_id) {
    return hak_homes.count > 0 && class_id - HAK_CLASS_FIRST < HOMED_CLASSES;
}

static inline bool homes_in_use(void) {
    return __atomic_load_n(&hak_homes.in_use, __ATOMIC_RELAXED); /* late readers do no harm */
}

/* A front, or a class of a further home: its figures are in those of its base. */
static inline bool homes_has(unsigned class_id) {
    return class_id - hak_homes.front < hak_homes.count * (unsigned)HOMED_CLASSES;
}

/* The base of a front or a home, or the class itself. */
static inline unsigned homes_base_of(unsigned class_id) {
    return homes_has(class_id) ? HAK_CLASS_FIRST + (class_id - hak_homes.front) % HOMED_CLASSES
                               : class_id;
}

/* The class to take a block from where that is not the table's: the front of a base that has one
 * in use. */
static inline unsigned homes_front_of(unsigned class_id) {
    bool has_front = homes_is_base(class_id) && homes_in_use();
    return has_front ? hak_homes.front + class_id - HAK_CLASS_FIRST : class_id;
}

/* The next class id that has blocks of the same base, its front and homes; 0: there is none. */
static inline unsigned homes_next(unsigned class_id) {
    if (homes_is_base(class_id)) {
        return hak_homes.front + class_id - HAK_CLASS_FIRST;
    }
    unsigned end = hak_homes.front + hak_homes.count * HOMED_CLASSES;
    bool has_next = class_id >= hak_homes.front && class_id + HOMED_CLASSES < end;
    return has_next ? class_id + HOMED_CLASSES : HAK_CLASS_NONE;
}

#endif
