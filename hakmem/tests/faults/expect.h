/*
 * expect.h - what ACE must count of the failures that were injected, reckoned beside it.
 *
 * The linker leads here the model's requests, and inside hakmem the two steps that can refuse a
 * request memory: heap_alloc and slab_add. A request of which one was refused is one MapFail,
 * however its second try ends; unless that was only an attempt, in realloc, to get room to grow,
 * which has another way. After each request the counter must have moved by just that, and
 *
 *   nothing refused by the OS      no MapFail
 *   NULL                           a MapFail
 *   one call failed, in malloc     a MapFail if it was a step of a window that a smaller one did
 *                                  not make good; and then the second try has served the request
 */
#ifndef EXPECT_H
#define EXPECT_H

#include <stdint.h>

uint64_t expect_mapfails(void); /* so far */

#endif
