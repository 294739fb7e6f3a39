/* huge.c - see huge.h. */
#include "huge.h"

#include "../options/options.h"
#include "../os/os.h"
#include "limit.h"
#include "window_table.h"

#define HUGE_BYTES (2 * HAK_MIB)
#define HEAP_LEAST ((64 * HAK_MIB) >> HAK_PAGE_SHIFT) /* pages */
/* Behind the frontier, of a heap that has no probe yet. With an answer at the next probe only,
 * sizes that double by phase take 1.08 times the page faults. */
#define FIRST_PROBE (8 * HAK_MIB)
/* Page faults without this bound: blocks-lifo-1m 1.6 times as many. */
#define HOLES_LEAST HAK_MIB
enum { HOLES_SHARE = 3 };
/* A new probe each time that the heap has grown by such a share of itself. */
enum { AGAIN_SHARE = 8 };
/* Of a probe each eighth page is looked at, and of that each eighth part. All but a 32nd are to be
 * written to: with all of them sizes that double by phase take 2.3 times the page faults. */
enum { PROBE_SPACING = 8, UNTOUCHED_SHARE = 32 };
#define PROBE_PAGES ((uint32_t)((HUGE_BYTES >> HAK_PAGE_SHIFT) / PROBE_SPACING))

static struct {
    uintptr_t probe;   /* 2 MiB of small pages; 0: none yet */
    size_t next_probe; /* at so many pages of the heap */
    bool wanted;
    uintptr_t advised_start, advised_end; /* since advice was last taken back; 0: nothing */
    size_t purged_bytes, hole_bytes; /* since the first of that: in all, and beside pages in use */
} huge;

/* What one table of the system's page tables maps, entries being words, is a huge page. Where pages
 * are of 16 or 64 KiB that is 32 or 512 MiB, and no thirty-second of a heap. */
static bool are_small_enough(void) {
    return os_page_bytes / sizeof(void *) * os_page_bytes == HUGE_BYTES;
}

static bool may_be_huge(const hak_window_t *window) {
    return are_small_enough() && hak_options.huge_pages != 0 && !limit_is_set() &&
           window == &hak_windows[0] && !window->limited && window->committed_pages >= HEAP_LEAST;
}

size_t huge_step(const hak_window_t *window, size_t pages) {
    if (!may_be_huge(window)) {
        return pages;
    }
    uintptr_t end = window_frontier(window) + (pages << HAK_PAGE_SHIFT);
    return pages + ((hak_round_up(end, HUGE_BYTES) - end) >> HAK_PAGE_SHIFT);
}

/* Whether the program wrote to a page: fresh memory is all 0. */
static bool is_written(uintptr_t page) {
    for (size_t at = 0; at < HAK_PAGE_BYTES; at += HAK_PAGE_BYTES / PROBE_SPACING) {
        if (os_is_nonzero((const uint32_t *)(page + at))) {
            return true;
        }
    }
    return false;
}

/* Not always the same page of eight: blocks of 32 KiB begin at every eighth. */
static bool is_touched_whole(uintptr_t start) {
    size_t written = 0;
    for (uint32_t i = 0; i < PROBE_PAGES; i++) {
        uint32_t page = i * PROBE_SPACING + (i * 0x9e3779b1u >> 16) % PROBE_SPACING;
        written += is_written(start + ((uintptr_t)page << HAK_PAGE_SHIFT));
    }
    return written >= PROBE_PAGES - PROBE_PAGES / UNTOUCHED_SHARE;
}

static void set_advised_end(uintptr_t end) {
    __atomic_store_n(&huge.advised_end, end, __ATOMIC_RELAXED); /* read without the lock */
}

bool huge_advise(const hak_window_t *window, size_t pages) {
    uintptr_t end = window_frontier(window) & ~(HUGE_BYTES - 1);
    uintptr_t start = hak_round_up(window_frontier(window) - (pages << HAK_PAGE_SHIFT), HUGE_BYTES);
    if (!may_be_huge(window) || end <= start) {
        return false;
    }
    if (window->committed_pages >= huge.next_probe) {
        huge.wanted = is_touched_whole(huge.probe != 0 ? huge.probe : start - FIRST_PROBE);
        huge.probe = start;
        huge.next_probe = window->committed_pages + window->committed_pages / AGAIN_SHARE;
        return false;
    }
    if (huge.wanted) {
        os_advise_huge((void *)start, end - start, true);
        if (huge.advised_end == 0) {
            huge.advised_start = start;
            huge.purged_bytes = huge.hole_bytes = 0;
        }
        set_advised_end(end);
    }
    return huge.wanted;
}

bool huge_is_advised(void) {
    return __atomic_load_n(&huge.advised_end, __ATOMIC_RELAXED) != 0;
}

void huge_note_holes(size_t bytes) {
    huge.purged_bytes += bytes;
    huge.hole_bytes += bytes;
}

/* Of whole huge pages. */
static size_t whole_bytes(uintptr_t start, uintptr_t end) {
    uintptr_t whole_start = hak_round_up(start, HUGE_BYTES), whole_end = end & ~(HUGE_BYTES - 1);
    return whole_end > whole_start ? whole_end - whole_start : 0;
}

void huge_note_purged(uintptr_t start, size_t bytes, uintptr_t run_start, size_t run_bytes) {
    uintptr_t end = start + bytes, run_end = run_start + run_bytes;
    size_t closed =
        whole_bytes(run_start, run_end) - whole_bytes(run_start, start) - whole_bytes(end, run_end);
    huge_note_holes(bytes);
    huge.hole_bytes -= hak_min(closed, huge.hole_bytes);
}

void huge_look_at_holes(void) {
    size_t advised_bytes = huge.advised_end - huge.advised_start;
    size_t many = hak_min(huge.purged_bytes, advised_bytes) / HOLES_SHARE;
    if (advised_bytes > 0 && huge.hole_bytes >= hak_max(many, HOLES_LEAST)) {
        os_advise_huge((void *)huge.advised_start, advised_bytes, false);
        huge.advised_start = 0;
        set_advised_end(0);
    }
}
