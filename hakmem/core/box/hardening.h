/*
 * hardening.h - what the front gate asks of hardening where HAKMEM_HARDEN is not 0. Declared here,
 * implemented above, in harden/, which builds on the gate's slow paths.
 *
 * With hardening on nothing takes the fast path: the tables that it looks at are empty, so that
 * malloc falls into its slow path, and the heap lies in windows that it does not look at, so that
 * free and realloc do. So the fast path has no instruction for it, and without hardening the slow
 * paths have one comparison. Requests that a bypass sends to libc, and libc's blocks, are not
 * hardening's.
 */
#ifndef HAK_HARDENING_H
#define HAK_HARDENING_H

#include "../options/options.h"

enum { HARDEN_OFF = 0, HARDEN_FREES = 1, HARDEN_ALL = 2 };

static inline bool harden_is_on(void) {
    return HAK_UNLIKELY(hak_options.harden != HARDEN_OFF);
}

void harden_start(void);
/* What malloc gets when the allocator is started and no bypass takes the request. NULL: no memory.
 * The alignment is a power of two. */
void *harden_alloc(size_t bytes, size_t alignment);
/* Of hakmem's blocks, to 1 byte or more. */
void *harden_realloc(void *block, unsigned class_id, size_t bytes);
size_t harden_usable(const void *block, unsigned class_id);
/* Stops the process if a live block of hakmem's is not of the size, or not so aligned, that its
 * free says. Level 1 knows the class alone: a size that a block of the class may have passes. */
void harden_check_size(const void *block, size_t bytes, size_t alignment);
/* Notes a block that gate_resize took for its own; the block. NULL stays NULL. */
void *harden_hand_out(void *block);
/* At level 2, of a block that was found to be live: its flag is lowered, unless guarded. */
void harden_free_careful(void *block, unsigned class_id);

#endif
