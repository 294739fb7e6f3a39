/* slab_locked.h - between slab.c, slab_purge.c and depot.c: what needs the class's lock held. */
#ifndef HAK_SLAB_LOCKED_H
#define HAK_SLAB_LOCKED_H

#include "slab.h"

unsigned slab_take_locked(unsigned class_id, void **blocks, unsigned want,
                          hak_slab_choice_t choice);
void slab_give_locked(unsigned class_id, void *const *blocks, unsigned count);
/* Free blocks that were taken out of a slab return to it, a bit each, and are cold. When they are
 * the last of it, it goes to the span heap. */
void slab_give_cold_locked(hak_span_t *slab, const uint64_t *blocks);

/* A slab has a bitmap of its cold blocks from now on; false: no memory for that. */
bool slab_note_cold(hak_span_t *slab);

/* Notes in the depot's counts that free blocks, warm or cold ones, were taken out of a slab, which
 * is then to be filed again. */
void slab_note_taken(hak_depot_t *depot, unsigned taken, bool warm);
void slab_file(hak_depot_t *depot, hak_span_t *slab);

#endif
