/*
 * canary.h - bytes behind what was asked for, which nobody may change (level 2).
 *
 *     | request_bytes: the program's | canary, 8 bytes or more … | trailer |
 *     ^ block                                                    ^ capacity - 8
 *
 * The trailer holds the size that was asked for, mixed with the address and a secret of the
 * process, so that one which was written over does not read as a size. Canary bytes differ from
 * block to block and have their top bit set: no text and no zero passes for one.
 *
 * A block with guard pages keeps its size in its span's record and needs no trailer; what is left
 * of its last page is canary.
 */
#ifndef HAK_CANARY_H
#define HAK_CANARY_H

#include "../base/base.h"

#define CANARY_ROOM ((size_t)16) /* the least that a block must be larger than the request */

void canary_start(void); /* draws the secret */
uint64_t canary_random(void);

/* Lays canary and trailer. */
void canary_lay(void *block, size_t request_bytes, size_t capacity);
/* What the block was asked for; SIZE_MAX: canary or trailer were written over. */
size_t canary_check(const void *block, size_t capacity);

/* Canary bytes alone, up to `end`. */
void canary_fill(void *block, size_t request_bytes, size_t end);
bool canary_holds(const void *block, size_t request_bytes, size_t end);

/* Junk: what a freed block is filled with. */
void junk_fill(void *block, size_t bytes);
bool junk_holds(const void *block, size_t bytes);

#endif
