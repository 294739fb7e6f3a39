/* class_table.c - see class_table.h: how it is filled. */
#include "class_table.h"

#include <string.h>

#include "../hakmem_ace.h"
#include "../options/options.h"
#include "../slab/homes.h"
#include "libc_bypass.h"

uint8_t class_table_fine[CLASS_TABLE_FINE_ROWS];
uint8_t class_table_page[CLASS_TABLE_PAGE_ROWS];
uint8_t *class_table_fine_rows = class_table_fine, *class_table_page_rows = class_table_page;

/* What is being filled. */
static struct { uint8_t *fine, *page; } target = {class_table_fine, class_table_page};

/* Marks the rows for the requests low … high: a row that lies within belongs to the class, one that
 * lies there in part has no class of its own. Row r holds the requests of (r - 1, r] units. */
static void claim(uint8_t *table, size_t rows, size_t unit, size_t low, size_t high, unsigned id) {
    size_t first = (low - 1) / unit + 1, last = (high - 1) / unit + 1; /* rows that are touched */
    size_t first_whole = (low - 1) % unit == 0 ? first : first + 1;
    size_t end_whole = hak_min(high / unit + 1, rows);
    if (first < rows && first_whole != first) {
        table[first] = HAK_CLASS_NONE;
    }
    if (last < rows && last >= end_whole) {
        table[last] = HAK_CLASS_NONE;
    }
    if (first_whole < end_whole) {
        memset(table + first_whole, (int)id, end_whole - first_whole);
    }
}

static void claim_both(size_t low, size_t high, unsigned id) {
    if (low <= high) {
        claim(target.fine, CLASS_TABLE_FINE_ROWS, HAK_ALIGNMENT, low, high, id);
        claim(target.page, CLASS_TABLE_PAGE_ROWS, HAK_PAGE_BYTES, low, high, id);
    }
}

/* Each class serves the requests above the next smaller class that W_MAX lets it serve. */
static void claim_pool(hak_pool_id_t pool) {
    size_t smaller_bytes = 0;
    unsigned id = hak_pools[pool].first;
    for (; id != HAK_CLASS_NONE && id <= hak_pools[pool].last; id++) {
        size_t class_bytes = hak_classes[id].block_bytes;
        claim_both(hak_max(smaller_bytes + 1, ace_least_request(id)), class_bytes, id);
#if POOL_TLS_PHASE1
        if (pool == POOL_MID) {
            claim_both(hak_max(smaller_bytes + 1, FRONT_LEAST), hak_min(class_bytes, FRONT_MOST),
                       id);
        }
#endif
        smaller_bytes = class_bytes;
    }
}

/* A block serves a smaller size where it lies down to half of the class, or to the bound of W_MAX;
 * also what no smaller class could. */
static void set_least_resize(void) {
    for (unsigned id = HAK_CLASS_FIRST; id < hak_class_end; id++) {
        hak_class_t *cls = &hak_classes[id];
        bool is_first = id == hak_pools[cls->pool].first;
        size_t smaller = is_first ? 0 : hak_classes[id - 1].block_bytes;
        bool is_bound = class_wmax((hak_pool_id_t)cls->pool) != 0;
        size_t least =
            is_bound ? ace_least_request(id) : hak_min(cls->block_bytes / 2, smaller + 1);
        cls->least_resize = (uint32_t)hak_max(least, 1);
    }
}

static void claim_all(void) {
    /* Where two pools could serve a request, the smaller one's class is the smaller. */
    claim_pool(POOL_LARGE);
    claim_pool(POOL_MID);
    claim_pool(POOL_SMALLMID);
    claim_pool(POOL_TINY);
    target.fine[0] = target.fine[1]; /* malloc(0) */
}

void class_table_fill(void) {
    set_least_resize();
    if (hak_options.front_gate_unified == 0 || bypass_reason() != NULL) {
        return; /* every row 0: the slow path decides */
    }
    claim_all();
}

/* The largest class of a size below this that was there at start-up; its size. */
static size_t next_smaller(size_t class_bytes) {
    size_t smaller = 0;
    for (unsigned id = HAK_CLASS_FIRST; id < hak_class_learned; id++) {
        size_t bytes = hak_classes[id].block_bytes;
        smaller = bytes < class_bytes && bytes > smaller ? bytes : smaller;
    }
    return smaller;
}

/* Release: who reads such a row, and looks at the class, sees what that is. */
static void publish(uint8_t *table, const uint8_t *rows, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (HAK_RELAXED(table[i]) != rows[i]) {
            __atomic_store_n(&table[i], rows[i], __ATOMIC_RELEASE);
        }
    }
}

/* The fast path is to name nothing that the table has let go of. */
static void withdraw_others(uint8_t *table, const uint8_t *rows, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (HAK_RELAXED(table[i]) != rows[i]) {
            __atomic_store_n(&table[i], HAK_CLASS_NONE, __ATOMIC_RELAXED);
        }
    }
}

