/*
 * static_size_class.c - the table of size classes: the search finds the smallest class that holds a
 * request, a block's index follows from its address, for every class and every address near it, and
 * slabs have room for the blocks that they say.
 *
 * White box: linked with objects.a.
 *
 * Where the system's page is 4 KiB.
 */
#include "slab/slab.h"
#include "test.h"

static unsigned class_by_scan(hak_pool_id_t pool, size_t bytes) {
    for (unsigned id = HAK_CLASS_FIRST; hak_classes[id].block_bytes != 0; id++) {
        if (hak_classes[id].pool == pool && hak_classes[id].block_bytes >= bytes) {
            return id;
        }
    }
    return HAK_CLASS_NONE;
}

static void check_search(hak_pool_id_t pool) {
    unsigned found = 0;
    for (unsigned id = HAK_CLASS_FIRST; hak_classes[id].block_bytes != 0; id++) {
        size_t bytes = hak_classes[id].block_bytes;
        for (size_t near = bytes - 1; near <= bytes + 1; near++) {
            CHECK_MSG(class_for(pool, near) == class_by_scan(pool, near), "pool %d, %zu bytes",
                      (int)pool, near);
        }
        found += class_for(pool, bytes) == id;
    }
    CHECK_MSG(found > 1, "pool %d has %u classes", (int)pool, found);
    CHECK_EQ(class_for(pool, SIZE_MAX), HAK_CLASS_NONE);
}

/* A slab that is only a record: nothing is read at its addresses. */
static void check_indexes(unsigned id) {
    const hak_class_t *cls = &hak_classes[id];
    hak_span_t slab = {.base = 0x7f0000000000, .class_id = (uint8_t)id, .blocks = cls->slab_blocks};
    for (unsigned i = 0; i < cls->slab_blocks; i++) {
        uintptr_t block = slab.base + (size_t)i * cls->block_bytes;
        CHECK_MSG(slab_block_index(&slab, (void *)block) == (int)i, "block %u of %u bytes", i,
                  cls->block_bytes);
        static const int off[] = {-16, -1, 1, 8, 16};
        for (size_t j = 0; j < sizeof off / sizeof *off; j++) {
            bool is_next = cls->block_bytes == 16 && (off[j] == 16 || off[j] == -16);
            CHECK_MSG(is_next || slab_block_index(&slab, (void *)(block + (uintptr_t)off[j])) == -1,
                      "block %u of %u bytes, %d", i, cls->block_bytes, off[j]);
        }
    }
    uintptr_t end = slab.base + (size_t)cls->slab_blocks * cls->block_bytes;
    CHECK_EQ(slab_block_index(&slab, (void *)end), -1);
    CHECK_EQ(slab_block_index(&slab, (void *)(slab.base - cls->block_bytes)), -1);
}

static void check_geometry(unsigned id) {
    const hak_class_t *cls = &hak_classes[id];
    size_t bytes = cls->slab_pages * HAK_PAGE_BYTES;
    CHECK_MSG(bytes / cls->block_bytes == cls->slab_blocks, "%u bytes: %u in %zu", cls->block_bytes,
              cls->slab_blocks, bytes);
    CHECK_MSG(bytes % cls->block_bytes * 50 <= bytes, "%u bytes: a tail of %zu in %zu",
              cls->block_bytes, bytes % cls->block_bytes, bytes);
    CHECK(cls->magazine_blocks > 0 && cls->magazine_blocks <= MAGAZINE_MAX_BLOCKS);
}

static void check_alignment(unsigned id) {
    for (size_t alignment = 1; alignment <= HAK_PAGE_BYTES; alignment *= 2) {
        CHECK_MSG(class_is_aligned(id, alignment) == (hak_classes[id].block_bytes % alignment == 0),
                  "%u bytes, alignment %zu", hak_classes[id].block_bytes, alignment);
    }
}

/* What is reserved of a pool's cap is no more than the cap, and can be given back. */
static void check_cap(void) {
    hak_pool_t *pool = &hak_pools[POOL_DIRECT];
    size_t cap_bytes = pool->cap_bytes, used = pool_used(POOL_DIRECT);
    pool->cap_bytes = used + 100;
    CHECK(pool_reserve(POOL_DIRECT, 60) && pool_used(POOL_DIRECT) == used + 60);
    CHECK(!pool_reserve(POOL_DIRECT, 41) && !pool_reserve(POOL_DIRECT, SIZE_MAX - 30));
    CHECK(pool_reserve(POOL_DIRECT, 40) && !pool_reserve(POOL_DIRECT, 1));
    pool->cap_bytes = used + 50; /* exceeded by now */
    CHECK(!pool_reserve(POOL_DIRECT, 0) && !pool_reserve(POOL_DIRECT, SIZE_MAX - 30));
    pool_unreserve(POOL_DIRECT, 100);
    CHECK_EQ(pool_used(POOL_DIRECT), used);
    pool->cap_bytes = cap_bytes;
}

int main(void) {
    free(malloc(1));
    for (hak_pool_id_t pool = POOL_TINY; pool <= POOL_LARGE; pool++) {
        check_search(pool);
    }
    unsigned slab_classes = 0, id = HAK_CLASS_FIRST;
    for (; hak_classes[id].block_bytes != 0; id++) {
        bool ascends = hak_classes[id].block_bytes > hak_classes[id - 1].block_bytes;
        CHECK_MSG(ascends || id > hak_pools[POOL_LARGE].last, "class %u", id);
        check_alignment(id);
        if (hak_classes[id].slab_pages != 0) {
            slab_classes++;
            check_geometry(id);
            check_indexes(id);
        }
    }
    CHECK_MSG(slab_classes > 30 && id < HAK_CLASS_LIMIT, "%u of %u", slab_classes, id);
    check_cap();
    return 0;
}
