/*
 * inside.h - what the model can see of the allocator beside its interface. With HAK_API it is
 * linked with hakmem's own objects and reads their tables; without, these checks pass.
 */
#ifndef INSIDE_H
#define INSIDE_H

#include "model.h"

/* The tier of a new block, and what it may be of what was asked for; sets slot->held_bytes. */
void inside_check_block(slot_t *slot);
/* With nobody else at work: live bytes are `held_bytes`, and each page is used, dirty or clean. */
void inside_check_figures(size_t held_bytes);
/* False: every request goes to libc, which does not keep errno. */
bool inside_serves(void);
/* No hakmem page is at an address that is none. */
void inside_check_foreign(uintptr_t address);
/* How many requests the allocator says it could not serve. */
uint64_t inside_failures(void);
/* Writes the statistics as JSON to nowhere. 0, or an errno. */
int inside_dump(void);

#endif
