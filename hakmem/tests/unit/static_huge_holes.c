/*
 * static_huge_holes.c - huge pages are asked for where a large heap grows and its probe was written
 * to, 31 of 32 pages of it; and the advice is taken back where a third of what was purged, or of
 * what there is advice on, are holes: at that, not before.
 *
 * White box: linked with objects.a, whose madvise is the one below, which notes the advice. The
 * first window is made to lie where the test has memory, while nobody allocates.
 *
 * Where the system's page is 4 KiB.
 */
#include "span/huge.h"
#include "test.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define HUGE (2 * MIB)
enum { GROWTH = 2 * 1024 * 1024 / 4096 }; /* pages */

static uintptr_t base;
static uintptr_t wanted_from, wanted_to, refused_from, refused_to;
static unsigned wanted, refused;

int madvise(void *start, size_t bytes, int advice) {
    uintptr_t from = (uintptr_t)start;
    if (advice == MADV_HUGEPAGE) {
        wanted_from = wanted++ == 0 ? from : wanted_from;
        wanted_to = from + bytes;
    } else if (advice == MADV_NOHUGEPAGE) {
        refused++;
        refused_from = from;
        refused_to = from + bytes;
    }
    return (int)syscall(SYS_madvise, start, bytes, advice);
}

static bool grow(size_t pages) {
    hak_windows[0].committed_pages += pages;
    return huge_advise(&hak_windows[0], pages);
}

static uintptr_t frontier(void) {
    return base + (hak_windows[0].committed_pages << 12);
}

/* Grows until a probe is looked at, which is the first growth from an eighth more on. */
static bool grow_by_an_eighth(void) {
    size_t end = hak_windows[0].committed_pages / 8 * 9 + GROWTH;
    bool is_huge = false;
    while (hak_windows[0].committed_pages <= end) {
        is_huge = grow(GROWTH);
    }
    return is_huge;
}

static void write_pages(uintptr_t start, size_t bytes, size_t but_every) {
    for (size_t page = 0; page < bytes / 4096; page++) {
        if (page % but_every != 0) {
            memset((void *)(start + page * 4096), 1, 4096);
        }
    }
}

static void check_advice(void) {
    write_pages(base, 56 * MIB, 57 * MIB);
    hak_windows[0].committed_pages = 40 * MIB / 4096;
    CHECK(!grow(GROWTH) && !grow(GROWTH) && wanted == 0); /* too small a heap */
    CHECK_EQ(huge_step(&hak_windows[0], 3), 3);
    hak_windows[0].committed_pages = 62 * MIB / 4096;
    CHECK(!grow(GROWTH)); /* a look at a first probe behind it */
    CHECK_EQ(huge_step(&hak_windows[0], 3), 512);
    CHECK(grow(GROWTH) && wanted == 1 && wanted_to == frontier() &&
          wanted_from == frontier() - HUGE);
    CHECK(grow(2 * GROWTH) && wanted_to == frontier()); /* and so on */
    CHECK(!grow(GROWTH / 4) && wanted == 2);            /* no huge page ends in it */
    CHECK(!grow(GROWTH - GROWTH / 4) || wanted_to == (frontier() & ~(HUGE - 1)));
}

static void reset(void) {
    wanted = refused = 0;
}

/* Of a span that nothing free lies beside. */
static void note_purged(uintptr_t start, size_t bytes) {
    huge_note_purged(start, bytes, start, bytes);
}

/* Notes holes up to the bound and beyond it: the advice goes at the bound. */
static void check_bound(size_t holes_bytes) {
    huge_note_holes(holes_bytes - 4096);
    huge_look_at_holes();
    CHECK_MSG(refused == 0, "taken back at less than %zu bytes", holes_bytes);
    huge_note_holes(4096);
    huge_look_at_holes();
    CHECK_MSG(refused == 1 && refused_from == wanted_from && refused_to == wanted_to,
              "%u times at %zu bytes", refused, holes_bytes);
    huge_note_holes(64 * MIB);
    huge_look_at_holes();
    CHECK_EQ(refused, 1); /* there is no advice left */
}

/* Grows until there is advice on so much; how much it is then. */
static size_t advise_again(size_t bytes) {
    reset();
    while (wanted == 0 || wanted_to - wanted_from < bytes) {
        write_pages(frontier(), HUGE, 3 * HUGE);
        grow(GROWTH);
    }
    CHECK(wanted_to - wanted_from <= bytes + 2 * HUGE); /* a probe may lie in it */
    return wanted_to - wanted_from;
}

static void check_holes(void) {
    huge_note_holes(64 * MIB);
    huge_look_at_holes(); /* what check_advice left */
    advise_again(HUGE);   /* a megabyte of holes at the least */
    huge_look_at_holes();
    check_bound(MIB);
    size_t advised = advise_again(12 * HUGE); /* a third of what there is advice on */
    note_purged(base, 40 * MIB);
    check_bound(advised / 3 / 4096 * 4096 + (advised / 3 % 4096 != 0 ? 4096 : 0));
    advise_again(12 * HUGE); /* a third of what was purged: 8 MiB whole, 4 MiB of holes */
    note_purged(base, 8 * MIB);
    check_bound(4 * MIB);
    advise_again(12 * HUGE); /* of 9 MiB that begin within a huge page 1 is a hole … */
    note_purged(base + MIB, 9 * MIB);
    huge_look_at_holes();
    CHECK_EQ(refused, 0);
    note_purged(base + MIB + MIB / 2, MIB); /* … and of 1 MiB all: 2 of 10 */
    huge_look_at_holes();
    CHECK_EQ(refused, 0);
    check_bound(2 * MIB);    /* 4 of 12 */
    advise_again(12 * HUGE); /* 10 MiB in two pieces, of which one huge page has parts: no hole */
    note_purged(base, MIB);
    huge_note_purged(base + MIB, 9 * MIB, base, 10 * MIB);
    check_bound(5 * MIB);
    advise_again(12 * HUGE); /* a piece between two others: it makes two huge pages free */
    note_purged(base, 3 * MIB);
    note_purged(base + 5 * MIB, 3 * MIB);
    huge_note_purged(base + 3 * MIB, 2 * MIB, base, 8 * MIB);
    check_bound(4 * MIB);
}

static void check_untouched(void) {
    reset();
    for (int i = 0; i < 2; i++) { /* what is probed is what was the last probe's place */
        grow_by_an_eighth();
    }
    reset();
    CHECK(!grow(GROWTH) && wanted == 0);
}

int main(void) {
    free(malloc(1));
    uintptr_t got = (uintptr_t)mmap(NULL, GIB, PROT_READ | PROT_WRITE,
                                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(got != (uintptr_t)MAP_FAILED);
    base = (got + HUGE - 1) & ~(HUGE - 1);
    hak_window_t own = hak_windows[0];
    hak_windows[0].base = base;
    hak_windows[0].limited = false;
    check_advice();
    check_holes();
    check_untouched();
    hak_windows[0] = own;
    return 0;
}
