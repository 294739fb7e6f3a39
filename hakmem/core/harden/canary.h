/*
 * canary.h - bytes round what was asked for, which nobody may change (level 2).
 *
 *     | wall |  request_bytes: the program's | canary … | trailer | wall |  the next block
 *              ^ block                                  ^ capacity - 16  ^ capacity
 *
 * The trailer holds the size that was asked for, mixed with the address and a secret of the
 * process, so that one which was written over does not read as a size; its first two bytes are
 * canary. Canary bytes differ from block to block and have their top bit set: no text and no zero
 * passes for one. The second byte behind what was asked for alone is zero, so that a string without
 * an end is read no further.
 *
 * The wall is the same for as long as the slab lives, be the block in use or free: it is laid when
 * its own block or the next one is first handed out. So whoever has a block may look at the wall in
 * front of it, for writes before its beginning.
 *
 * A block with guard pages keeps its size in its span's record and needs neither; what is left of
 * its last page is canary.
 */
#ifndef HAK_CANARY_H
#define HAK_CANARY_H

#include "../base/base.h"

#define CANARY_ROOM ((size_t)16) /* what a block must be larger than the request */
#define WALL_BYTES  ((size_t)8)

void canary_start(void); /* draws the secret */
uint64_t canary_random(void);

/* Lays canary, trailer and wall. */
void canary_lay(void *block, size_t request_bytes, size_t capacity);
/* What the block was asked for; SIZE_MAX: canary, trailer or wall were written over. */
size_t canary_check(const void *block, size_t capacity);

/* Canary bytes alone, up to `end`. */
void canary_fill(void *block, size_t request_bytes, size_t end);
bool canary_holds(const void *block, size_t request_bytes, size_t end);

/* The wall at a block's end. */
void wall_lay(void *block, size_t capacity);
bool wall_holds(const void *block, size_t capacity);
uint64_t wall_read(const void *block, size_t capacity); /* 0: never laid, or purged */

bool is_zero(const void *start, size_t bytes);

#endif
