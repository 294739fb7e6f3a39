/*
 * static_class_table.c - the table from sizes to classes against the tiers themselves, for every
 * size up to 2 MiB: a row names the class that serves each of its sizes, the smallest that may, and
 * none where these are several; so with other classes and bounds, without the SmallMid tier, and
 * under hardening, where the fast path's own tables are empty, and where sizes above 1 KiB are
 * watched (HAKMEM_LEARN), as long as they are. What is to be aligned is of the next class that is.
 *
 * White box: linked with objects.a; starts itself again with options.
 */
#include "again.h"
#include "box/class_table.h"
#include "options/options.h"
#include "test.h"

#include <string.h>

static uint8_t serving[LARGE_MAX_SIZE + 1]; /* the class, by size */

/* A Mid or Large class may serve what is no smaller than the W_MAX-th part of it. */
static bool may_serve(unsigned id, size_t bytes) {
    uint64_t class_bytes = hak_classes[id].block_bytes;
    uint64_t wmax = class_wmax((hak_pool_id_t)hak_classes[id].pool);
    return class_bytes >= bytes && (wmax == 0 || class_bytes * 1000000 <= bytes * wmax);
}

/* By a look at all classes of a pool, the largest first: of those that may serve, the smallest is
 * left, and so it is of the pools. */
static void ask_pool(hak_pool_id_t pool) {
    unsigned id = HAK_CLASS_LIMIT;
    while (--id >= HAK_CLASS_FIRST) {
        size_t bytes = hak_classes[id].block_bytes;
        if (bytes != 0 && hak_classes[id].pool == pool && !hak_classes[id].is_closed) {
            for (; bytes > 0 && may_serve(id, bytes); bytes--) {
                serving[bytes] = (uint8_t)id;
            }
        }
    }
}

static bool is_named(const char *how) {
    return strcmp(how, "empty") != 0;
}

/* The row of the sizes (end - unit, end]. */
static unsigned check_row(size_t end, size_t unit, const char *how) {
    unsigned want = serving[end];
    for (size_t bytes = end - unit + 1; bytes < end; bytes++) {
        want = serving[bytes] == want ? want : HAK_CLASS_NONE;
    }
    want = is_named(how) ? want : HAK_CLASS_NONE;
    for (size_t bytes = end - unit + 1; bytes <= end; bytes++) {
        CHECK_MSG(class_by_table(bytes) == want, "%s, %zu bytes: class %u, expected %u", how, bytes,
                  class_by_table(bytes), want);
    }
    unsigned fast =
        unit == HAK_ALIGNMENT ? class_table_fine[end / unit] : class_table_page[end / unit];
    bool is_hidden = strcmp(how, "hidden") == 0 || (strcmp(how, "watched") == 0 && end > 1024);
    CHECK_MSG(fast == (is_hidden ? HAK_CLASS_NONE : want), "%s, %zu bytes: %u", how, end, fast);
    return want;
}

/* Of the classes that are no smaller than this one, the smallest whose blocks are aligned so. */
static unsigned next_aligned(unsigned from, size_t alignment) {
    unsigned found = HAK_CLASS_NONE;
    for (unsigned id = HAK_CLASS_LIMIT; --id >= HAK_CLASS_FIRST;) {
        size_t bytes = hak_classes[id].block_bytes;
        if (bytes >= hak_classes[from].block_bytes && (bytes & (alignment - 1)) == 0 &&
            !hak_classes[id].is_closed &&
            (found == HAK_CLASS_NONE || bytes <= hak_classes[found].block_bytes)) {
            found = id;
        }
    }
    return found;
}

/* From the class of the size rounded up, as far as W_MAX allows. Of every seventh size. */
static unsigned check_aligned(size_t alignment, const char *how) {
    unsigned next[HAK_CLASS_LIMIT], named = 0;
    for (unsigned id = HAK_CLASS_FIRST; id < HAK_CLASS_LIMIT; id++) {
        next[id] = next_aligned(id, alignment);
    }
    for (size_t bytes = 1; bytes <= CLASS_TABLE_FINE_MAX - HAK_PAGE_BYTES; bytes += 7) {
        unsigned from = class_by_table((bytes + alignment - 1) & ~(alignment - 1));
        unsigned want =
            from != HAK_CLASS_NONE && may_serve(next[from], bytes) ? next[from] : HAK_CLASS_NONE;
        unsigned got = class_by_table_aligned(class_table_fine_rows, alignment, bytes);
        CHECK_MSG(got == want, "%s, %zu bytes at %zu: class %u, expected %u", how, bytes, alignment,
                  got, want);
        named += got != HAK_CLASS_NONE;
    }
    CHECK_EQ(class_by_table_aligned(class_table_fine_rows, alignment, 0),
             class_by_table_aligned(class_table_fine_rows, alignment, 1));
    return named;
}

