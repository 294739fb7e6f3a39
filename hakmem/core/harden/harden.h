/*
 * harden.h - misuse is noticed (HAKMEM_HARDEN): what the gate asks for is in box/hardening.h, here
 * is what the ends of the process and the statistics ask.
 *
 *   level 1   live.h         a flag a block: every double free, every pointer that is none of ours
 *   level 2   canary.h       writes past the end of a block
 *             quarantine.h   writes to a freed block; random placement
 *             guard.h        pages that nobody may touch round blocks above 56 KiB
 *
 * At level 1 requests are served as ever, but each through the slow path. At level 2 a request of
 * up to 56 KiB less 16 bytes is asked of the tiers with 16 bytes more, for canary and trailer; a
 * larger one is page-exact, and so past the large pool, its cap and its bound on waste.
 *
 * What is noticed stops the process (hak_fatal) with the block's address and the reason.
 */
#ifndef HAK_HARDEN_H
#define HAK_HARDEN_H

#include "../box/hardening.h"
#include "../slab/size_class.h"

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
