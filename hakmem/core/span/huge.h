/*
 * huge.h - huge pages for the growth of a large heap, where the program touches what it gets.
 *
 * A huge page is faulted in at once, for about a tenth of what its 512 small ones cost, and takes
 * one entry of the TLB; but it is in memory whole, also where nothing was touched. So the kernel is
 * asked for huge pages (it does so by itself only where transparent_hugepage is "always") when
 *
 *   - the heap has 64 MiB: the huge page at the frontier is then a thirty-second at most;
 *   - of a probe, 2 MiB of small pages handed out before, the program has written to 31 of 32 (of
 *     64 of them, eight words each: whether they are in memory the kernel may not be asked, os.h);
 *   - no span of more than 2 MiB is asked for: huge arrays are often touched here and there;
 *   - a huge page is 2 MiB, as it is where the system's page is 4 KiB.
 *
 * A new probe is left each time that the heap has grown by an eighth, so that the answer follows
 * the program, and the number of mappings grows with the logarithm of the heap.
 *
 * All under the heap's lock, but for huge_is_advised.
 */
#ifndef HAK_HUGE_H
#define HAK_HUGE_H

#include "window.h"

/* How many pages to commit where `pages` are wanted: on to a huge page's boundary, or as many. */
size_t huge_step(const hak_window_t *window, size_t pages);
/* Advises the kernel on the last `pages` committed, which nobody has touched. True: they are to be
 * huge, and so in memory as soon as one of them is touched. */
bool huge_advise(const hak_window_t *window, size_t pages);
/* The kernel has advice on some pages; a hint, without the lock. */
bool huge_is_advised(void);
/* Memory that was given back: of spans, and of blocks in slabs, beside which pages stay. What lay
 * beside a span may have been given back before; then it is the run that makes huge pages free. */
void huge_note_purged(uintptr_t start, size_t bytes, uintptr_t run_start, size_t run_bytes);
void huge_note_holes(size_t bytes);
/* After a purge: khugepaged makes a huge page again of 2 MiB of which one small page is left, and
 * so brings back what was purged there. Where that is a third of what was purged, or of what
 * there is advice on, all advice is taken back. Huge pages that are in memory stay. */
void huge_look_at_holes(void);

#endif