static int check_all(const char *how) {
    free(malloc(1));
    for (hak_pool_id_t pool = POOL_LARGE; pool >= POOL_TINY; pool--) {
        ask_pool(pool);
    }
    if (strcmp(how, "watched") == 0) {
        class_table_hide_rows(1024, LARGE_MAX_SIZE);
    }
    unsigned rows = 0, named = 0;
    for (size_t end = HAK_ALIGNMENT; end <= CLASS_TABLE_FINE_MAX; end += HAK_ALIGNMENT, rows++) {
        named += check_row(end, HAK_ALIGNMENT, how) != HAK_CLASS_NONE;
    }
    for (size_t end = CLASS_TABLE_FINE_MAX + HAK_PAGE_BYTES; end <= LARGE_MAX_SIZE;
         end += HAK_PAGE_BYTES, rows++) {
        named += check_row(end, HAK_PAGE_BYTES, how) != HAK_CLASS_NONE;
    }
    CHECK_EQ(class_by_table(0), class_by_table(1));
    CHECK_MSG(is_named(how) ? named > rows / 16 : named == 0, "%s: %u of %u rows", how, named,
              rows);
    for (size_t alignment = 64; alignment <= HAK_PAGE_BYTES; alignment *= 8) {
        named = check_aligned(alignment, how);
        CHECK_MSG(is_named(how) ? named > 100 : named == 0, "%s, at %zu: %u", how, alignment,
                  named);
    }
    CHECK_EQ(class_by_table_aligned(class_table_fine_rows, 2 * HAK_PAGE_BYTES, 1), HAK_CLASS_NONE);
    for (size_t bytes = CLASS_TABLE_FINE_MAX - HAK_PAGE_BYTES + 1; bytes < 72 * KIB; bytes += 5) {
        CHECK_EQ(class_by_table_aligned(class_table_fine_rows, 64, bytes), HAK_CLASS_NONE);
    }
    return 0;
}

/* Of the rows above the bound the fast path sees those that are shown. */
static void check_shown(const uint8_t *rows, size_t pages_to) {
    for (size_t row = 0; row < CLASS_TABLE_FINE_ROWS; row++) {
        bool is_seen = row * HAK_ALIGNMENT <= 1024 || rows[row] != 0;
        CHECK_MSG(class_table_fine[row] == (is_seen ? class_table_fine_rows[row] : HAK_CLASS_NONE),
                  "row %zu: %u", row, class_table_fine[row]);
    }
    for (size_t row = hak_pages_for(CLASS_TABLE_FINE_MAX) + 1; row < CLASS_TABLE_PAGE_ROWS; row++) {
        bool is_seen = row * HAK_PAGE_BYTES <= pages_to;
        CHECK_MSG(class_table_page[row] == (is_seen ? class_table_page_rows[row] : HAK_CLASS_NONE),
                  "page row %zu: %u", row, class_table_page[row]);
    }
}

static int show_some(void) {
    static uint8_t none[CLASS_TABLE_FINE_ROWS], some[CLASS_TABLE_FINE_ROWS];
    free(malloc(1));
    for (size_t row = 0; row < CLASS_TABLE_FINE_ROWS; row += 3) {
        some[row] = 1;
    }
    class_table_hide_rows(1024, LARGE_MAX_SIZE); /* parted at start-up, by HAKMEM_LEARN */
    check_shown(none, 0);
    for (unsigned i = 0; i < 2; i++) {
        for (size_t row = 0; row < CLASS_TABLE_FINE_ROWS; row += 3) {
            class_table_show(row);
        }
        check_shown(some, 0);
        class_table_show_rows(CLASS_TABLE_FINE_MAX, 256 * KIB);
        check_shown(some, 256 * KIB);
        class_table_learn(NULL, 0); /* changes nothing, and shows nothing that was hidden */
        check_shown(some, 256 * KIB);
        class_table_hide_rows(1024, LARGE_MAX_SIZE);
        check_shown(none, 0);
    }
    class_table_show_rows(2048, 4096);
    memset(none + 2048 / HAK_ALIGNMENT + 1, 1, 2048 / HAK_ALIGNMENT);
    check_shown(none, 0);
    class_table_show_rows(0, LARGE_MAX_SIZE);
    memset(none, 1, sizeof(none));
    check_shown(none, LARGE_MAX_SIZE);
    return 0;
}

int main(int argc, char **argv) {
    if (argc > 1) {
        return strcmp(argv[1], "shown") == 0 ? show_some() : check_all(argv[1]);
    }
    static const char *const settings[] = {
        NULL,
        "HAKMEM_WMAX_MID=1.01",
        "HAKMEM_WMAX_LARGE=1.003",
        "HAKMEM_WMAX_LARGE=3",
        "HAKMEM_SMALLMID_ENABLE=0",
        "HAKMEM_MID_CLASSES=1040,5008,9008,20000,33008,33024,57344",
        "HAKMEM_LARGE_CLASSES=61440,65536,135168,1048576,2097152",
    };
    for (unsigned i = 0; i < sizeof settings / sizeof *settings; i++) {
        run_again("named", settings[i]);
    }
    run_again("empty", "HAKMEM_FRONT_GATE_UNIFIED=0");
    run_again("hidden", "HAKMEM_HARDEN=1");
    run_again("hidden", "HAKMEM_HARDEN=2");
    run_again("named", "HAKMEM_LEARN=1");
    run_again("watched", "HAKMEM_LEARN=1");
    run_again("shown", "HAKMEM_LEARN=1");
    return 0;
}
