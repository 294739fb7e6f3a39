/*
 * harden.h - misuse is noticed (HAKMEM_HARDEN): what the gate, the ends of the process and the
 * statistics ask.
 *
 *   level 1   live.h         a flag a block: every double free, every pointer that is none of ours
 *             quick.h        … in the gate's slow paths
 *   level 2   canary.h       writes past the end of a block
 *             quarantine.h   writes to a freed block; random placement
 *             guard.h        pages that nobody may touch round blocks above 56 KiB
 *
 * Hardening stands on the plain ways of taking and giving blocks (box/plain.h), and below the gate,
 * which alone knows both: it asks here where hardening is on, and where the answer is that there is
 * nothing for it to do, does what is to be done. So nothing here calls back.
 *
 * With hardening on nothing takes the fast path: the tables that it looks at are empty, so that
 * malloc falls into its slow path, and the heap lies in windows that it does not look at, so that
 * free and realloc do. So the fast path has no instruction for it, and without hardening the slow
 * paths have one comparison. Requests that a bypass sends to libc, and libc's blocks, are not
 * hardening's.
 *
 * At level 1 requests are served as ever, but each through the slow path. At level 2 a request of
 * up to 56 KiB less 16 bytes is asked of the tiers with 16 bytes more, for canary and trailer; a
 * larger one is page-exact, and so past the large pool, its cap and its bound on waste.
 *
 * What is noticed stops the process (hak_fatal) with the block's address and the reason. Blocks are
 * hakmem's and of the class that the page map says, alignments powers of two. To be called from
 * inside the door (os/door.h), but for what only looks at flags.
 */
#ifndef HAK_HARDEN_H
#define HAK_HARDEN_H

#include "../options/options.h"
#include "../slab/size_class.h"

enum { HARDEN_OFF = 0, HARDEN_FREES = 1, HARDEN_ALL = 2 };

static inline bool harden_is_on(void) {
    return HAK_UNLIKELY(hak_options.harden != HARDEN_OFF);
}

void harden_start(void);

/* What malloc gets. NULL: no memory. */
void *harden_alloc(size_t bytes, size_t alignment);
/* The same at level 2, in place of a block that was asked for with so many bytes and may grow on.
 */
void *harden_alloc_growing(size_t bytes, size_t before_bytes);
/* Notes a block that free lists gave out, and which they should have held; as one of a class. */
void harden_raise(void *block, unsigned class_id);
/* … whatever its class. The block; NULL stays NULL. */
void *harden_hand_out(void *block);

/* Notes that the program frees the block: it is to be live. */
void harden_end(void *block, unsigned class_id);
/* At level 2, afterwards: takes it in to wait. The block, of the same class, that is free now in
 * its place; NULL: none. */
void *harden_retire(void *block, unsigned class_id);

/* Before a realloc at level 1; and afterwards, of a block that stays where it lies. */
void harden_check_live(const void *block, unsigned class_id);
void harden_set_class(void *block);
/* At level 2: to 1 byte or more, where it lies; false: it cannot. What it was asked for before. */
bool harden_resize(void *block, unsigned class_id, size_t bytes, size_t *before_bytes);

size_t harden_usable(const void *block, unsigned class_id);
/* Stops the process if a live block of hakmem's is not of the size, or not so aligned, that its
 * free says. Level 1 knows the class alone: a size that a block of the class may have passes. */
void harden_check_size(const void *block, size_t bytes, size_t alignment);

/* Blocks of a class, and bytes of a pool without classes, that the program has freed, or never
 * had, and that wait here. */
size_t harden_idle_blocks(unsigned class_id);
size_t harden_idle_bytes(hak_pool_id_t pool);
size_t harden_room(void);       /* that each request of a class is larger by */
size_t harden_flag_bytes(void); /* of the flags of all blocks */

/* Gives everything that waits back to slabs and heap. False: nothing did. */
bool harden_reclaim(void);

/* Looks at all blocks, live and waiting, as at the end of the process. Level 2 only. All locks of
 * the allocator are held meanwhile (as for fork), so that only magazines move. What is wrong, and
 * with which block; NULL: nothing. */
const char *harden_find_damage(const void **block);

#endif
