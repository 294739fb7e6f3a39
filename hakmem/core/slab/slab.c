/* slab.c - see slab.h: the slabs. The depot is in depot.c, purging in slab_purge.c. */
#include "slab.h"

#include <string.h>

#include "../os/fatal.h"
#include "../span/meta.h"
#include "size_sample.h"
#include "slab_guard.h"
#include "slab_locked.h"

HAK_APART hak_depot_t hak_depots[HAK_CLASS_COUNT];
uint64_t hak_depots_used[HAK_CLASS_COUNT / 64];

static size_t bitmap_bytes(const hak_class_t *cls) {
    return (cls->slab_blocks + 63u) / 64 * sizeof(uint64_t);
}

static unsigned words_of(const hak_span_t *slab) {
    return (slab->blocks + 63u) / 64;
}

/* Where a slab is to be filed: warm before cold, fullest first; -1 when nothing is free. */
static int wanted_list(const hak_span_t *slab) {
    if (slab->free_blocks == 0) {
        return -1;
    }
    int sparse = (slab->free_blocks - 1) * SLAB_FULLNESS / slab->blocks;
    return sparse + (slab->free_blocks > slab->cold_blocks ? 0 : SLAB_FULLNESS);
}

/* Up to so many free blocks, of which a warm one has just returned, a slab stays where it is filed;
 * all of them are never so few. */
static unsigned most_in(int list, unsigned blocks) {
    if (list < 0 || list >= SLAB_FULLNESS) {
        return 0;
    }
    unsigned most = (((unsigned)list + 1) * blocks + SLAB_FULLNESS - 1) / SLAB_FULLNESS;
    return hak_min(most, blocks - 1);
}

/* Read without the lock as a hint. No read-modify-write: with the lock held none is needed, and of
 * two bytes not every machine has one (RISC-V would call libatomic). */
static void set_lists_in_use(hak_depot_t *depot, unsigned lists) {
    __atomic_store_n(&depot->lists_in_use, (uint16_t)lists, __ATOMIC_RELAXED);
}

static void unfile(hak_depot_t *depot, hak_span_t *slab) {
    if (slab->list < 0) {
        return;
    }
    hak_link_t **list = &depot->lists[slab->list];
    list_pull(list, &slab->place);
    if (*list == NULL) {
        set_lists_in_use(depot, depot->lists_in_use & ~(1u << slab->list));
    }
    slab->list = -1;
    slab->filed_most = 0;
}

void slab_file(hak_depot_t *depot, hak_span_t *slab) {
    int list = wanted_list(slab);
    if (list == slab->list) {
        return;
    }
    unfile(depot, slab);
    if (list < 0) {
        return;
    }
    slab->list = (int8_t)list;
    slab->filed_most = (uint16_t)most_in(list, slab->blocks);
    list_push(&depot->lists[list], &slab->place);
    set_lists_in_use(depot, depot->lists_in_use | 1u << list);
}

/* The free blocks of one word of the bitmap that are warm, or those that are cold. */
static uint64_t free_word(const hak_span_t *slab, unsigned word, bool warm) {
    uint64_t cold;
    if (slab->cold_bits != NULL) {
        cold = slab->cold_bits[word];
    } else if (!slab->fresh) {
        cold = 0;
    } else {
        unsigned first = word * 64;
        unsigned carved = slab->carved_blocks > first ? slab->carved_blocks - first : 0;
        cold = carved >= 64 ? 0 : ~(uint64_t)0 << carved;
    }
    return slab->free_bits[word] & (warm ? ~cold : cold);
}

/* Takes up to `want` free blocks of one slab, warm or cold ones, lowest first; how many. */
static unsigned take_from(hak_span_t *slab, void **blocks, unsigned want, bool warm) {
    size_t block_bytes = hak_classes[slab->class_id].block_bytes;
    uintptr_t start = slab_start(slab);
    unsigned words = words_of(slab), carved = 0;
    void **next = blocks, **end = blocks + want;
    for (unsigned word = 0; word < words && next < end; word++) {
        uint64_t bits = free_word(slab, word, warm), left = bits;
        uintptr_t first = start + word * 64 * block_bytes;
        for (; left != 0 && next < end; left &= left - 1) {
            *next++ = (void *)(first + (size_t)__builtin_ctzl(left) * block_bytes);
        }
        uint64_t gone = bits & ~left;
        if (gone == 0) {
            continue;
        }
        carved = word * 64 + 64 - (unsigned)__builtin_clzl(gone);
        slab->free_bits[word] &= ~gone;
        if (slab->cold_bits != NULL) {
            slab->cold_bits[word] &= ~gone;
        }
    }
    unsigned taken = (unsigned)(next - blocks);
    slab->carved_blocks = (uint16_t)hak_max(slab->carved_blocks, carved);
    slab->free_blocks = (uint16_t)(slab->free_blocks - taken);
    if (!warm) {
        slab->cold_blocks = (uint16_t)(slab->cold_blocks - taken);
    }
    return taken;
}

