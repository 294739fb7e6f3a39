/*
 * usable.h - usable sizes of the run's allocators, measured while the paper is built.
 *
 * A fresh process per allocator, LD_PRELOAD and nothing else in its environment; the object that
 * served malloc must be the library asked for. The library is the one of the manifest; hakmem's may
 * have moved with the tree. Whether its hash is still that of the run is kept, and said in the
 * text.
 */
#ifndef PAPER_USABLE_H
#define PAPER_USABLE_H

#include "run.h"

enum { USABLE_SIZES = 6, USABLE_33K = 1 };         /* how many, and the place of 33,000 */
extern const size_t usable_requests[USABLE_SIZES]; /* the paper is about USABLE_33K */

typedef struct usable {
    const char *key;
    size_t bytes[USABLE_SIZES];
    bool same_file; /* as in the run */
} usable_t;

/* One row per allocator of the manifest, in its order. `root` is the tree, `probe` the program. */
usable_t *usable_measure(const run_t *run, const char *root, const char *probe);

double usable_waste(size_t request, size_t bytes);

#endif
