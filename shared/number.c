/*
 * number.c - strict parsing of numbers; see number.h.
 */
#include "number.h"

#include <ctype.h>
#include <stddef.h>

/* The digits at the start of `text`; returns what follows them, NULL when there are none or the
 * number does not fit. */
static const char *digits(const char *text, uint64_t *out) {
    uint64_t value = 0;
    const char *at = text;
    for (; isdigit((unsigned char)*at); at++) {
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(*at - '0'), &value))
            return NULL;
    }
    *out = value;
    return at == text ? NULL : at;
}

bool number_parse(const char *text, uint64_t least, uint64_t most, uint64_t *out) {
    uint64_t value;
    const char *rest = digits(text, &value);
    if (rest == NULL || *rest != '\0' || value < least || value > most)
        return false;
    *out = value;
    return true;
}

bool number_parse_bytes(const char *text, uint64_t least, uint64_t most, uint64_t *out) {
    uint64_t value;
    const char *rest = digits(text, &value);
    if (rest == NULL)
        return false;
    unsigned shift = 0;
    switch (tolower((unsigned char)*rest)) {
    case 'g':
        shift += 10; /* fall through */
    case 'm':
        shift += 10; /* fall through */
    case 'k':
        shift += 10;
        rest++;
    }
    if (*rest != '\0' || (shift != 0 && value > UINT64_MAX >> shift))
        return false;
    value <<= shift;
    if (value < least || value > most)
        return false;
    *out = value;
    return true;
}
