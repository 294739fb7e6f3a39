/*
 * static_guard.c - blocks above 56 KiB at the second level of hardening: where their guards lie and
 * what they close; how freed ones wait, which of them serve again and when, and that what is handed
 * out reads as zero; how blocks grow and shrink between guards; and that there is a bound to it.
 *
 * White box: linked with objects.a; starts itself again with HAKMEM_HARDEN=2.
 *
 * Where the system's page is 4 KiB.
 */
#include "again.h"
#include "hakmem_tiers.h"
#include "harden/guard.h"
#include "test.h"

#include <malloc.h>
#include <string.h>
#include <sys/mman.h>

enum { PAGE = 4096, BYTES = 200000, LEAST = 56 * 1024 - 15, HELD = 80, GUARDED_MOST = 8192 };

static int pipe_ends[2];

static bool may_read(uintptr_t address) {
    char byte;
    bool may = write(pipe_ends[1], (const void *)address, 1) == 1;
    CHECK(!may || read(pipe_ends[0], &byte, 1) == 1);
    return may;
}

static uintptr_t pages_end(uintptr_t block, size_t bytes) {
    return (block + bytes + PAGE - 1) & ~(uintptr_t)(PAGE - 1);
}

static uintptr_t span_end(const hak_span_t *span) {
    return span->base + span->pages * PAGE;
}

static hak_span_t *span_with(const void *block) {
    hak_span_t *span = guard_span(block);
    CHECK(span && guard_is_block(span, block));
    return span;
}

static bool is_clear(const char *start, size_t bytes) {
    return start[0] == 0 && memcmp(start, start + 1, bytes - 1) == 0;
}

static void check_pages(const hak_span_t *span, uintptr_t from, uintptr_t to) {
    for (uintptr_t page = span->base; page < span_end(span); page += PAGE) {
        CHECK_MSG(may_read(page) == (page >= from && page < to), "page %zd of %zd to %zd",
                  (ssize_t)(page - from) / PAGE, (ssize_t)(span->base - from) / PAGE,
                  (ssize_t)(to - from) / PAGE);
    }
}

/* The guards of a live block. Pages in front. */
static size_t check_block(char *block, size_t bytes) {
    hak_span_t *span = span_with(block);
    uintptr_t start = (uintptr_t)block, end = pages_end(start, bytes);
    CHECK(guard_span(block + bytes - 1) == span && !guard_is_block(span, block + 16));
    CHECK_EQ(span->class_id, bytes > 2 * MIB ? HAK_CLASS_BIG : HAK_CLASS_DIRECT);
    CHECK(span->base < start && span_end(span) > end && start % PAGE == 0);
    check_pages(span, start, end);
    CHECK_EQ(malloc_usable_size(block), bytes);
    return (start - span->base) / PAGE;
}

static char *take(size_t bytes) {
    char *block = malloc(bytes);
    CHECK(block && is_clear(block, bytes));
    memset(block, 0x7a, bytes);
    return block;
}

static void check_shapes(void) {
    static const size_t sizes[] = {LEAST, LEAST + 1, BYTES, 50 * PAGE, 2 * MIB, 2 * MIB + 1};
    unsigned seen = 0;
    for (int i = 0; i < HELD; i++) {
        size_t bytes = sizes[i % 6];
        char *block = take(bytes);
        size_t front = check_block(block, bytes);
        CHECK(front >= 1 && front <= 4);
        seen |= 1u << front;
        if (bytes % PAGE != 0) {
            block[bytes] ^= 1;
            CHECK(!guard_holds(guard_span(block)));
            block[bytes] ^= 1;
        }
        free(block);
    }
    CHECK_EQ(seen, 0x1eu);
    char *aligned = memalign(64 * KIB, 10000);
    CHECK(aligned && (uintptr_t)aligned % (64 * KIB) == 0);
    CHECK_EQ(check_block(aligned, 10000), 16);
    free(aligned);
    void *small = malloc(LEAST - 1);
    CHECK(small && guard_span(small) == NULL && guard_span(&pipe_ends) == NULL);
    free(small);
}

/* `count` blocks that wait behind one of `bytes`; that one. */
static char *wait_behind(size_t bytes, unsigned count) {
    static char *held[HELD];
    guard_flush();
    char *first = take(bytes);
    for (unsigned i = 0; i < count; i++) {
        held[i] = take(LEAST);
    }
    free(first);
    for (unsigned i = 0; i < count; i++) {
        free(held[i]);
    }
    return first;
}

