/* harden_block.h - between harden.c and harden_damage.c: how large a block is, canary included. */
#ifndef HAK_HARDEN_BLOCK_H
#define HAK_HARDEN_BLOCK_H

#include "../hakmem_tiers.h"

/* Of a block without guards. */
static inline size_t harden_capacity(const void *block, unsigned class_id) {
    return class_id < HAK_CLASS_LIMIT ? hak_classes[class_id].block_bytes : exact_usable(block);
}

#endif
