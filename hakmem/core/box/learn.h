/*
 * learn.h - HAKMEM_LEARN: from time to time looks at the sizes that the program asks for, and adds
 * classes that fit them beside those that there were at start.
 *
 * When 4 MiB of these sizes are in use a program's requests are watched: slow paths see each, for
 * malloc's fast path does not serve their sizes (class_table_hide_rows). So for 512 requests, and
 * again when so much is in use as then and a quarter, an eighth of a second later, or 20 ms where
 * another table would be better; in between those alone come by whose sizes were not seen of late,
 * until they were 512, too. All this only of classes where something is at stake (stakes.h). What a
 * program keeps alive does not change without slow calls, so one that makes none has nothing to be
 * learnt anew; and one that makes some is watched again.
 *
 * A look, from slow paths, at 32, 128 and 512 watched requests, and by the clock:
 *   1. how many blocks are alive of each class, and which sizes were asked for (size_sample.h):
 *      a point for each bucket of these, whose share of the blocks is its share of the requests;
 *   2. the best table for these points (learn/program.h), of at most 16 learnt classes, those that
 *      there are among its candidates;
 *   3. whether it is worth a change (learn/ledger.h);
 *   4. if so, the new rows are written, then the table of sizes, a byte at a time, each with a
 *      release store (box/class_table.h). Classes that are not in it retire (box/learned.h).
 *
 * A learnt class only takes requests that a larger class would serve else, so no request wastes
 * more than without it, and W_MAX holds: whoever may be served by a block may be by a smaller one.
 * Requests for 1,025 bytes to 2 MiB are learnt from; below, classes lie at most an eighth apart.
 *
 * Nothing is random, and the clock is an argument: the same calls at the same times lead to the
 * same tables. Threads: any; one looks, the others pass by. No lock but those of the classes, one
 * at a time. In the child of a fork all is as in the parent: it forks while nobody is inside the
 * door.
 */
#ifndef HAK_LEARN_H
#define HAK_LEARN_H

#include "../slab/size_sample.h"
#include "../span/span_store.h"

extern bool hak_learn_is_on HAK_HIDDEN;       /* set at start-up */
extern uint32_t hak_learn_due HAK_HIDDEN;     /* requests, as size_sample_new … */
extern size_t hak_learn_due_pages HAK_HIDDEN; /* … or so many in use, or waiting */

void learn_start(void); /* at start-up, after all others */
/* Looks, if it is time; 0: the clock was not asked. Inside the door, with no class in hand that the
 * table told. */
void learn_look(uint64_t now_ms);
/* Whether it may be time, by the clock or by the requests: a hint. */
static inline bool learn_is_due(uint64_t now_ms) {
    return HAK_UNLIKELY(hak_learn_is_on) &&
           (now_ms != 0 || size_sample_new() >= HAK_RELAXED(hak_learn_due) ||
            HAK_RELAXED(hak_store.used_pages) >= HAK_RELAXED(hak_learn_due_pages) ||
            HAK_RELAXED(hak_size_samples.has_grown));
}

typedef struct hak_learn_figures {
    uint64_t looks;   /* at enough requests */
    uint64_t changes; /* of the table */
    uint64_t classes; /* active now */
    uint64_t added, retired, reused_ids;
    uint64_t deferred; /* looks at which a change waited: for ids, or as it was too soon */
    uint64_t regrets;  /* looks at which another table would have been better by enough to count */
    uint64_t rent_bytes; /* since the last change */
} hak_learn_figures_t;
hak_learn_figures_t learn_read(void);
static inline bool learn_is_on(void) {
    return hak_learn_is_on;
}

#endif
