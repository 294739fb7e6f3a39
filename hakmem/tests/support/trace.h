/*
 * trace.h - reads [ACE-FAIL] lines, strictly: keys, their order and the form of each value are an
 * interface, so that a line which deviates fails the test.
 */
#ifndef TRACE_H
#define TRACE_H

#include <stddef.h>

typedef struct trace_line {
    char reason[16];
    char pool[16];
    char wmax[16];
    size_t size, class_bytes;
    size_t used, cap; /* Exhaustion */
    size_t map;       /* MapFail */
    int map_errno;
    size_t limit; /* 0: it was the OS that refused */
} trace_line_t;

/* Reads the lines of `text`; every one that begins with "[ACE-" must be a well-formed [ACE-FAIL]
 * line. Returns how many; `lines` holds the first `room` of them. */
size_t trace_read(const char *text, trace_line_t *lines, size_t room);

/* How many lines have this reason and pool (NULL: any). */
size_t trace_count(const char *text, const char *reason, const char *pool);

#endif
