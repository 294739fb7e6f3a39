/* inside.c - see inside.h. */
#include "inside.h"

#include <malloc.h>

#include "hakmem.h"

#ifdef HAK_API

#include "box/front_gate_classifier.h"
#include "harden/harden.h"
#include "hakmem_tiers.h"
#include "os/os.h"
#include "span/meta.h"

static void check_waste(const slot_t *slot, hak_pool_id_t pool) {
    static const size_t most[POOL_COUNT] = {
        [POOL_TINY] = TINY_MAX_SIZE, [POOL_SMALLMID] = SMALLMID_MAX_SIZE,
        [POOL_MID] = MID_MAX_SIZE,   [POOL_LARGE] = LARGE_MAX_SIZE,
        [POOL_DIRECT] = SIZE_MAX,    [POOL_BIG] = SIZE_MAX};
    uint32_t wmax = class_wmax(pool);
    MODEL_CHECK(slot->usable <= most[pool], "%zu bytes from pool %s", slot->usable,
                class_pool_name(pool));
    MODEL_CHECK(wmax == 0 ||
                    (uint64_t)slot->usable * HAK_RATIO_ONE <= (uint64_t)slot->least_bytes * wmax,
                "%zu bytes for %zu, W_MAX %u millionths", slot->usable, slot->least_bytes, wmax);
    MODEL_CHECK(pool < POOL_DIRECT ||
                    slot->usable < slot->bytes + os_page_bytes + (slot->bytes == 0),
                "%zu bytes for %zu", slot->usable, slot->bytes);
}

/* Level 2 of hardening puts a canary, and guards, round what it asks the pools for. */
static bool is_as_asked(void) {
    return inside_serves() && hak_options.harden < HARDEN_ALL;
}

void inside_check_block(slot_t *slot) {
    if (!is_as_asked()) {
        return;
    }
    unsigned class_id = classify_class(slot->block);
    hak_pool_id_t pool = classify_ptr(slot->block);
    MODEL_CHECK(pool != POOL_NONE, "%p is said to be foreign", (void *)slot->block);
    size_t places[] = {1, slot->usable / 2, slot->usable - 1};
    for (size_t i = 0; i < 3; i++) {
        MODEL_CHECK(classify_ptr(slot->block + places[i]) == pool, "byte %zu of %p, %zu bytes",
                    places[i], (void *)slot->block, slot->usable);
    }
    check_waste(slot, pool);
    bool is_exact = class_id >= HAK_CLASS_LIMIT;
    slot->held_bytes = is_exact ? span_of(slot->block)->pages << HAK_PAGE_SHIFT
                                : hak_classes[class_id].block_bytes;
}

bool inside_serves(void) {
    return hak_bypass_reason() == NULL;
}

void inside_check_figures(size_t held_bytes) {
    hak_memory_t memory;
    hak_heap_figures_t heap;
    hak_memory_read(&memory);
    heap_read(&heap);
    size_t pages_bytes = heap.used_bytes + heap.dirty_bytes + heap.clean_bytes;
    MODEL_CHECK(!is_as_asked() || memory.live_bytes == held_bytes, "%llu bytes live, %zu expected",
                (unsigned long long)memory.live_bytes, held_bytes);
    MODEL_CHECK(pages_bytes == window_mapped_bytes(), "%zu bytes in spans, %zu in windows",
                pages_bytes, window_mapped_bytes());
}

void inside_check_foreign(uintptr_t address) {
    hak_pool_id_t pool = classify_ptr((const void *)address);
    bool is_ours = window_find(address) != NULL;
    MODEL_CHECK(pool == POOL_NONE || is_ours, "%#lx: pool %d", (unsigned long)address, (int)pool);
}

uint64_t inside_failures(void) {
    hak_ace_totals_t totals;
    hak_ace_totals(&totals);
    return totals.threshold + totals.exhaustion + totals.mapfail;
}

int inside_dump(void) {
    return hak_stats_dump("/dev/null");
}

#else

void inside_check_block(slot_t *slot) {
    (void)slot;
}

bool inside_serves(void) {
    return HAK_FN(hak_bypass_reason)() == NULL;
}

/* Without the inner headers only what the interface says: not less than the program holds. */
void inside_check_figures(size_t held_bytes) {
    (void)held_bytes;
    struct mallinfo2 info = mallinfo2();
    hak_memory_t memory;
    HAK_FN(hak_memory_read)(&memory);
    MODEL_CHECK(memory.mapped_bytes >= memory.live_bytes, "%s", "mapped, live");
    MODEL_CHECK(info.uordblks + info.hblkhd + info.fordblks <= memory.mapped_bytes * 2, "%s",
                "mallinfo2");
}

void inside_check_foreign(uintptr_t address) {
    (void)address;
}

uint64_t inside_failures(void) {
    hak_ace_totals_t totals;
    HAK_FN(hak_ace_totals)(&totals);
    return totals.threshold + totals.exhaustion + totals.mapfail;
}

int inside_dump(void) {
    return HAK_FN(hak_stats_dump)("/dev/null");
}

#endif