static bool serves_again(size_t waiting, size_t asked, unsigned count) {
    char *first = wait_behind(waiting, count), *next = take(asked);
    bool same = next == first;
    check_block(next, asked);
    free(next);
    return same;
}

/* The oldest serves again when half of what may wait came behind it, by number or by bytes. */
static void check_order(void) {
    CHECK(!serves_again(BYTES, BYTES, 31));
    CHECK(serves_again(BYTES, BYTES, 32));
    guard_flush();
    char *first = take(BYTES), *second = take(BYTES + PAGE), *large = take(33 * MIB);
    free(first);
    free(second);
    char *next = take(BYTES);
    CHECK(next != first && next != second);
    free(large);
    CHECK(take(BYTES + PAGE) == second); /* for which the first is too short */
    check_block(second, BYTES + PAGE);
    CHECK(take(BYTES) == first); /* though it is no longer in front */
    check_block(first, BYTES);
    free(next);
    free(first);
    free(second);
}

/* With room for it, and not much more: a quarter and 64 KiB; and of its kind. */
static void check_fit(void) {
    CHECK(serves_again(BYTES, 49 * PAGE, 33) && !serves_again(BYTES, 49 * PAGE + 1, 33));
    CHECK(serves_again(BYTES, 27 * PAGE, 33) && !serves_again(BYTES, 26 * PAGE, 33));
    CHECK(serves_again(2 * MIB + 1, 2 * MIB + 2, 33));
    CHECK(!serves_again(2 * MIB + 1, 2 * MIB, 33));
}

static size_t resident_pages(const char *block, size_t bytes) {
    unsigned char in_memory[BYTES / PAGE + 1];
    size_t count = 0, pages = (bytes + PAGE - 1) / PAGE;
    CHECK(pages <= sizeof in_memory &&
          mincore((void *)(uintptr_t)block, pages * PAGE, in_memory) == 0);
    for (size_t i = 0; i < pages; i++) {
        count += in_memory[i] & 1;
    }
    return count;
}

/* What waits has no memory, and is counted as what it was. */
static void check_idle(void) {
    guard_flush();
    CHECK_EQ(guard_idle_bytes(POOL_DIRECT) + guard_idle_bytes(POOL_BIG), 0);
    CHECK(!guard_flush());
    char *block = take(BYTES), *big = take(3 * MIB);
    const hak_span_t *span = span_with(block), *big_span = span_with(big);
    size_t bytes = span->pages * PAGE, big_bytes = big_span->pages * PAGE;
    size_t asked = exact_requested_bytes(POOL_DIRECT);
    CHECK_EQ(resident_pages(block, BYTES), 49);
    free(block);
    check_pages(span, 0, 0);
    CHECK_EQ(resident_pages(block, BYTES), 0);
    CHECK_EQ(guard_idle_bytes(POOL_DIRECT), bytes);
    CHECK_EQ(exact_requested_bytes(POOL_DIRECT), asked - BYTES);
    free(big);
    CHECK_EQ(guard_idle_bytes(POOL_BIG), big_bytes);
    CHECK(guard_flush());
    CHECK_EQ(guard_idle_bytes(POOL_DIRECT) + guard_idle_bytes(POOL_BIG), 0);
}

/* No more than 64 blocks and 64 MiB wait, the last that were freed. */
static void check_most(void) {
    static char *held[HELD];
    size_t bytes[HELD], last = 0;
    guard_flush();
    for (int i = 0; i < HELD; i++) {
        held[i] = take(LEAST);
        bytes[i] = span_with(held[i])->pages * PAGE;
    }
    for (int i = 0; i < HELD; i++) {
        free(held[i]);
        last += i >= HELD - 63 ? bytes[i] : 0;
    }
    size_t idle = guard_idle_bytes(POOL_DIRECT);
    CHECK_MSG(idle == last || idle == last + bytes[HELD - 64], "%zu, not %zu", idle, last);
    for (int i = 0; i < 4; i++) {
        held[i] = malloc(30 * MIB);
        CHECK(held[i]);
    }
    for (int i = 0; i < 4; i++) {
        free(held[i]);
        idle = guard_idle_bytes(POOL_DIRECT) + guard_idle_bytes(POOL_BIG);
        CHECK_MSG(idle <= 64 * MIB && idle >= (i == 0 ? 30 : 60) * MIB, "%zu", idle);
    }
    guard_flush();
}

