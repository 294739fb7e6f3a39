/*
 * file.h - small files, folders, the output of programs and the time, for lab and paper.
 *
 * Strings are text.h's: they live until exit.
 */
#ifndef SHARED_FILE_H
#define SHARED_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

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
/* To write, a piece at a time; file_finish is the end of it. Failing ends the program. */
FILE *file_create(const char *path);
void file_finish(FILE *file, const char *path);
void folder_make(const char *path);     /* with its parents */
bool folder_is_empty(const char *path); /* ends the program if it cannot be read */
/* Absolute path without links, or NULL if there is none. */
char *path_real(const char *path);

/* Runs argv, returns its stdout with the trailing newlines cut, or NULL if it did not exit 0. */
char *capture(const char *const argv[]);
/* The same in an environment of its own. */
char *capture_in(const char *const argv[], char *const envp[]);
/* SHA-256 of a file in hex, by sha256sum(1); NULL when it cannot be read. */
char *file_sha256(const char *path);

uint64_t clock_now_ns(void);  /* monotonic */
uint64_t clock_unix_ns(void); /* wall */

#endif
