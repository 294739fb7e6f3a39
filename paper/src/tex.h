/*
 * tex.h - LaTeX: text that is safe in it, numbers as people read them, macros.
 *
 * Everything that comes from the run (titles, versions, paths) goes through tex_escape before it
 * meets LaTeX; everything that becomes a macro goes through macro_text or macro_number, which
 * refuse a value that is not there. Strings live until the program ends.
 */
#ifndef PAPER_TEX_H
#define PAPER_TEX_H

#include "decimals.h"
#include "text.h"

#include <stddef.h>

/* "a", "a and b", "a, b and c" */
char *text_join(char *const *items, size_t count);
/* "one", "two", … "twelve", then digits; `zero` for 0. */
char *text_count(size_t count, const char *zero);

char *tex_escape(const char *text);
char *tex_number(double value, int decimals);     /* 40,960; a NAN fails */
char *tex_percent(double fraction, int decimals); /* 0.243 -> "24.3 %" */
char *tex_change(double ratio);                   /* 1.061 -> "+6.1 %" */
char *tex_wmax(dec_t value);                      /* 1.60 */
/* 3 significant digits at most, no exponent. */
char *tex_short(double value);

void macro_open(const char *path);
void macro_text(const char *name, const char *value);
void macro_number(const char *name, double value, int decimals);
void macro_close(void);

#endif
