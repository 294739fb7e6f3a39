/*
 * layout.h - which block sizes an allocator accepts, and what it carves them from.
 *
 * hakmem's are those of hakmem_pool.c, hakmem_l25_pool.c and class_set_slab in
 * hakmem/core/slab/size_class.c; a test compares them with what the library reports of its slabs.
 * memcached's slab page is 1 MiB. scudo maps 256 KiB at a time for a class, and finds a class by
 * the 7 highest bits of a size.
 */
#ifndef WORKLOADS_CLASSES_LAYOUT_H
#define WORKLOADS_CLASSES_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

typedef struct class_carve {
    uint64_t slab_bytes, blocks;
    uint64_t idle_bytes; /* that the class holds free, in the mean: half a slab */
} class_carve_t;

typedef struct class_layout {
    const char *name;
    uint64_t request_least, request_most; /* the sizes that it serves */
    uint64_t block_least, block_most;
    uint64_t header_bytes; /* that a block holds beside the request */
    uint64_t wmax;         /* millionths: the default bound */
    unsigned classes_most;
    /* Block costs do not ascend with the block: places between the sizes are worth a look. */
    bool considers_all;
    uint64_t (*block_for)(uint64_t bytes); /* the least block that it accepts and that holds this */
    class_carve_t (*carve)(uint64_t block_bytes);
} class_layout_t;

/* hakmem's Mid pool from 8193 bytes, the same with HAKMEM_SMALLMID_ENABLE=0, its Large pool. */
extern const class_layout_t layout_mid, layout_mid_low, layout_large;
extern const class_layout_t layout_memcached, layout_scudo;

/* scudo has these classes whatever else: SCUDO_LINEAR of them, from the header's size on. */
enum { SCUDO_HEADER = 16, SCUDO_LINEAR = 4, SCUDO_BITS = 7, SCUDO_MID_LOG = 6 };

/* hakmem's built-in classes: the block of a request; `low`: with HAKMEM_SMALLMID_ENABLE=0. */
uint64_t layout_default_block(uint64_t bytes);

#endif
