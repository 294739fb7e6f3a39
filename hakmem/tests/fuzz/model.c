/* model.c - see model.h. */
#include "model.h"
#include "api.h"
#include "calls.h"
#include "contents.h"
#include "inside.h"
#include "owned.h"
#include "sizes.h"

#include <errno.h>
#include <string.h>

enum { MOST_SLOTS = 1 << 14, KEPT_ERRNO = 77, MOST_BURST = 100, PLENTY_LIVE_SIZE = 8192 };

static struct {
    slot_t slots[MOST_SLOTS];
    size_t count;
    size_t most_live_bytes, live_bytes; /* usable bytes of all blocks */
    uint64_t serial, nulls;
    const char *run;
} model;

bool model_writes_may_fail;

void model_fail(const char *file, int line, const char *what, const char *format, ...) {
    char text[256];
    __builtin_va_list args;
    __builtin_va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    __builtin_va_end(args);
    test_fail(file, line, what, "%s [%s]", text, model.run);
}

void model_start(size_t slots, size_t most_live_bytes, const char *run) {
    CHECK(slots <= MOST_SLOTS);
    model.count = slots;
    model.most_live_bytes = most_live_bytes;
    model.run = run;
}

static bool try_lock(slot_t *slot) {
    return !__atomic_exchange_n(&slot->busy, true, __ATOMIC_ACQUIRE);
}

static void unlock(slot_t *slot) {
    __atomic_store_n(&slot->busy, false, __ATOMIC_RELEASE);
}

/* Mostly small, but each tier is met often, and each border of one. What a large block costs is
 * memory that has to be faulted in. */
static size_t choose_size(source_t *source) {
    static const struct {
        unsigned weight;
        size_t least, most;
    } tiers[] = {{42000, 0, 1024},       {9000, 1025, 8192},    {5000, 8193, 57344},
                 {4000, 32768, 33100},   {1500, 57345, 400000}, {150, 400001, 2097152},
                 {40, 2097153, 6000000}, {4, 6000001, 64 << 20}};
    enum { TIERS = sizeof tiers / sizeof tiers[0] };
    unsigned pick = source_short(source), tier = 0, value = source_short(source);
    while (tier < TIERS && pick >= tiers[tier].weight) {
        pick -= tiers[tier].weight;
        tier++;
    }
    size_t bytes;
    if (tier < TIERS) {
        bytes = tiers[tier].least + ((tiers[tier].most - tiers[tier].least + 1) * value >> 16);
    } else {
        bytes = test_sizes[value / 3 % TEST_SIZES] + value % 3 - 1;
        bytes = bytes > 60000 && pick % 16 != 0 ? bytes / 16 : bytes;
    }
    size_t live = __atomic_load_n(&model.live_bytes, __ATOMIC_RELAXED);
    return live + bytes > model.most_live_bytes ? bytes % PLENTY_LIVE_SIZE : bytes;
}

/* NULL is an answer only where the allocator counted a failure for it. */
static void note_null(size_t bytes, int error) {
    MODEL_CHECK(error == ENOMEM, "NULL for %zu bytes, errno %d", bytes, error);
    uint64_t nulls = __atomic_add_fetch(&model.nulls, 1, __ATOMIC_SEQ_CST);
    MODEL_CHECK(nulls <= inside_failures(), "NULL for %zu bytes, and no failure counted", bytes);
}

/* Calls into the allocator by this thread. */
static _Thread_local uint64_t calls;

uint64_t model_calls(void) {
    return calls;
}

static void verify(const slot_t *slot) {
    size_t intact = contents_compare(slot->block, slot->usable, slot->usable, slot->serial);
    MODEL_CHECK(intact == slot->usable, "byte %zu of %zu at %p has changed", intact, slot->usable,
                (void *)slot->block);
}

