/*
 * decimals.c - exact decimals, their lists, and durations. See decimals.h.
 */
#include "decimals.h"

#include "text.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool dec_parse(const char *text, dec_t *out) {
    dec_t whole = 0, part = 0, unit = DEC_ONE;
    const char *at = text;
    if (!isdigit((unsigned char)*at)) {
        return false;
    }
    for (; isdigit((unsigned char)*at); at++) {
        whole = whole * 10 + (*at - '0');
        if (whole > 1000000) {
            return false;
        }
    }
    if (*at == '.') {
        if (!isdigit((unsigned char)*++at)) {
            return false;
        }
        for (; isdigit((unsigned char)*at); at++) {
            unit /= 10;
            if (unit == 0 && *at != '0') {
                return false; /* finer than we can keep: refuse rather than round */
            }
            part += (*at - '0') * unit;
        }
    }
    *out = whole * DEC_ONE + part;
    return *at == '\0';
}

void dec_print(dec_t value, char out[DEC_TEXT]) {
    long whole = (long)(value / DEC_ONE), part = (long)(value % DEC_ONE);
    if (part % 100 == 0) {
        snprintf(out, DEC_TEXT, "%ld.%02ld", whole, part / 100);
    } else if (part % 10 == 0) {
        snprintf(out, DEC_TEXT, "%ld.%03ld", whole, part / 10);
    } else {
        snprintf(out, DEC_TEXT, "%ld.%04ld", whole, part);
    }
}

double dec_double(dec_t value) {
    return (double)value / DEC_ONE;
}

bool dec_list_has(const dec_list_t *list, dec_t value) {
    for (size_t i = 0; i < list->count; i++) {
        if (list->values[i] == value) {
            return true;
        }
    }
    return false;
}

/* Inserts in order, once. False when the list is full. */
static bool insert(dec_list_t *list, dec_t value) {
    if (dec_list_has(list, value)) {
        return true;
    }
    if (list->count == DEC_LIST_MAX) {
        return false;
    }
    size_t at = list->count++;
    for (; at > 0 && list->values[at - 1] > value; at--) {
        list->values[at] = list->values[at - 1];
    }
    list->values[at] = value;
    return true;
}

static const char *insert_item(char *item, dec_t min, dec_t max, dec_list_t *out) {
    char *colon = strchr(item, ':');
    dec_t from, to, step = 1;
    if (colon) {
        char *second = strchr(colon + 1, ':');
        if (!second) {
            return "a range is FROM:TO:STEP";
        }
        *colon = *second = '\0';
        if (!dec_parse(item, &from) || !dec_parse(colon + 1, &to) ||
            !dec_parse(second + 1, &step)) {
            return "a number has at most four digits behind the point";
        }
        if (step == 0 || to < from) {
            return "a range needs a step above 0 and must ascend";
        }
    } else {
        if (!dec_parse(item, &from)) {
            return "a number has at most four digits behind the point";
        }
        to = from;
    }
    for (dec_t value = from; value <= to; value += step) {
        if (value < min || value > max) {
            return "a value is out of bounds";
        }
        if (!insert(out, value)) {
            return "more than 64 values";
        }
    }
    return NULL;
}

const char *dec_list_parse(const char *text, dec_t min, dec_t max, dec_list_t *out) {
    out->count = 0;
    char *copy = text_copy(text), *rest = copy;
    const char *error = *text ? NULL : "the list is empty";
    while (!error && rest) {
        char *item = strsep(&rest, ",");
        error = insert_item(item, min, max, out);
    }
    free(copy);
    return error;
}

char *dec_list_print(const dec_list_t *list) {
    char *out = text_copy("");
    for (size_t i = 0; i < list->count; i++) {
        char value[DEC_TEXT];
        dec_print(list->values[i], value);
        out = text_format("%s%s%s", out, i ? "," : "", value);
    }
    return out;
}

bool duration_parse(const char *text, double *seconds) {
    char *end;
    if (!isdigit((unsigned char)*text) && *text != '.') {
        return false; /* strtod would take "inf", "-1" and blanks */
    }
    double value = strtod(text, &end);
    double unit = *end == 'h' ? 3600 : *end == 'm' ? 60 : 1;
    if (*end == 'h' || *end == 'm' || *end == 's') {
        end++;
    }
    *seconds = value * unit;
    return *end == '\0' && isfinite(*seconds) && *seconds > 0;
}
