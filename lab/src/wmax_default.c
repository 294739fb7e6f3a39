/*
 * wmax_default.c - see wmax_default.h.
 */
#include "wmax_default.h"

#include "text.h"

#include <string.h>

static const char *default_of(const char *wanted) {
    static const struct {
        const char *name, *value;
    } rows[] = {
#define HAK_OPTION(kind, field, name, value, least, most, help) {name, value},
#include "hakmem_options.def"
#undef HAK_OPTION
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(rows[i].name, wanted) == 0) {
            return rows[i].value;
        }
    }
    fail("the table of options has no %s", wanted);
}

static dec_t read_default(const char *name) {
    dec_t out;
    if (!dec_parse(default_of(name), &out)) {
        fail("the default of %s is no decimal", name);
    }
    return out;
}

dec_t wmax_default_mid(void) {
    static dec_t value;
    value = value ? value : read_default("HAKMEM_WMAX_MID");
    return value;
}

dec_t wmax_default_large(void) {
    static dec_t value;
    value = value ? value : read_default("HAKMEM_WMAX_LARGE");
    return value;
}

const char *wmax_default_pair(void) {
    static char pair[2 * DEC_TEXT];
    char mid[DEC_TEXT], large[DEC_TEXT];
    dec_print(wmax_default_mid(), mid);
    dec_print(wmax_default_large(), large);
    strcpy(pair, mid);
    strcat(strcat(pair, "/"), large);
    return pair;
}
