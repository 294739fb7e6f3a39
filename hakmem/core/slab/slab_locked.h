/* slab_locked.h - between slab.c, slab_purge.c and depot.c: what needs the class's lock held. */
#ifndef HAK_SLAB_LOCKED_H
#define HAK_SLAB_LOCKED_H

#include "slab.h"

unsigned slab_take_locked(unsigned class_id, void **blocks, unsigned want,
                          hak_slab_choice_t choice);
void slab_give_locked(unsigned class_id, void *const *blocks, unsigned count);

/* Takes up to `want` free blocks of one slab, warm or cold ones, lowest first; how many. The caller
 * then notes them in the depot's counts, and files the slab anew. */
unsigned slab_take_from(hak_span_t *slab, void **blocks, unsigned want, bool warm);
void slab_note_taken(hak_depot_t *depot, unsigned taken, bool warm);
void slab_file(hak_depot_t *depot, hak_span_t *slab);

#endif
