/*
 * drain.c - a program that frees most of what it held, at random, and makes no further call has its
 * memory taken back on the way; one that swings between two levels, at its highest or below, does
 * not have it taken each time; nor does one that has just begun.
 *
 * Time is the test's own (own_clock.h), so that each case is the same on any machine.
 */
#include "api.h"
#include "hakmem.h"
#include "own_clock.h"
#include "resident.h"
#include "test.h"

#include <sys/wait.h>

enum { BLOCKS = 4000, SWINGS = 20 };
static char *blocks[BLOCKS];
static uint64_t seed = 1;

static uint64_t purged_bytes(void) {
    hak_memory_t memory;
    HAK_FN(hak_memory_read)(&memory);
    return memory.purged_bytes;
}

static void shuffle(size_t count) {
    for (size_t i = count - 1; i > 0; i--) {
        size_t j = test_random(&seed) % (i + 1);
        char *block = blocks[i];
        blocks[i] = blocks[j];
        blocks[j] = block;
    }
}

static void fill(size_t from, size_t to, size_t bytes) {
    for (size_t i = from; i < to; i++) {
        blocks[i] = malloc(bytes);
        CHECK(blocks[i]);
        for (size_t at = 0; at < bytes; at += 4096) { /* of each page */
            blocks[i][at] = 1;
        }
    }
    shuffle(to);
}

static void free_all(size_t from, size_t to) {
    for (size_t i = from; i < to; i++) {
        free(blocks[i]);
    }
}

static unsigned hardening_level(void) {
    return (unsigned)test_setting("HAKMEM_HARDEN", 0);
}

/* Hardening has a byte for each 16 of the most memory there was. */
static size_t hardening_bytes(size_t most_bytes) {
    return hardening_level() > 0 ? most_bytes / 16 : 0;
}

/* A block that stays keeps all of the two pages that it ends in. */
static size_t shared_bytes(size_t count, size_t bytes) {
    size_t page = test_page_bytes() - 4096;
    return count * (bytes < page ? page : 2 * page);
}

/* Blocks of `bytes`: all filled, nineteen in twenty freed, and nothing more. A heap of less than
 * 128 MiB and younger than HAKMEM_PURGE_DELAY_MS would be waited with. */
static void drain(size_t bytes, size_t allowed_bytes) {
    size_t base = allocator_bytes();
    fill(0, BLOCKS, bytes);
    if (BLOCKS * bytes < 128 * MIB) {
        own_clock_advance(300);
    }
    free_all(BLOCKS / 20, BLOCKS);
    size_t left = allocator_bytes() - base;
    allowed_bytes += untouched_bytes();
    allowed_bytes += hardening_bytes(BLOCKS * bytes) + shared_bytes(BLOCKS / 20, bytes);
    CHECK_MSG(left <= allowed_bytes, "%zu KiB are left of %zu blocks of %zu bytes, allowed %zu",
              left / KIB, (size_t)BLOCKS / 20, bytes, allowed_bytes / KIB);
    free_all(0, BLOCKS / 20);
}

/* After a level of all the blocks, swings between `most` of them and a fifth of these, each within
 * a part of HAKMEM_PURGE_DELAY_MS. */
static void swing_from(size_t most) {
    fill(0, BLOCKS, 33000);
    own_clock_advance(100);
    free_all(most, BLOCKS);
    size_t least = most / 5;
    uint64_t before = purged_bytes();
    for (int i = 0; i < SWINGS; i++) {
        free_all(least, most);
        own_clock_advance(15);
        fill(least, most, 33000);
        own_clock_advance(15);
    }
    uint64_t purged = purged_bytes() - before, swung = SWINGS * (most - least) * 36864;
    CHECK_MSG(purged <= swung / 4, "%llu of %llu MiB were purged",
              (unsigned long long)(purged / MIB), (unsigned long long)(swung / MIB));
}

static void swing(void) {
    swing_from(BLOCKS);
}

/* The highest level was there once only. */
static void swing_below(void) {
    swing_from(BLOCKS / 2);
}

/* A heap of a few blocks, which is freed when it is so old. */
static uint64_t purged_at_age(uint64_t ms) {
    for (size_t i = 0; i < 3; i++) {
        blocks[i] = malloc(8 * MIB);
        CHECK(blocks[i]);
    }
    own_clock_advance(ms);
    free_all(0, 3);
    return purged_bytes();
}

static void young(void) {
    CHECK_EQ(purged_at_age(60), 0);
}

static void no_longer_young(void) {
    uint64_t purged = purged_at_age(250);
    CHECK_MSG(purged >= 16 * MIB, "%llu MiB were purged", (unsigned long long)(purged / MIB));
}

/* In a process of its own: what one case does is history to the next. */
static void run_alone(const char *name, void (*body)(void)) {
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        body();
        own_clock_check();
        _exit(0);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK_MSG(status == 0, "%s: status %d", name, status);
}

static void drain_mid(void) {
    drain(33000, (size_t)BLOCKS / 20 * 36864 * 11 / 10 + 4 * MIB);
}

static void drain_large(void) {
    drain(150000, (size_t)BLOCKS / 20 * 163840 * 11 / 10 + 4 * MIB);
}

/* A live block of 3 KiB keeps one or two pages. */
static void drain_smallmid(void) {
    drain(3000, (size_t)BLOCKS / 20 * 8192 + 4 * MIB);
}

int main(void) {
    run_alone("young", young);
    if (hardening_level() < 2) { /* where freed blocks wait */
        run_alone("no longer young", no_longer_young);
    }
    run_alone("drain of mid blocks", drain_mid);
    run_alone("drain of Large blocks", drain_large);
    run_alone("drain of SmallMid blocks", drain_smallmid);
    run_alone("swing", swing);
    run_alone("swing below", swing_below);
    return 0;
}
