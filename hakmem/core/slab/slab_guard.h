/*
 * slab_guard.h - for hardening: slabs lie between pages that nobody may touch, and hold nothing of
 * what lay there before.
 *
 *     | guard | blocks … | guard |     a guard is a page of the system
 *     ^ base  ^ slab_start
 *
 * So what runs on past a block for the length of a slab (448 KiB at most), or before the first
 * block of it, dies by SIGSEGV. A closed class's slabs are guards as a whole. Until
 * slab_guard_start is called there are none, and a slab is its span.
 *
 * A slab with guards splits a mapping of the process (see harden/guard.h): beyond 8,192 of them new
 * ones have none, and their pages stay accessible.
 */
#ifndef HAK_SLAB_GUARD_H
#define HAK_SLAB_GUARD_H

#include "slab.h"

void slab_guard_start(void);       /* from now on; before the first slab */
size_t slab_guard_room(void);      /* pages that a slab's span is longer than the slab */
void slab_guard(hak_span_t *span); /* one that was just allocated for a slab, so much longer */
size_t slab_guard_bytes(void);     /* of all guards: no memory, and in use all the same */
/* Gives a slab's span to the heap, its guards opened. */
void slab_free_span(hak_span_t *span);

#endif
