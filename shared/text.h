/*
 * text.h - strings on the heap, for the programs that are not measured: the lab and the paper.
 *
 * Such a program runs once and exits, so strings made here live until exit and are never freed;
 * what grows with the number of samples keeps its own storage. Running out of memory ends the
 * program with a message. The drivers, whose heap is what is measured, have common/buffer.h.
 */
#ifndef SHARED_TEXT_H
#define SHARED_TEXT_H

#include "die.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* printf into a fresh string. */
char *text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *text_copy(const char *text);
void *text_alloc(size_t bytes); /* zeroed; never NULL */
/* Room for one more element in `array` of `count`; the capacity is the next power of two. */
void *text_grow(void *array, size_t count, size_t element_bytes);

bool text_starts(const char *text, const char *prefix);
bool text_ends(const char *text, const char *suffix);

/* "3 min 07 s" or "4.2 s". */
char *text_duration(double seconds);
/* "12.3 MiB" */
char *text_bytes(double bytes);

#endif
