/*
 * span_cache.h - what a thread keeps of blocks that are spans: a magazine of a class, which holds
 * as many as the thread has kept so far. See thread_cache.h, which calls this.
 */
#ifndef HAK_SPAN_CACHE_H
#define HAK_SPAN_CACHE_H

#include "../base/base.h"

/* Takes a block for which the loaded magazine has no room. */
void span_cache_push(unsigned class_id, void *block);
/* Gives a block to the span heap. */
void span_cache_release(unsigned class_id, void *block);

#endif