void slab_note_taken(hak_depot_t *depot, unsigned taken, bool warm) {
    depot_count(&depot->free_blocks, -(size_t)taken);
    if (!warm) {
        depot_count(&depot->cold_blocks, -(size_t)taken);
    }
    least_note(&depot->warm_least, depot->free_blocks - depot->cold_blocks);
}

unsigned slab_take_locked(unsigned class_id, void **blocks, unsigned want,
                          hak_slab_choice_t choice) {
    hak_depot_t *depot = &hak_depots[class_id];
    uint32_t wanted = choice == SLAB_WARM_ONLY ? (1u << SLAB_FULLNESS) - 1 : ~0u;
    unsigned taken = 0;
    while (taken < want && (depot->lists_in_use & wanted) != 0) {
        int list = __builtin_ctz(depot->lists_in_use & wanted);
        bool warm = list < SLAB_FULLNESS;
        hak_span_t *slab = LIST_ITEM(depot->lists[list], hak_span_t, place);
        unsigned got = take_from(slab, blocks + taken, want - taken, warm);
        HAK_CHECK(got > 0, "slab bitmap corrupt", (void *)slab->base);
        taken += got;
        slab_note_taken(depot, got, warm);
        slab_file(depot, slab);
    }
    return taken;
}

/* What returned for want of room in the depot just before is to be kept there (depot.c). */
static void note_retaken(hak_depot_t *depot, unsigned class_id, unsigned taken) {
    size_t again = hak_min(depot->returned_blocks, taken);
    depot->returned_blocks -= again;
    depot->kept_blocks = hak_min(depot->kept_blocks + again, hak_classes[class_id].depot_blocks);
}

unsigned slab_take(unsigned class_id, void **blocks, unsigned want, hak_slab_choice_t choice) {
    hak_depot_t *depot = &hak_depots[class_id];
    lock_acquire(&depot->lock, LOCK_RANK_CLASS);
    unsigned taken = slab_take_locked(class_id, blocks, want, choice);
    note_retaken(depot, class_id, taken);
    lock_release(&depot->lock, LOCK_RANK_CLASS);
    return taken;
}

bool slab_note_cold(hak_span_t *slab) {
    if (slab->cold_bits == NULL) {
        uint64_t *bits = meta_alloc(bitmap_bytes(&hak_classes[slab->class_id]));
        if (bits == NULL) {
            return false;
        }
        for (unsigned word = 0; word < words_of(slab); word++) {
            bits[word] = free_word(slab, word, false);
        }
        slab->cold_bits = bits;
    }
    return true;
}

int slab_block_index(const hak_span_t *slab, const void *pointer) {
    const hak_class_t *cls = &hak_classes[slab->class_id];
    uint64_t offset = (uintptr_t)pointer - slab_start(slab);
    uint64_t index = offset * cls->reciprocal >> 40;
    return index * cls->block_bytes == offset && index < slab->blocks ? (int)index : -1;
}

static void free_bitmaps(hak_span_t *slab) {
    const hak_class_t *cls = &hak_classes[slab->class_id];
    meta_free(slab->free_bits, bitmap_bytes(cls));
    slab->free_bits = NULL;
    if (slab->cold_bits != NULL) {
        meta_free(slab->cold_bits, bitmap_bytes(cls));
        slab->cold_bits = NULL;
    }
}

static hak_span_t *slab_of(unsigned class_id, const void *block) {
    hak_span_t *slab = span_of(block);
    HAK_CHECK(slab != NULL && slab->is_slab && slab->class_id == class_id,
              "free of an invalid pointer", block);
    return slab;
}

/* Says what is wrong with a block that cannot return to its slab. */
static HAK_NOINLINE void refuse(const hak_span_t *slab, const void *block) {
    int index = slab_block_index(slab, block);
    HAK_CHECK(index >= 0, "free of a pointer into the middle of a block", block);
    bool is_free = (slab->free_bits[index / 64] >> (index % 64) & 1) != 0;
    hak_fatal(is_free ? "double free" : "free of a block that was never handed out", block);
}

/* Takes back a block of the slab, and those behind it in the list that are of it, too. Returns the
 * first that is not. */
static inline void *const *mark_run(const hak_class_t *cls, hak_span_t *slab, void *const *block,
                                    void *const *end) {
    size_t block_bytes = cls->block_bytes;
    uint64_t reciprocal = cls->reciprocal, *free_bits = slab->free_bits;
    uintptr_t start = slab_start(slab), offset = (uintptr_t)*block - start;
    size_t carved = slab->carved_blocks * block_bytes;
    if (HAK_UNLIKELY(offset >= carved)) {
        refuse(slab, *block);
    }
    do {
        uint64_t index = offset * reciprocal >> 40, bit = (uint64_t)1 << (index % 64);
        uint64_t *word = &free_bits[index / 64], bits = *word;
        if (HAK_UNLIKELY(index * block_bytes != offset || (bits & bit) != 0)) {
            refuse(slab, *block);
        }
        *word = bits | bit;
    } while (++block < end && (offset = (uintptr_t)*block - start) < carved);
    return block;
}

