/*
 * lines.h - a file of lines, for the formats that are such: a line at a time, and the numbers and
 * words in it.
 */
#ifndef WORKLOADS_HAKTRACE_LINES_H
#define WORKLOADS_HAKTRACE_LINES_H

#include "trace/bytes.h"
#include "trace/trace.h"

typedef struct lines {
    const char *next, *end; /* of the file */
    const char *at;         /* in the line; it ends with '\0' */
    const char *path;
    uint64_t number; /* of the line, from 1 */
    char *text;      /* a copy of the line */
    size_t room;
} lines_t;

void lines_open(lines_t *lines, const sink_t *file, const char *path);
void lines_close(lines_t *lines);

/* The next line that is not empty; false at the end. */
bool lines_next(lines_t *lines);

/* Blanks are skipped before each. false: there is no such thing there. */
bool lines_number(lines_t *lines, int base, uint64_t *out);
bool lines_word(lines_t *lines, char *out, size_t room);
bool lines_end(lines_t *lines);

/* Sets the message: the file, the line, and what was expected there. Returns false. */
bool lines_fault(const lines_t *lines, const char *expected, trace_error_t *error);

#endif
