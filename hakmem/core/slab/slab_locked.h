/* slab_locked.h - between slab.c and depot.c: the same as slab.h's, with the class's lock held. */
#ifndef HAK_SLAB_LOCKED_H
#define HAK_SLAB_LOCKED_H

#include "slab.h"

unsigned slab_take_locked(unsigned class_id, void **blocks, unsigned want,
                          hak_slab_choice_t choice);
void slab_give_locked(unsigned class_id, void *const *blocks, unsigned count);

#endif
