/*
 * text.c - see text.h.
 */
#include "text.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static FILE *macros;
static const char *macros_path;

void fail(const char *format, ...) {
    va_list list;
    va_start(list, format);
    fputs("paper: ", stderr);
    vfprintf(stderr, format, list);
    fputc('\n', stderr);
    va_end(list);
    exit(1);
}

char *text_format(const char *format, ...) {
    char *out = NULL;
    va_list list;
    va_start(list, format);
    if (vasprintf(&out, format, list) < 0) {
        fail("out of memory");
    }
    va_end(list);
    return out;
}

void *text_grow(void *block, size_t bytes) {
    void *out = realloc(block, bytes);
    if (!out) {
        fail("out of memory");
    }
    return out;
}

char *text_read(const char *path) {
    FILE *file = fopen(path, "re");
    if (!file) {
        return NULL;
    }
    char *out = NULL;
    size_t count = 0, got = 0;
    do {
        out = text_grow(out, count + 65537);
        got = fread(out + count, 1, 65536, file);
        count += got;
    } while (got > 0);
    if (ferror(file)) {
        fail("cannot read %s", path);
    }
    fclose(file);
    out[count] = '\0';
    return out;
}

char *text_join(char *const *items, size_t count) {
    char *out = text_format("%s", count ? items[0] : "");
    for (size_t i = 1; i < count; i++) {
        out = text_format("%s%s%s", out, i + 1 == count ? " and " : ", ", items[i]);
    }
    return out;
}

char *text_count(size_t count, const char *zero) {
    static const char *const words[] = {"",      "one",   "two",  "three", "four",   "five",  "six",
                                        "seven", "eight", "nine", "ten",   "eleven", "twelve"};
    if (count == 0) {
        return text_format("%s", zero);
    }
    return count < sizeof words / sizeof *words ? text_format("%s", words[count])
                                                : text_format("%zu", count);
}

static const char *escape_of(char c) {
    static const char *const pairs[] = {"\\\\textbackslash{}",
                                        "~\\textasciitilde{}",
                                        "^\\textasciicircum{}",
                                        "_\\_",
                                        "%\\%",
                                        "&\\&",
                                        "#\\#",
                                        "$\\$",
                                        "{\\{",
                                        "}\\}",
                                        "<\\textless{}",
                                        ">\\textgreater{}",
                                        "|\\textbar{}",
                                        "\"\\textquotedbl{}",
                                        "--{}" /* no dash of two hyphens */};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        if (pairs[i][0] == c) {
            return pairs[i] + 1;
        }
    }
    return NULL;
}

char *tex_escape(const char *text) {
    char *out = text_grow(NULL, 24 * strlen(text) + 1), *to = out;
    for (; *text; text++) {
        const char *escape = escape_of(*text);
        if (escape) {
            to = stpcpy(to, escape);
        } else {
            *to++ = *text;
        }
    }
    *to = '\0';
    return out;
}

char *tex_number(double value, int decimals) {
    if (!isfinite(value)) {
        fail("a number that the text needs has no value in this run");
    }
    char *plain = text_format("%.*f", decimals, fabs(value));
    size_t whole = strcspn(plain, "."), length = strlen(plain);
    char *out = text_grow(NULL, 4 * length + 8), *to = out;
    if (value < 0 && strspn(plain, "0.") < length) {
        to = stpcpy(to, "$-$");
    }
    for (size_t i = 0; i < length; i++) {
        if (i > 0 && i < whole && (whole - i) % 3 == 0) {
            to = stpcpy(to, "{,}");
        }
        *to++ = plain[i];
    }
    *to = '\0';
    return out;
}

char *tex_percent(double fraction, int decimals) {
    return text_format("%s\\,\\%%", tex_number(100 * fraction, decimals));
}

char *tex_change(double ratio) {
    double change = 100 * (ratio - 1);
    return text_format("%s%s\\,\\%%", change >= 0.05 ? "+" : "",
                       tex_number(change, fabs(change) >= 99.95 ? 0 : 1));
}

char *tex_wmax(double value) {
    return tex_number(value, 2);
}

char *tex_short(double value) {
    double size = fabs(value);
    return tex_number(value, size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2);
}

void macro_open(const char *path) {
    macros_path = path;
    macros = fopen(path, "we");
    if (!macros) {
        fail("cannot write %s: %s", path, strerror(errno));
    }
}

void macro_text(const char *name, const char *value) {
    if (!value || !*value) {
        fail("\\Hak%s has no value in this run", name);
    }
    fprintf(macros, "\\newcommand{\\Hak%s}{%s}\n", name, value);
}

void macro_number(const char *name, double value, int decimals) {
    if (!isfinite(value)) {
        fail("\\Hak%s has no value in this run", name);
    }
    macro_text(name, tex_number(value, decimals));
}

void macro_close(void) {
    file_finish(macros, macros_path);
}

FILE *file_create(const char *folder, const char *name) {
    char *path = text_format("%s/%s", folder, name);
    FILE *file = fopen(path, "we");
    if (!file) {
        fail("cannot write %s: %s", path, strerror(errno));
    }
    return file;
}

void file_finish(FILE *file, const char *name) {
    if (fflush(file) != 0 || ferror(file) || fclose(file) != 0) {
        fail("cannot write %s: %s", name, strerror(errno));
    }
}