static char *resized(char *block, size_t before, size_t bytes) {
    char *moved = realloc(block, bytes);
    size_t kept = before < bytes ? before : bytes;
    CHECK(moved && moved[0] == 0x7a && memcmp(moved, moved + 1, kept - 1) == 0);
    CHECK(bytes <= before || is_clear(moved + before, bytes - before));
    memset(moved, 0x7a, bytes);
    return moved;
}

/* Where it lies as long as there is room, closed behind what is left; one that grows gets room. */
static void check_resize(void) {
    char *block = take(BYTES);
    CHECK(resized(block, BYTES, 49 * PAGE) == block); /* to the end of its last page */
    CHECK(resized(block, 49 * PAGE, LEAST) == block);
    check_block(block, LEAST);
    CHECK_EQ(resident_pages(block, BYTES), 14);
    CHECK(resized(block, LEAST, 49 * PAGE) == block);
    check_block(block, 49 * PAGE);
    char *moved = resized(block, 49 * PAGE, 49 * PAGE + 1);
    CHECK(moved != block);
    check_block(moved, 49 * PAGE + 1);
    CHECK(resized(moved, 49 * PAGE + 1, 60 * PAGE) == moved);
    check_block(moved, 60 * PAGE);
    CHECK(resized(moved, 60 * PAGE, 100 * PAGE) != moved);
    char *again = take(BYTES), *small = resized(again, BYTES, LEAST - 1); /* where others lie */
    CHECK(guard_span(small) == NULL);
    free(small);
}

/* Beyond so many blocks new ones have no guards; when some have gone, they do. */
static void check_bound(void) {
    static char *blocks[GUARDED_MOST + 2];
    hak_span_t *spans[2];
    guard_flush();
    size_t others = 0;
    for (int i = 0; i < GUARDED_MOST + 2; i++) {
        blocks[i] = malloc(LEAST);
        CHECK(blocks[i]);
        others += others == 0 && may_read(pages_end((uintptr_t)blocks[i], LEAST)) ? (size_t)i : 0;
    }
    /* those that the checks before this have left are counted, too */
    CHECK_MSG(others <= GUARDED_MOST && others >= GUARDED_MOST - 10, "%zu", others);
    for (int i = 0; i < 2; i++) {
        spans[i] = span_with(blocks[GUARDED_MOST + i]);
        CHECK(spans[i]->guard_pages > 0 && may_read(spans[i]->base));
    }
    for (int i = 0; i < GUARDED_MOST; i++) {
        free(blocks[i]);
    }
    guard_flush();
    char *block = take(BYTES);
    check_block(block, BYTES);
    free(block);
}

/* Smaller blocks that no class may serve have no guards, also where slabs with guards were before:
 * of several lengths, so that some end with the last page of what is free. */
static int check_unguarded(void) {
    static const size_t sizes[] = {9000, 20000, 33000, 12500};
    static char *small[2000];
    malloc_trim(0);
    for (int round = 0; round < 2; round++) {
        size_t of_pool = pool_used(POOL_TINY);
        for (int i = 0; i < 2000; i++) {
            small[i] = malloc(1000);
            CHECK(small[i]);
        }
        CHECK(pool_used(POOL_TINY) >= of_pool + 2000 * 1000);
        char *behind = take(33000); /* so that what is free ends there */
        for (int i = 0; i < 2000; i++) {
            free(small[i]);
        }
        malloc_trim(0);
        CHECK_EQ(pool_used(POOL_TINY), of_pool); /* guards count for nothing */
        for (int i = 0; i < 400; i++) {
            small[i] = take(sizes[i % 4]);
            CHECK_MSG(guard_span(small[i]) == NULL, "block %d of round %d", i, round);
            CHECK_EQ(span_of_block(small[i])->class_id, HAK_CLASS_DIRECT);
        }
        for (int i = 0; i < 400; i++) {
            free(small[i]);
        }
        free(behind);
    }
    return 0;
}

int main(int argc, char **argv) {
    if (argc == 1) {
        run_again("all", "HAKMEM_HARDEN=2");
        CHECK(setenv("HAKMEM_WMAX_MID", "1.001", 1) == 0);
        run_again("unguarded", "HAKMEM_HARDEN=2");
        return 0;
    }
    if (strcmp(argv[1], "unguarded") == 0) {
        return check_unguarded();
    }
    CHECK(pipe(pipe_ends) == 0);
    check_shapes();
    check_order();
    check_fit();
    check_idle();
    check_most();
    check_resize();
    check_bound();
    return 0;
}