/* A block that has just been handed out, or resized: checked, and written. */
static void adopt(slot_t *slot, size_t bytes, size_t alignment) {
    slot->bytes = bytes;
    slot->alignment = alignment;
    slot->usable = malloc_usable_size(slot->block);
    MODEL_CHECK((uintptr_t)slot->block % alignment == 0, "%p, alignment %zu", (void *)slot->block,
                alignment);
    MODEL_CHECK(slot->usable >= bytes, "%zu bytes usable of %zu", slot->usable, bytes);
    MODEL_CHECK(owned_set(slot->block, slot->usable), "%p, %zu bytes: overlaps a live block",
                (void *)slot->block, slot->usable);
    inside_check_block(slot);
    slot->serial = __atomic_add_fetch(&model.serial, 1, __ATOMIC_RELAXED);
    contents_write(slot->block, slot->usable, slot->serial);
    __atomic_fetch_add(&model.live_bytes, slot->usable, __ATOMIC_RELAXED);
}

static void disown(const slot_t *slot) {
    verify(slot);
    MODEL_CHECK(owned_clear(slot->block, slot->usable), "%p, %zu bytes", (void *)slot->block,
                slot->usable);
    __atomic_fetch_sub(&model.live_bytes, slot->usable, __ATOMIC_RELAXED);
}

static void take(slot_t *slot, unsigned how, size_t bytes, unsigned shift) {
    calls++;
    errno = KEPT_ERRNO;
    taken_t taken = calls_take(how, bytes, shift);
    int error = errno;
    if (taken.block == NULL) {
        note_null(bytes, taken.keeps_errno && error == KEPT_ERRNO ? ENOMEM : error);
        return;
    }
    MODEL_CHECK(error == KEPT_ERRNO || taken.sets_errno || !inside_serves(), "errno became %d",
                error);
    MODEL_CHECK(!taken.zeroed || contents_are_zero(taken.block, taken.bytes),
                "calloc of %zu bytes at %p", taken.bytes, taken.block);
    slot->block = taken.block;
    slot->least_bytes = taken.bytes > taken.alignment ? taken.bytes : taken.alignment;
    adopt(slot, taken.bytes, taken.alignment);
}

static void give_back(slot_t *slot, unsigned how) {
    disown(slot);
    calls++;
    errno = KEPT_ERRNO;
    calls_free(how, slot->block, slot->bytes, slot->alignment);
    MODEL_CHECK(errno == KEPT_ERRNO, "free set errno to %d", errno);
    slot->block = NULL;
}

static size_t choose_resize(const slot_t *slot, source_t *source) {
    size_t bytes = slot->bytes;
    unsigned how = source_byte(source);
    switch (how % 8) {
    case 0:
        return bytes - bytes * (how / 8) / 64;
    case 1:
    case 2:
        return bytes + bytes * (how / 8 + 1) / 32 + 1;
    case 3:
        return bytes + how / 8 + 1;
    case 4:
        return slot->usable + how / 8 - 1; /* at the border of what it has */
    case 5:
        return how / 8 == 0 ? 0 : bytes / 2;
    default:
        return choose_size(source);
    }
}

static void resize(slot_t *slot, source_t *source) {
    unsigned how = source_byte(source);
    size_t bytes = choose_resize(slot, source), before = slot->usable;
    bytes = bytes > 96 * MIB ? 96 * MIB : bytes;
    disown(slot);
    calls++;
    errno = KEPT_ERRNO;
    unsigned char *resized = calls_resize(how, slot->block, bytes);
    int error = errno;
    if (resized == NULL && bytes > 0) { /* the old block is as it was */
        note_null(bytes, error);
        MODEL_CHECK(owned_set(slot->block, before), "%p", (void *)slot->block);
        __atomic_fetch_add(&model.live_bytes, before, __ATOMIC_RELAXED);
        verify(slot);
        return;
    }
    MODEL_CHECK(error == KEPT_ERRNO || !inside_serves(), "realloc to %zu bytes: errno became %d",
                bytes, error);
    slot->block = resized;
    if (resized == NULL) {
        return;
    }
    size_t kept = before < bytes ? before : bytes;
    MODEL_CHECK(contents_compare(resized, before, kept, slot->serial) == kept,
                "realloc of %zu bytes to %zu, at %p", before, bytes, (void *)resized);
    slot->least_bytes = bytes;
    adopt(slot, bytes, 16);
}

