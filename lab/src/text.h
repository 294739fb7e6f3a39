/*
 * text.h - strings, paths and small files for the lab program.
 *
 * The bottom layer: it includes nothing of the lab. The program runs once and exits, so strings
 * made here live until exit and are never freed; what grows with the number of samples (see
 * samples.h) keeps its own storage. Running out of memory ends the program with a message.
 */
#ifndef LAB_TEXT_H
#define LAB_TEXT_H

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

/* "hakmem: message" on stderr. fail() then exits 1, fail_usage() exits 2. */
void warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
void fail_usage(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

bool file_exists(const char *path);
/* The same, but ends the program where it cannot be told, as in a folder that may not be read. */
bool file_is_there(const char *path);
/* To read; NULL: there is no such file. Any other reason ends the program. */
FILE *file_open_if_there(const char *path);
/* The whole file as a string, or NULL with errno. Works for /proc and /sys, whose files claim 0
 * bytes. */
char *file_read(const char *path);
/* The first line of a file without its newline, or "unknown". */
char *file_first_line(const char *path);
/* Replaces `path` by `text` at once: readers see the old file or the new one. */
void file_write(const char *path, const char *text);
void folder_make(const char *path);     /* with its parents */
bool folder_is_empty(const char *path); /* ends the program if it cannot be read */
/* Absolute path without links, or NULL if there is none. */
char *path_real(const char *path);

/* Runs argv, returns its stdout with the trailing newline cut, or NULL if it did not exit 0. */
char *capture(const char *const argv[]);
/* SHA-256 of a file in hex, by sha256sum(1); NULL when it cannot be read. */
char *file_sha256(const char *path);

uint64_t clock_now_ns(void);  /* monotonic */
uint64_t clock_unix_ns(void); /* wall */
/* "3 min 07 s" or "4.2 s". */
char *text_duration(double seconds);
/* "12.3 MiB" */
char *text_bytes(double bytes);

#endif
