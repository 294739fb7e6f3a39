/*
 * text.h - strings that live until the program ends, numbers as people read them, LaTeX.
 *
 * Everything that comes from the run (titles, versions, paths) goes through tex_escape before it
 * meets LaTeX; everything that becomes a macro goes through macro_text or macro_number, which
 * refuse a value that is not there.
 */
#ifndef PAPER_TEXT_H
#define PAPER_TEXT_H

#include <stddef.h>
#include <stdio.h>

_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *text_read(const char *path); /* NULL: cannot be read */
void *text_grow(void *block, size_t bytes);

/* "a", "a and b", "a, b and c" */
char *text_join(char *const *items, size_t count);
/* "one", "two", … "twelve", then digits; `zero` for 0. */
char *text_count(size_t count, const char *zero);

char *tex_escape(const char *text);
char *tex_number(double value, int decimals);     /* 40,960; a NAN fails */
char *tex_percent(double fraction, int decimals); /* 0.243 -> "24.3 %" */
char *tex_change(double ratio);                   /* 1.061 -> "+6.1 %" */
char *tex_wmax(double value);                     /* 1.60 */
/* 3 significant digits at most, no exponent. */
char *tex_short(double value);

void macro_open(const char *path);
void macro_text(const char *name, const char *value);
void macro_number(const char *name, double value, int decimals);
void macro_close(void);

FILE *file_create(const char *folder, const char *name);
void file_finish(FILE *file, const char *name);

#endif