/* Runs of neighbouring slots are what fills and empties magazines, depots and slabs. */
static void burst_take(source_t *source) {
    size_t first = source_short(source), count = source_byte(source) % MOST_BURST + 1;
    unsigned how = source_byte(source);
    size_t bytes = choose_size(source);
    for (size_t i = 0; i < count; i++) {
        slot_t *slot = &model.slots[(first + i) % model.count];
        size_t live = __atomic_load_n(&model.live_bytes, __ATOMIC_RELAXED);
        if (live + bytes > model.most_live_bytes || !try_lock(slot)) {
            continue;
        }
        if (slot->block == NULL) {
            take(slot, how, bytes, 0);
        }
        unlock(slot);
    }
}

static void burst_free(source_t *source) {
    size_t first = source_short(source), count = source_byte(source), stride = source_byte(source);
    for (size_t i = 0; i < count; i++) {
        slot_t *slot = &model.slots[(first + i * (stride % 4 + 1)) % model.count];
        if (try_lock(slot)) {
            if (slot->block != NULL) {
                give_back(slot, (unsigned)stride);
            }
            unlock(slot);
        }
    }
}

static void work_on_slot(unsigned operation, source_t *source) {
    slot_t *slot = &model.slots[source_short(source) % model.count];
    if (!try_lock(slot)) {
        return;
    }
    if (operation >= 244) {
        if (slot->block != NULL) {
            MODEL_CHECK(malloc_usable_size(slot->block) == slot->usable, "%p", (void *)slot->block);
            verify(slot);
        }
        const char *wrong = calls_impossible(source_byte(source), slot->block);
        MODEL_CHECK(wrong == NULL, "%s", wrong);
    } else if (slot->block == NULL) {
        unsigned how = source_byte(source);
        size_t bytes = choose_size(source);
        /* 16 bytes … 1 GiB, the large ones seldom */
        unsigned shift = source_byte(source);
        shift = shift < 230 ? shift % 13 : shift < 254 ? shift % 18 : shift % 27;
        take(slot, how, bytes, shift);
    } else if (operation < 60) {
        resize(slot, source);
    } else {
        give_back(slot, operation);
    }
    unlock(slot);
}

size_t model_held_bytes(void) {
    size_t sum = 0;
    for (size_t i = 0; i < model.count; i++) {
        sum += model.slots[i].block == NULL ? 0 : model.slots[i].held_bytes;
    }
    return sum;
}

static void look_around(source_t *source, bool alone) {
    unsigned what = source_byte(source);
    uintptr_t address = (uintptr_t)source_short(source) << (what % 40);
    if (what < 8) {
        malloc_trim(what < 4 ? 0 : (size_t)what * MIB);
    } else if (what < 12) {
        int error = inside_dump();
        MODEL_CHECK(error == 0 || model_writes_may_fail, "/dev/null: %d", error);
    } else if (what < 100 && alone) {
        inside_check_figures(model_held_bytes());
    } else {
        inside_check_foreign(address);
    }
}

void model_step(source_t *source, bool alone) {
    unsigned operation = source_byte(source);
    if (operation < 248) {
        work_on_slot(operation, source);
    } else if (operation < 250) {
        burst_take(source);
    } else if (operation < 252) {
        burst_free(source);
    } else {
        look_around(source, alone);
    }
}

void model_end(void) {
    for (size_t i = 0; i < model.count; i++) {
        if (model.slots[i].block != NULL) {
            give_back(&model.slots[i], (unsigned)i);
        }
    }
    inside_check_figures(0);
    MODEL_CHECK(model.live_bytes == 0, "%zu", model.live_bytes);
}
