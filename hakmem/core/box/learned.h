/*
 * learned.h - the ids of learnt classes, and how one is used for a class of another size later.
 *
 *     FREE ─► ACTIVE ◄─► RETIRED ─► UNREACHABLE ─► EMPTY ─► FREE
 *
 * Active: the table of sizes (box/class_table.h) sends requests to it. A retired class serves
 * nothing new, and its live blocks are as good as any: their pages name the id, and its row tells
 * how large they are. Before the row is written again
 *   - all must have been out of the door that were inside when the table let go of the id: any of
 *     them may still be about to take a block of it (unreachable);
 *   - no block and no slab of it is left, and no thread has a magazine of it, or room for one;
 *   - all must have been out once more that were inside when that was seen (empty): they may have
 *     read the row.
 * Outside the door a thread that read the table long ago looks only at its own magazines of that
 * id, and has none. Nobody waits for any of this: learned_drain looks from time to time. A class
 * whose blocks live on keeps its id.
 *
 * With hardening no id is used again: the quarantine knows blocks by the id.
 *
 * Threads: all but learned_is_active and learned_is_any are called by one thread at a time, inside
 * the door.
 */
#ifndef HAK_LEARNED_H
#define HAK_LEARNED_H

#include "../slab/size_class.h"

enum { LEARNED_IDS = 24 };

void learned_start(void); /* at start-up, when all other classes are there */

/* A class of that size, active or retired; 0: none. */
unsigned learned_find(uint32_t block_bytes);
unsigned learned_free_ids(void);
/* Makes an id that is free, of which there must be one, a class of that size; it is active, but not
 * in the table yet. */
unsigned learned_make(uint32_t block_bytes, hak_pool_id_t pool);
void learned_keep(unsigned class_id); /* active again */
/* The table has let go of it. */
void learned_retire(unsigned class_id);
/* Takes retired classes a step on. How many ids became free. */
unsigned learned_drain(void);

/* For any thread. */
bool learned_is_active(unsigned class_id);
bool learned_is_any(unsigned class_id); /* active or retired */

#endif
