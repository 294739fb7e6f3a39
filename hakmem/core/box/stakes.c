/* stakes.c - see stakes.h. */
#include "stakes.h"

#include "../hakmem_ace.h"
#include "../hakmem_tiers.h"
#include "../learn/ledger.h"
#include "../slab/size_sample.h"
#include "../slab/slab.h"
#include "../span/deferred.h"
#include "class_table.h"
#include "learned.h"

/* Beside the smallest slabs: a half of one, about, of 12 blocks. */
#define HALF_SLAB_LEAST_BYTES (40 * HAK_KIB)
#define HALF_SLAB_BLOCKS      6
#define LITTLE_SHARE          8
#define GROWTH_SHARE          4 /* of a class's blocks: it is asked again */

HAK_APART struct hak_stakes hak_stakes;
static bool is_hidden[HAK_CLASS_COUNT]; /* by class without learning: rows of its requests */

unsigned stakes_served_by(size_t bytes) {
    unsigned id = HAK_CLASS_NONE;
    for (hak_pool_id_t pool = POOL_SMALLMID; pool <= POOL_LARGE && id == HAK_CLASS_NONE; pool++) {
        id = class_for(pool, bytes);
        id = id != HAK_CLASS_NONE && ace_allows(id, bytes) ? id : HAK_CLASS_NONE;
    }
    return id;
}

/* Half a slab that is free. A block without slabs is a span, which serves any class when it is
 * free. */
uint32_t stakes_price(uint32_t block_bytes) {
    if (block_bytes > MID_MAX_SIZE) {
        return HAK_PAGE_BYTES;
    }
    return (uint32_t)hak_max(HALF_SLAB_BLOCKS * (size_t)block_bytes, HALF_SLAB_LEAST_BYTES);
}

uint32_t stakes_above(unsigned class_id) {
    uint32_t smaller = hak_classes[class_id - 1].block_bytes;
    smaller = smaller < hak_classes[class_id].block_bytes ? smaller : 0;
    return (uint32_t)hak_max(smaller, SIZE_SAMPLE_LEAST);
}

static bool is_learnt_from(unsigned class_id) {
    return class_id < hak_class_learned && hak_classes[class_id].pool >= POOL_SMALLMID &&
           !hak_classes[class_id].is_closed;
}

/* Relaxed: figures. */
static uint32_t live_of(unsigned id) {
    const hak_depot_t *depot = &hak_depots[id];
    size_t blocks = HAK_RELAXED(depot->blocks);
    if (HAK_LIKELY(blocks == 0)) {
        return 0;
    }
    size_t idle = HAK_RELAXED(depot->free_blocks) + HAK_RELAXED(depot->full_blocks);
    return (uint32_t)(blocks - hak_min(idle, blocks));
}

/* Of blocks without slabs half counts, as in box/learn.c. */
static uint64_t most_of(unsigned id) {
    uint32_t above = stakes_above(id), block_bytes = hak_classes[id].block_bytes;
    uint64_t bytes = (uint64_t)hak_stakes.live[id] * (block_bytes - above);
    uint64_t price = stakes_price(above + 1);
    bytes = class_has_slabs(id) ? bytes : bytes / 2;
    return bytes > price ? bytes - price : 0;
}

static void take_off(unsigned id, size_t blocks) {
    hak_stakes.live[id] -= (uint32_t)hak_min(hak_stakes.live[id], blocks);
}

/* What waits to be merged, and what was filed of it, is not alive. */
static void take_off_waiting(void) {
    size_t waiting;
    for (unsigned id = hak_pools[POOL_LARGE].first; id <= hak_pools[POOL_LARGE].last; id++) {
        take_off(id, deferred_filed(id));
    }
    for (hak_waiting_t at = {0}; (waiting = deferred_next(&at)) != 0;) {
        take_off((unsigned)waiting, 1);
    }
}

static void read_live(void) {
    for (unsigned id = HAK_CLASS_FIRST; id < hak_class_learned; id++) {
        hak_stakes.live[id] = is_learnt_from(id) ? live_of(id) : 0;
    }
    take_off_waiting();
    for (unsigned id = hak_class_learned; id < hak_class_end; id++) {
        if (learned_is_any(id)) {
            hak_stakes.live[stakes_served_by(hak_classes[id].block_bytes)] += live_of(id);
        }
    }
    hak_stakes.live_bytes = 0;
    for (unsigned id = HAK_CLASS_FIRST; id < hak_class_learned; id++) {
        hak_stakes.live_bytes += (uint64_t)hak_stakes.live[id] * hak_classes[id].block_bytes;
    }
}

