/*
 * beside.h - malloc and free for a thread that finds the door closed (os/door.h): another one
 * forks, and the heap is to be at rest.
 *
 * A block is a mapping of its own, page-exact, and outside of all windows: foreign, by the page
 * map; its address is in a table. A freed block waits in another table, and is freed by who opens
 * the door. Both tables are such that a fork at any instruction leaves the child a whole one, and
 * at most a mapping that nobody knows. A thread's magazines serve it before it comes here.
 *
 * Lock-free. Where a table is full, or the system out of memory, a thread waits for the fork after
 * all; each has 16,384 entries, for what no magazine served or took in some milliseconds.
 */
#ifndef HAK_BESIDE_H
#define HAK_BESIDE_H

#include "../base/base.h"

/* NULL: no memory, or no place in the table. The alignment is a power of two. */
void *beside_alloc(size_t bytes, size_t alignment);
/* Whether it is such a block, which then is free. */
bool beside_free(void *block);
/* 0: it is no such block. */
size_t beside_usable(const void *block);
size_t beside_bytes(void); /* of all such blocks */

/* Keeps a freed block of the heap's; false: no place. A block that waits already stops the
 * process. */
bool beside_wait(void *block);
/* The door is open: hands all that wait to `give`, from inside. */
void beside_return(void (*give)(void *block));

#endif
