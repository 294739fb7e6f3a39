/*
 * stakes.h - what is at stake in each class: the most that learnt classes (box/learn.h) could save
 * of its blocks alive. Whoever is served by a class needs more than the next smaller one has, and a
 * learnt class costs its price. So where few blocks are alive there is nothing to be saved,
 * whatever was asked for, and requests need not be seen; until the class has grown.
 */
#ifndef HAK_STAKES_H
#define HAK_STAKES_H

#include "../slab/size_class.h"

extern struct hak_stakes {
    uint32_t live[HAK_CLASS_COUNT]; /* blocks, of the class and of learnt ones below it */
    uint64_t most[HAK_CLASS_COUNT]; /* bytes, by class without learning … */
    uint64_t most_bytes;            /* … and of all */
    uint64_t live_bytes;
} hak_stakes HAK_HIDDEN;

/* The class without learning; 0: none may serve. */
unsigned stakes_served_by(size_t bytes);
/* What a class costs while it is in use. */
uint32_t stakes_price(uint32_t block_bytes);
/* What lies at hand of a class, as far as a change strands it; bytes. */
uint64_t stakes_stranded(unsigned class_id);
/* The blocks of a class that serves requests above so many bytes that are learnt from. */
uint32_t stakes_above(unsigned class_id);

/* Reads all of it; those in threads' magazines are alive. One thread at a time, as all below. */
void stakes_read(void);

/* Of the fast path's table, by what was read. Where nothing is at stake rows are shown, and it is
 * told when the class has grown so far that something might be (size_sample.h). */
void stakes_hide(void); /* shows these, and hides all others */
/* Hides what came to be at stake since; unless all is watched, but for sizes that were seen, and
 * for blocks without slabs. */
void stakes_hide_more(bool is_watched);
void stakes_show(void);        /* shows all */
void stakes_show_seen(void);   /* shows sizes that were seen, and all of blocks without slabs */
void stakes_show_others(void); /* … that were not hidden, after the table was written anew */

#endif
