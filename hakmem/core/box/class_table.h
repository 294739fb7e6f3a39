/*
 * class_table.h - request to class by one look-up: for each 16 bytes up to 64 KiB and each page up
 * to 2 MiB, the class that serves these sizes; 0 where they do not all have the same one (a bound
 * of W_MAX runs through), where none may serve, and everywhere when tiers are asked in turn
 * (HAKMEM_FRONT_GATE_UNIFIED=0) or requests go to libc. Class 0's magazine is the void one, so a 0
 * leads to the slow path.
 *
 * Filled at start-up. Afterwards only fronts (slab/homes.h) and learnt classes (box/learn.h) are
 * written to it: each row is a byte, and names, whenever it is read, a class that may serve all its
 * sizes. With hardening the fast path's tables are empty, and the slow paths look at copies; with
 * HAKMEM_LEARN so are, at times, the rows that are learnt from.
 */
#ifndef HAK_CLASS_TABLE_H
#define HAK_CLASS_TABLE_H

#include "../slab/size_class.h"

#define CLASS_TABLE_FINE_MAX  (64 * HAK_KIB)
#define CLASS_TABLE_FINE_ROWS (CLASS_TABLE_FINE_MAX / HAK_ALIGNMENT + 1)
#define CLASS_TABLE_PAGE_ROWS (LARGE_MAX_SIZE / HAK_PAGE_BYTES + 1)

extern uint8_t class_table_fine[CLASS_TABLE_FINE_ROWS] HAK_HIDDEN;
extern uint8_t class_table_page[CLASS_TABLE_PAGE_ROWS] HAK_HIDDEN;
/* The same tables for the slow paths, where the fast path's are empty. */
extern uint8_t *class_table_fine_rows HAK_HIDDEN, *class_table_page_rows HAK_HIDDEN;

void class_table_fill(void); /* when all classes are there */
/* Names the fronts (slab/homes.h) from now on, unless that is so already or the table is empty. Any
 * thread may call it: who still sees a base takes a block of home 0. */
void class_table_use_homes(void);
/* Writes the tables again, with learnt classes beside those that there were at start: each serves
 * the requests above the next smaller class. They are in ascending order of size. One thread at a
 * time. */
void class_table_learn(const uint8_t *class_ids, unsigned count);
/* The slow paths look at copies of their own from now on; and the fast path does not see any row.
 * At start-up only. */
void class_table_part(void);
void class_table_hide(void);
/* After class_table_part: hides rows for requests above so many bytes and up to so many from the
 * fast path, so that slow paths see each of these; shows them again. Both ends are those of rows.
 * One thread at a time, as all below, and class_table_learn, after which the fast path sees only
 * rows that it saw before and that did not change. */
void class_table_hide_rows(size_t above_bytes, size_t up_to_bytes);
void class_table_show_rows(size_t above_bytes, size_t up_to_bytes);
void class_table_show(size_t row); /* of requests of up to CLASS_TABLE_FINE_MAX */

/* The row for a request of up to CLASS_TABLE_FINE_MAX bytes. */
static inline size_t class_table_fine_row(size_t bytes) {
    return (bytes + HAK_ALIGNMENT - 1) / HAK_ALIGNMENT;
}

/* The class for up to LARGE_MAX_SIZE bytes; 0: the table does not know. */
static inline unsigned class_by_table(size_t bytes) {
    const uint8_t *row = bytes <= CLASS_TABLE_FINE_MAX
                             ? &class_table_fine_rows[class_table_fine_row(bytes)]
                             : &class_table_page_rows[hak_pages_for(bytes)];
    return __atomic_load_n(row, __ATOMIC_ACQUIRE); /* a learnt class's row was written before */
}

/* The class that a table names, or the next one whose blocks are aligned so, as far as W_MAX
 * allows; 0: the slow path has to look. */
static inline unsigned class_by_table_aligned(const uint8_t *fine, size_t alignment, size_t bytes) {
    if (alignment > HAK_PAGE_BYTES || bytes > CLASS_TABLE_FINE_MAX - HAK_PAGE_BYTES) {
        return HAK_CLASS_NONE;
    }
    size_t row = class_table_fine_row(hak_round_up(bytes + (bytes == 0), alignment));
    unsigned id = HAK_RELAXED(fine[row]);
    if (class_is_learned(id)) {
        return HAK_CLASS_NONE;
    }
    while (id != HAK_CLASS_NONE && !class_is_aligned(id, alignment)) {
        id++;
    }
    bool is_free = hak_classes[id].pool <= POOL_SMALLMID;
    return is_free || hak_classes[id].least_resize <= bytes ? id : HAK_CLASS_NONE;
}

#endif