void class_table_learn(const uint8_t *class_ids, unsigned count) {
    HAK_APART static uint8_t fine[CLASS_TABLE_FINE_ROWS], page[CLASS_TABLE_PAGE_ROWS];
    memset(fine, HAK_CLASS_NONE, sizeof(fine));
    memset(page, HAK_CLASS_NONE, sizeof(page));
    target.fine = fine;
    target.page = page;
    claim_all();
    size_t last_bytes = 0;
    for (unsigned i = 0; i < count; i++) {
        size_t class_bytes = hak_classes[class_ids[i]].block_bytes;
        size_t smaller_bytes = hak_max(next_smaller(class_bytes), last_bytes);
        claim_both(hak_max(smaller_bytes + 1, ace_least_request(class_ids[i])), class_bytes,
                   class_ids[i]);
        last_bytes = class_bytes;
    }
    /* Tiny rows are as they were, or name fronts by now. */
    size_t first = class_table_fine_row(TINY_MAX_SIZE) + 1;
    publish(class_table_fine_rows + first, fine + first, sizeof(fine) - first);
    publish(class_table_page_rows, page, sizeof(page));
    if (class_table_fine_rows != class_table_fine) {
        withdraw_others(class_table_fine + first, fine + first, sizeof(fine) - first);
        withdraw_others(class_table_page, page, sizeof(page));
    }
}

void class_table_use_homes(void) {
    if (homes_in_use() || !homes_is_base(HAK_RELAXED(class_table_fine[1]))) {
        return;
    }
    /* Relaxed: each row is right before and after, and so is any mixture of them. */
    __atomic_store_n(&hak_homes.in_use, true, __ATOMIC_RELAXED);
    for (size_t row = 0; row <= HOMED_CLASSES; row++) {
        unsigned front = homes_front_of(HAK_CLASS_FIRST + (unsigned)hak_max(row, 1) - 1);
        __atomic_store_n(&class_table_fine[row], (uint8_t)front, __ATOMIC_RELAXED);
        __atomic_store_n(&class_table_fine_rows[row], (uint8_t)front, __ATOMIC_RELAXED);
    }
}

void class_table_part(void) {
    HAK_APART static uint8_t fine[CLASS_TABLE_FINE_ROWS], page[CLASS_TABLE_PAGE_ROWS];
    memcpy(fine, class_table_fine, sizeof(fine));
    memcpy(page, class_table_page, sizeof(page));
    class_table_fine_rows = fine;
    class_table_page_rows = page;
}

/* The rows for requests above so many bytes and up to so many. */
typedef struct hak_rows {
    size_t first, end;
} hak_rows_t;

static hak_rows_t fine_rows(size_t above_bytes, size_t up_to_bytes) {
    size_t most = hak_min(up_to_bytes, CLASS_TABLE_FINE_MAX);
    return (hak_rows_t){class_table_fine_row(above_bytes) + 1, class_table_fine_row(most) + 1};
}

static hak_rows_t page_rows(size_t above_bytes, size_t up_to_bytes) {
    size_t least = hak_max(above_bytes, CLASS_TABLE_FINE_MAX);
    return (hak_rows_t){hak_pages_for(least) + 1, hak_pages_for(up_to_bytes) + 1};
}

static void hide(uint8_t *table, hak_rows_t rows) {
    for (size_t row = rows.first; row < rows.end; row++) {
        __atomic_store_n(&table[row], HAK_CLASS_NONE, __ATOMIC_RELAXED);
    }
}

static void show(uint8_t *table, const uint8_t *from, hak_rows_t rows) {
    if (rows.first < rows.end) {
        publish(table + rows.first, from + rows.first, rows.end - rows.first);
    }
}

void class_table_hide_rows(size_t above_bytes, size_t up_to_bytes) {
    hide(class_table_fine, fine_rows(above_bytes, up_to_bytes));
    hide(class_table_page, page_rows(above_bytes, up_to_bytes));
}

void class_table_show_rows(size_t above_bytes, size_t up_to_bytes) {
    show(class_table_fine, class_table_fine_rows, fine_rows(above_bytes, up_to_bytes));
    show(class_table_page, class_table_page_rows, page_rows(above_bytes, up_to_bytes));
}

void class_table_show(size_t row) {
    __atomic_store_n(&class_table_fine[row], class_table_fine_rows[row], __ATOMIC_RELEASE);
}

void class_table_hide(void) {
    class_table_part();
    memset(class_table_fine, HAK_CLASS_NONE, sizeof(class_table_fine)); /* malloc(0) too */
    memset(class_table_page, HAK_CLASS_NONE, sizeof(class_table_page));
}
