/*
 * text.h - a growing line of text in a fixed buffer.
 *
 * Used where a driver writes JSON: formatting into the buffer and one write(2) at the end need no
 * heap. Text that does not fit is an error of the program, and ends it.
 */
#ifndef WORKLOADS_TEXT_H
#define WORKLOADS_TEXT_H

#include <stddef.h>

enum { TEXT_BYTES = 32768 };

typedef struct text {
    size_t used;
    char bytes[TEXT_BYTES];
} text_t;

void text_add(text_t *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* `value` as a JSON string with its quotes; bytes that are not printable ASCII become \u00xx. */
void text_add_json_string(text_t *text, const char *value);

/* Writes all of it; 0 or an errno. */
int text_write(const text_t *text, int fd);

#endif
