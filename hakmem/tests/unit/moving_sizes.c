/*
 * moving_sizes.c - a program that appends to many strings, whose sizes so move on together from
 * class to class: what they have left behind does not stay beside what they have grown to, although
 * the clock stands still; nor do the pages between few small blocks of a size that it left. And one
 * whose sizes move back and forth keeps the memory for it: its page faults are those of the first
 * time.
 *
 * On the machine's own kernel: resident memory and page faults are its figures.
 */
#include "own_clock.h"
#include "resident.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { STRINGS = 20000, APPENDS = 20, MOST_APPENDED = 97, SLOTS = 40000, ROUNDS = 12 };

static char *strings[STRINGS], *slots[SLOTS];
static size_t lengths[STRINGS], rooms[STRINGS];
static uint64_t state = 5;

/* With a quarter of room more, and the string after it, as scripting languages do. */
static void append(size_t at, size_t bytes) {
    size_t length = lengths[at] + bytes;
    if (length > rooms[at]) {
        rooms[at] = length + length / 4 + 10;
        strings[at] = realloc(strings[at], rooms[at]);
        CHECK(strings[at]);
    }
    memset(strings[at] + lengths[at], 1, bytes);
    lengths[at] = length;
}

static void strings_that_grow(void) {
    size_t base = resident_bytes(), live = 0;
    for (size_t i = 0; i < (size_t)STRINGS * APPENDS; i++) {
        append(i % STRINGS, test_random(&state) % MOST_APPENDED);
    }
    for (size_t at = 0; at < STRINGS; at++) {
        live += rooms[at];
    }
    size_t held = resident_bytes() - base;
    /* Level 2 of hardening has pages between slabs, and keeps what is freed for a while. */
    size_t most = test_setting("HAKMEM_HARDEN", 0) < 2 ? live * 2 : live * 11 / 4;
    CHECK_MSG(held <= most, "%zu bytes resident for %zu", held, live);
    for (size_t at = 0; at < STRINGS; at++) {
        free(strings[at]);
    }
}

/* Of small blocks that a program leaves few stay, on part of the pages; it goes on with others. */
static void sizes_that_are_left(void) {
    enum { KEPT = 64 };
    size_t base = resident_bytes();
    for (size_t at = 0; at < SLOTS; at++) {
        slots[at] = malloc(240);
        CHECK(slots[at]);
        memset(slots[at], 1, 240);
    }
    size_t left = resident_bytes() - base;
    for (size_t at = 0; at < SLOTS; at++) {
        if (at % KEPT != 0) {
            free(slots[at]);
        }
    }
    for (size_t at = 0; at < SLOTS; at++) {
        if (at % KEPT != 0) {
            slots[at] = malloc(1000);
            CHECK(slots[at]);
            memset(slots[at], 1, 1000);
        }
    }
    size_t held = resident_bytes() - base, live = (size_t)SLOTS * 1024;
    bool any_goes = KEPT * 240 > 2 * test_page_bytes() && test_setting("HAKMEM_HARDEN", 0) < 1;
    CHECK_MSG(!any_goes || held <= live + left / 2, "%zu bytes resident for %zu, and %zu before",
              held, live, left);
    for (size_t at = 0; at < SLOTS; at++) {
        free(slots[at]);
        slots[at] = NULL;
    }
}

/* All blocks, in turn, are replaced by such of another size. */
static void move_to(size_t bytes) {
    for (size_t at = 0; at < SLOTS; at++) {
        free(slots[at]);
        slots[at] = malloc(bytes);
        CHECK(slots[at]);
        memset(slots[at], 1, bytes);
    }
}

static long faults(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_minflt;
}

static void sizes_that_recur(void) {
    move_to(400);
    move_to(500);
    long before = faults();
    for (int round = 0; round < ROUNDS; round++) {
        move_to(400);
        move_to(500);
    }
    long pages = (long)(SLOTS * (400 + 500) / 4096), all = faults() - before;
    CHECK_MSG(all <= pages, "%ld page faults in %d rounds of %ld pages", all, ROUNDS, pages);
    for (size_t at = 0; at < SLOTS; at++) {
        free(slots[at]);
    }
}

int main(void) {
    free(malloc(1));       /* the heap is there before memory is counted */
    sizes_that_are_left(); /* first, for what is idle else would serve it */
    strings_that_grow();
    sizes_that_recur();
    own_clock_check();
    return 0;
}