/* Of all classes of the pool; what is less than `least` counts as none. */
static uint64_t read_pool(hak_pool_id_t pool, uint64_t least) {
    uint64_t bytes = 0;
    for (unsigned id = hak_pools[pool].first; id <= hak_pools[pool].last; id++) {
        uint64_t most = hak_stakes.live[id] == 0 ? 0 : most_of(id);
        hak_stakes.most[id] = most < least ? 0 : most;
        bytes += hak_stakes.most[id];
    }
    return bytes;
}

/* A class where so little is at stake that eight of them would not count (learn/ledger.h) is left
 * out, and so are blocks without slabs if all of theirs does not. */
void stakes_read(void) {
    read_live();
    uint64_t least = ledger_least_regret(hak_stakes.live_bytes);
    uint64_t large = read_pool(POOL_LARGE, 0);
    large = large < least ? read_pool(POOL_LARGE, UINT64_MAX) : large;
    hak_stakes.most_bytes = large + read_pool(POOL_SMALLMID, least / LITTLE_SHARE) +
                            read_pool(POOL_MID, least / LITTLE_SHARE);
}

uint64_t stakes_stranded(unsigned id) {
    hak_depot_figures_t depot;
    depot_read(id, &depot);
    size_t at_hand =
        hak_min(depot.warm_blocks + depot.magazine_blocks, tier_most_stranded(id, depot.blocks));
    return (uint64_t)at_hand * depot.block_bytes;
}

static void hide(unsigned id) {
    class_table_hide_rows(stakes_above(id), hak_classes[id].block_bytes);
    is_hidden[id] = true;
    size_sample_ask_growth(id, 0);
}

static void show(unsigned id) {
    if (is_hidden[id]) {
        class_table_show_rows(stakes_above(id), hak_classes[id].block_bytes);
        is_hidden[id] = false;
    }
}

/* Blocks without slabs are not asked for: they are growth of what is in use, and no row of theirs
 * is hidden but while the program is watched. */
static void ask_growth(unsigned id) {
    uint32_t above = stakes_above(id), live = hak_stakes.live[id];
    uint64_t little = ledger_least_regret(hak_stakes.live_bytes) / LITTLE_SHARE;
    uint32_t least =
        (uint32_t)((stakes_price(above + 1) + little) / (hak_classes[id].block_bytes - above)) + 1;
    if (class_has_slabs(id)) {
        size_sample_ask_growth(id, (uint32_t)hak_max(least, live + live / GROWTH_SHARE));
    }
}

void stakes_hide(void) {
    for (unsigned id = HAK_CLASS_FIRST; id < hak_class_learned; id++) {
        if (!is_learnt_from(id)) {
            continue;
        }
        if (hak_stakes.most[id] != 0) {
            hide(id);
        } else {
            show(id);
            ask_growth(id);
        }
    }
}

static void show_seen(void) {
    size_t row = size_sample_next_seen(0);
    for (; row < SIZE_SAMPLE_ROWS; row = size_sample_next_seen(row + 1)) {
        class_table_show(row);
    }
}

void stakes_hide_more(bool is_watched) {
    for (unsigned id = HAK_CLASS_FIRST; id < hak_class_learned; id++) {
        bool is_new = hak_stakes.most[id] != 0 && !is_hidden[id];
        if (is_new && is_learnt_from(id) && (is_watched || class_has_slabs(id))) {
            hide(id);
        }
    }
    if (!is_watched) {
        show_seen();
    }
}

void stakes_show_seen(void) {
    for (unsigned id = HAK_CLASS_FIRST; id < hak_class_learned; id++) {
        if (is_hidden[id] && !class_has_slabs(id)) {
            show(id);
        }
    }
    show_seen();
}

void stakes_show(void) {
    for (unsigned id = HAK_CLASS_FIRST; id < hak_class_learned; id++) {
        if (is_learnt_from(id)) {
            show(id);
            ask_growth(id);
        }
    }
}

void stakes_show_others(void) {
    for (unsigned id = HAK_CLASS_FIRST; id < hak_class_learned; id++) {
        if (is_learnt_from(id) && !is_hidden[id]) {
            class_table_show_rows(stakes_above(id), hak_classes[id].block_bytes);
        }
    }
}
