/*
 * laid.h - blocks without guard pages at level 2: in slabs, with canary, trailer and walls
 * (canary.h), and zero while they are free.
 *
 * A free block of a slab is zero up to its wall, from the making of the slab on: what is handed out
 * reads as zero, and one that does not was written to. (A zero written to a free block changes
 * nothing, and is not noticed.) The blocks of the closed class, for requests of no bytes, lie in
 * pages that nobody may touch, and have neither.
 *
 * Page-exact blocks that ACE's direct path serves, in place of a class, have canary and trailer.
 */
#ifndef HAK_LAID_H
#define HAK_LAID_H

#include "../base/base.h"

/* How large a block without guards is, canary included. */
size_t laid_capacity(const void *block, unsigned class_id);

/* Of a block that is to be handed out. False: it was written to while it was free. */
bool laid_prepare(void *block, unsigned class_id, size_t request_bytes);
/* Gives a live one another size: false, if it does not serve that where it lies. */
bool laid_resize(void *block, unsigned class_id, size_t before, size_t request_bytes);
/* What is wrong with a live block, or NULL; what it was asked for. */
const char *laid_damage(const void *block, unsigned class_id, size_t *request_bytes);
/* Clears one that is no longer live; whether a free one is clear. */
void laid_clear(void *block, unsigned class_id);
bool laid_is_clear(const void *block, unsigned class_id);

#endif
