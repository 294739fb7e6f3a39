/*
 * drain.c - a program that frees most of what it held, at random, and makes no further call has its
 * memory taken back on the way; one that swings between two levels, at its highest or below, does
 * not have it taken each time; nor does one that has just begun.
 */
#include "api.h"
#include "hakmem.h"
#include "resident.h"
#include "test.h"

#include <sys/wait.h>
#include <time.h>

enum { BLOCKS = 4000, SWINGS = 20, TOO_BUSY = 77 };
static char *blocks[BLOCKS];
static uint64_t seed = 1;

/* A sanitizer keeps memory of its own beside each block: there the allocator's figures count. */
static size_t memory_bytes(void) {
#ifdef HAK_API
    hak_memory_t memory;
    hak_memory_read(&memory);
    return memory.live_bytes + memory.cached_bytes;
#else
    return resident_bytes();
#endif
}

static uint64_t purged_bytes(void) {
    hak_memory_t memory;
#ifdef HAK_API
    hak_memory_read(&memory);
#else
    HAK_FN(hak_memory_read)(&memory);
#endif
    return memory.purged_bytes;
}

static void rest_ms(long ms) {
    struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&pause, NULL);
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
        memset(blocks[i], 1, bytes);
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

/* Blocks of `bytes`: all filled, nineteen in twenty freed, and nothing more. A heap of less than
 * 128 MiB and younger than HAKMEM_PURGE_DELAY_MS would be waited with. */
static void drain(size_t bytes, size_t allowed_bytes) {
    size_t base = memory_bytes();
    fill(0, BLOCKS, bytes);
    if (BLOCKS * bytes < 128 * MIB) {
        rest_ms(300);
    }
    free_all(BLOCKS / 20, BLOCKS);
    size_t left = memory_bytes() - base;
    allowed_bytes += hardening_bytes(BLOCKS * bytes);
    CHECK_MSG(left <= allowed_bytes, "%zu KiB are left of %zu blocks of %zu bytes, allowed %zu",
              left / KIB, (size_t)BLOCKS / 20, bytes, allowed_bytes / KIB);
    free_all(0, BLOCKS / 20);
}

static long clock_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* After a level of all the blocks, swings between `most` of them and a fifth of these. On a busy
 * machine a swing may last so long that what it freed was idle for HAKMEM_PURGE_DELAY_MS: such ones
 * do not count. */
static void swing_from(size_t most) {
    fill(0, BLOCKS, 33000);
    rest_ms(100);
    free_all(most, BLOCKS);
    size_t least = most / 5;
    uint64_t purged = 0, swung = 0;
    for (int i = 0; i < SWINGS; i++) {
        uint64_t before = purged_bytes();
        long start = clock_ms();
        free_all(least, most);
        fill(least, most, 33000);
        rest_ms(20);
        if (clock_ms() - start < 125) {
            purged += purged_bytes() - before;
            swung += (most - least) * 36864;
        }
    }
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

/* A heap of a few blocks, grown and freed within a part of HAKMEM_PURGE_DELAY_MS: too young to be
 * purged. Status TOO_BUSY: the machine did not let it. */
static void free_young(void) {
    long start = clock_ms();
    for (size_t i = 0; i < 3; i++) {
        blocks[i] = malloc(8 * MIB);
        CHECK(blocks[i]);
    }
    free_all(0, 3);
    uint64_t purged = purged_bytes();
    if (clock_ms() - start >= 60) {
        _exit(TOO_BUSY);
    }
    CHECK_MSG(purged == 0, "%llu MiB were purged", (unsigned long long)(purged / MIB));
}

/* In a process of its own: what one case does is history to the next. */
static int status_alone(void (*body)(void)) {
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        body();
        _exit(0);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child);
    return status;
}

static void run_alone(void (*body)(void)) {
    int status = status_alone(body);
    CHECK_MSG(status == 0, "status %d", status);
}

static void young(void) {
    int status = -1;
    for (int tries = 0; tries < 20 && status != 0; tries++) {
        status = status_alone(free_young);
        CHECK_MSG(status == 0 || (WIFEXITED(status) && WEXITSTATUS(status) == TOO_BUSY),
                  "status %d", status);
    }
    CHECK_MSG(status == 0, "twenty times too slow to tell");
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
    young();
    run_alone(drain_mid);
    run_alone(drain_large);
    run_alone(drain_smallmid);
    if (hardening_level() < 2) { /* where blocks are filled so much time passes that idle ones go */
        run_alone(swing);
        run_alone(swing_below);
    }
    return 0;
}
