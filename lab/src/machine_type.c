/*
 * machine_type.c - see machine_type.h.
 */
#include "machine_type.h"

#include "text.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const keys[] = {"cpu",         "cores",      "memory_bytes", "architecture",
                                   "kernel",      "libc",       "distribution", "governor",
                                   "thp_enabled", "thp_defrag", "aslr",         "overcommit"};

static double gib_of(const json_t *bytes) {
    return round(json_number_value(bytes) / (1024.0 * 1024 * 1024));
}

/* For people, and to be compared: NULL where it is not told. */
static char *fact_text(const json_t *facts, const char *key) {
    const json_t *value = json_object_get(facts, key);
    if (strcmp(key, "memory_bytes") == 0 && json_is_number(value)) {
        return text_format("%.0f GiB", gib_of(value));
    }
    return json_is_string(value)   ? text_copy(json_string_value(value))
           : json_is_number(value) ? text_format("%g", json_number_value(value))
                                   : NULL;
}

char *machine_difference(const json_t *a, const json_t *b) {
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        char *mine = fact_text(a, keys[i]), *theirs = fact_text(b, keys[i]);
        if (mine && theirs && strcmp(mine, theirs) != 0) {
            return text_format("%s: %s, %s", keys[i], mine, theirs);
        }
    }
    return NULL;
}

static char *known(const json_t *facts, const char *key) {
    char *text = fact_text(facts, key);
    return text ? text : text_copy("unknown");
}

char *machine_label(const json_t *facts) {
    return text_format("%s, %s cores, %s, %s", known(facts, "cpu"), known(facts, "cores"),
                       known(facts, "memory_bytes"), known(facts, "kernel"));
}

/* Letters and digits, in small ones, parted by single dashes. */
char *machine_slug(const json_t *facts) {
    char *from = text_format("%s %sc %.0fg", known(facts, "cpu"), known(facts, "cores"),
                             gib_of(json_object_get(facts, "memory_bytes")));
    char *out = text_alloc(strlen(from) + 1), *at = out;
    for (const char *c = from; *c; c++) {
        if (isalnum((unsigned char)*c)) {
            *at++ = (char)tolower((unsigned char)*c);
        } else if (at > out && at[-1] != '-') {
            *at++ = '-';
        }
    }
    free(from);
    return out;
}
