/*
 * text.c - strings on the heap. See text.h.
 */
#include "text.h"

#include "die.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Noreturn void out_of_memory(void) {
    die("out of memory");
}

char *text_format(const char *format, ...) {
    char *out = NULL;
    va_list args;
    va_start(args, format);
    int written = vasprintf(&out, format, args);
    va_end(args);
    if (written < 0) {
        out_of_memory();
    }
    return out;
}

char *text_copy(const char *text) {
    return text_format("%s", text);
}

void *text_alloc(size_t bytes) {
    void *block = calloc(1, bytes ? bytes : 1);
    if (!block) {
        out_of_memory();
    }
    return block;
}

void *text_grow(void *array, size_t count, size_t element_bytes) {
    if (count & (count - 1)) {
        return array; /* between two powers of two: there is room */
    }
    void *bigger = realloc(array, (count ? 2 * count : 1) * element_bytes);
    if (!bigger) {
        out_of_memory();
    }
    return bigger;
}

bool text_starts(const char *text, const char *prefix) {
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool text_ends(const char *text, const char *suffix) {
    size_t n = strlen(text), m = strlen(suffix);
    return n >= m && strcmp(text + n - m, suffix) == 0;
}

char *text_duration(double seconds) {
    if (seconds < 60) {
        return text_format("%.1f s", seconds);
    }
    unsigned whole = (unsigned)(seconds + 0.5);
    if (whole < 3600) {
        return text_format("%u min %02u s", whole / 60, whole % 60);
    }
    return text_format("%u h %02u min", whole / 3600, whole / 60 % 60);
}

char *text_bytes(double bytes) {
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    size_t unit = 0;
    while ((bytes >= 1024 || bytes <= -1024) && unit < 4) {
        bytes /= 1024;
        unit++;
    }
    return text_format(unit ? "%.1f %s" : "%.0f %s", bytes, units[unit]);
}
