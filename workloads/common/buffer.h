/*
 * buffer.h - a growing line of text in a fixed buffer.
 *
 * Used where a driver writes JSON: formatting into the buffer and one write(2) at the end need no
 * heap. Text that does not fit is an error of the program, and ends it.
 */
#ifndef WORKLOADS_BUFFER_H
#define WORKLOADS_BUFFER_H

#include <stddef.h>

enum { BUFFER_BYTES = 32768 };

typedef struct buffer {
    size_t used;
    char bytes[BUFFER_BYTES];
} buffer_t;

void buffer_add(buffer_t *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* `value` as a JSON string with its quotes; bytes that are not printable ASCII become \u00xx. */
void buffer_add_json_string(buffer_t *text, const char *value);

/* Writes all of it; 0 or an errno. */
int buffer_write(const buffer_t *text, int fd);

#endif
