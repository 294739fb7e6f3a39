/*
 * touch.c - names of the touch policies; see touch.h.
 */
#include "common/touch.h"

static const char *const names[] = {
    [TOUCH_FIRST] = "first", [TOUCH_PAGE] = "page", [TOUCH_WHOLE] = "whole"};

bool touch_parse(const char *name, touch_t *out) {
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) == 0) {
            *out = (touch_t)i;
            return true;
        }
    }
    return false;
}

const char *touch_name(touch_t policy) {
    return names[policy];
}