/* All its blocks are free. */
static void let_go(hak_depot_t *depot, hak_span_t *slab) {
    unfile(depot, slab);
    depot->slabs--;
    depot_count(&depot->blocks, -(size_t)slab->blocks);
    depot_count(&depot->free_blocks, -(size_t)slab->blocks);
    depot_count(&depot->cold_blocks, -(size_t)slab->cold_blocks);
    least_note(&depot->warm_least, depot->free_blocks - depot->cold_blocks);
    free_bitmaps(slab);
    pool_unreserve(class_pool(slab->class_id), slab_bytes(slab));
    slab_free_span(slab);
}

/* More of its blocks are free. */
static HAK_NOINLINE void file_or_let_go(hak_depot_t *depot, hak_span_t *slab) {
    if (slab->free_blocks < slab->blocks) {
        slab_file(depot, slab);
    } else {
        let_go(depot, slab);
    }
}

/* Blocks that were taken one after the other mostly lie in one slab, and are freed so. Others, of
 * many slabs, are freed in any order. */
void slab_give_locked(unsigned class_id, void *const *blocks, unsigned count) {
    const hak_class_t *cls = &hak_classes[class_id];
    hak_depot_t *depot = &hak_depots[class_id];
    void *const *end = blocks + count;
    while (blocks < end) {
        hak_span_t *slab = slab_of(class_id, *blocks);
        void *const *next = mark_run(cls, slab, blocks, end);
        unsigned marked = (unsigned)(next - blocks), now_free = slab->free_blocks + marked;
        blocks = next;
        slab->free_blocks = (uint16_t)now_free;
        depot_count(&depot->free_blocks, marked);
        if (now_free > slab->filed_most) {
            file_or_let_go(depot, slab);
        }
    }
}

void slab_give_cold_locked(hak_span_t *slab, const uint64_t *blocks) {
    hak_depot_t *depot = &hak_depots[slab->class_id];
    unsigned count = 0;
    for (unsigned word = 0; word < words_of(slab); word++) {
        slab->free_bits[word] |= blocks[word];
        slab->cold_bits[word] |= blocks[word];
        count += (unsigned)__builtin_popcountl(blocks[word]);
    }
    slab->free_blocks = (uint16_t)(slab->free_blocks + count);
    slab->cold_blocks = (uint16_t)(slab->cold_blocks + count);
    depot_count(&depot->free_blocks, count);
    depot_count(&depot->cold_blocks, count);
    file_or_let_go(depot, slab);
}

void slab_give(unsigned class_id, void *const *blocks, unsigned count) {
    hak_depot_t *depot = &hak_depots[class_id];
    lock_acquire(&depot->lock, LOCK_RANK_CLASS);
    slab_give_locked(class_id, blocks, count);
    lock_release(&depot->lock, LOCK_RANK_CLASS);
}

bool slab_add(unsigned class_id, hak_span_t *span) {
    const hak_class_t *cls = &hak_classes[class_id];
    size_t bytes = bitmap_bytes(cls);
    uint64_t *free_bits = meta_alloc(bytes);
    if (free_bits == NULL) {
        return false;
    }
    /* A span under a cap may be shorter than the class's. */
    size_t blocks = hak_min(slab_bytes(span) / cls->block_bytes, cls->slab_blocks);
    span->blocks = span->free_blocks = (uint16_t)blocks;
    span->cold_blocks = span->fresh ? span->blocks : 0;
    span->carved_blocks = 0;
    span->list = -1;
    span->filed_most = 0;
    span->free_bits = free_bits;
    span->cold_bits = NULL;
    for (unsigned word = 0; word < words_of(span); word++) {
        unsigned left = span->blocks - word * 64;
        free_bits[word] = left >= 64 ? ~(uint64_t)0 : ((uint64_t)1 << left) - 1;
    }
    hak_depot_t *depot = &hak_depots[class_id];
    lock_acquire(&depot->lock, LOCK_RANK_CLASS);
    depot_note_use(class_id);
    depot->slabs++;
    depot_count(&depot->blocks, blocks);
    size_sample_grown(class_id, depot->blocks);
    depot_count(&depot->free_blocks, blocks);
    depot_count(&depot->cold_blocks, span->cold_blocks);
    slab_file(depot, span);
    lock_release(&depot->lock, LOCK_RANK_CLASS);
    return true;
}
