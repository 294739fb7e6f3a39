/*
 * owned.c - see owned.h. A table of 47-bit addresses, one entry per 256 MiB, leads to pages of
 * bits: the first few in static storage, so that a limit on the address space does not meet them,
 * the others from the OS.
 */
#include "owned.h"
#include "test.h"

#include <sys/mman.h>

#define REGION_BITS  28
#define REGIONS      ((size_t)1 << (47 - REGION_BITS))
#define REGION_WORDS ((size_t)1 << (REGION_BITS - 4 - 6))
#define STORE        16

static uint64_t store[STORE][REGION_WORDS];
static uint32_t store_used;
static uint64_t *regions[REGIONS];

static uint64_t *new_region(void) {
    uint32_t next = __atomic_fetch_add(&store_used, 1, __ATOMIC_RELAXED);
    if (next < STORE) {
        return store[next];
    }
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    void *region = mmap(NULL, sizeof store[0], PROT_READ | PROT_WRITE, flags, -1, 0);
    CHECK_MSG(region != MAP_FAILED, "no memory for the model, which has %u regions", next);
    return region;
}

static uint64_t *region_of(uintptr_t address) {
    size_t index = address >> REGION_BITS;
    CHECK_MSG(index < REGIONS, "%#lx is no address of a program", (unsigned long)address);
    uint64_t *region = __atomic_load_n(&regions[index], __ATOMIC_ACQUIRE);
    if (region != NULL) {
        return region;
    }
    uint64_t *fresh = new_region();
    /* A thread that was faster wins; what this one took stays unused. */
    bool won = __atomic_compare_exchange_n(&regions[index], &region, fresh, false, __ATOMIC_ACQ_REL,
                                           __ATOMIC_ACQUIRE);
    return won ? fresh : region;
}

/* Sets or clears [first, end) within one region; whether all bits were as they should. */
static bool change_words(uint64_t *region, size_t first, size_t end, bool set) {
    bool good = true;
    while (first < end) {
        size_t in_word = first % 64;
        size_t count = end - first < 64 - in_word ? end - first : 64 - in_word;
        uint64_t bits = (count == 64 ? ~(uint64_t)0 : ((uint64_t)1 << count) - 1) << in_word;
        uint64_t *word = &region[first / 64];
        uint64_t before = set ? __atomic_fetch_or(word, bits, __ATOMIC_RELAXED)
                              : __atomic_fetch_and(word, ~bits, __ATOMIC_RELAXED);
        good = good && (before & bits) == (set ? 0 : bits);
        first += count;
    }
    return good;
}

static bool change(const void *block, size_t bytes, bool set) {
    size_t unit = (uintptr_t)block / 16, end = unit + bytes / 16;
    bool good = true;
    while (unit < end) {
        size_t units = (size_t)1 << (REGION_BITS - 4);
        size_t first = unit % units;
        size_t count = end - unit < units - first ? end - unit : units - first;
        good = change_words(region_of(unit * 16), first, first + count, set) && good;
        unit += count;
    }
    return good;
}

bool owned_set(const void *block, size_t bytes) {
    return change(block, bytes, true);
}

bool owned_clear(const void *block, size_t bytes) {
    return change(block, bytes, false);
}

bool owned_is_set(const void *address) {
    size_t index = (uintptr_t)address >> REGION_BITS;
    uint64_t *region = index < REGIONS ? __atomic_load_n(&regions[index], __ATOMIC_ACQUIRE) : NULL;
    size_t unit = (uintptr_t)address / 16 % ((size_t)1 << (REGION_BITS - 4));
    return region != NULL &&
           (__atomic_load_n(&region[unit / 64], __ATOMIC_RELAXED) >> (unit % 64) & 1);
}
