/*
 * tex.c - see tex.h.
 */
#include "tex.h"

#include "file.h"
#include "text.h"

#include <math.h>
#include <string.h>

static FILE *macros;
static const char *macros_path;

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
    char *out = text_alloc(24 * strlen(text) + 1), *to = out;
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
    char *out = text_alloc(4 * length + 8), *to = out;
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

char *tex_wmax(dec_t value) {
    char *out = text_alloc(DEC_TEXT);
    dec_print(value, out);
    return out;
}

char *tex_short(double value) {
    double size = fabs(value);
    return tex_number(value, size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2);
}

void macro_open(const char *path) {
    macros_path = path;
    macros = file_create(path);
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
