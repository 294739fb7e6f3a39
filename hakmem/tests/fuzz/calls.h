/*
 * calls.h - every function that hands out, resizes or takes back a block, behind one number each.
 *
 * Built with HAK_API these are the hak_ functions; else those of the process under LD_PRELOAD, with
 * C++'s nothrow operators and C23's free_sized among them (looked up: libc may not have them).
 */
#ifndef CALLS_H
#define CALLS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct taken {
    void *block;
    size_t bytes;     /* what was asked for, after rounding by the function itself */
    size_t alignment; /* what was asked for; 16 where nothing was */
    bool zeroed;
    bool keeps_errno; /* also on failure */
    bool sets_errno;  /* also on success: operator new, whose first try failed */
} taken_t;

/* `how` chooses the function, `shift` the alignment (of those that take one): 16 << shift. */
taken_t calls_take(unsigned how, size_t bytes, unsigned shift);
void *calls_resize(unsigned how, void *block, size_t bytes);
void calls_free(unsigned how, void *block, size_t bytes, size_t alignment);
/* Requests that nobody can serve, and bad ones: each must be refused as glibc refuses it. `block`
 * is a live one or NULL; it must stay as it is. NULL: all was well; else what was not. */
const char *calls_impossible(unsigned how, void *block);

#endif
