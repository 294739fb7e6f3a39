/* path.c - see path.h. */
#include "path.h"

#include <string.h>

#include "../os/os.h"

enum { ID_DIGITS = 10 };

bool path_is_good(const char *pattern) {
    if (pattern[0] != '\0' && pattern[strspn(pattern, "0123456789")] == '\0') {
        return false;
    }
    for (const char *at = strchr(pattern, '%'); at != NULL; at = strchr(at + 2, '%')) {
        if (at[1] != 'p' && at[1] != '%') {
            return false;
        }
    }
    return true;
}

size_t path_name_bytes(const char *pattern) {
    size_t signs = 0;
    for (const char *at = pattern; *at != '\0'; at++) {
        signs += *at == '%';
    }
    return signs == 0 ? 0 : strlen(pattern) + signs * ID_DIGITS + 1;
}

static char *put_number(char *out, uint32_t number) {
    char digits[ID_DIGITS];
    unsigned count = 0;
    do {
        digits[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    while (count > 0) {
        *out++ = digits[--count];
    }
    return out;
}

static void make_name(const char *pattern, uint32_t process_id, char *out) {
    for (const char *at = pattern; *at != '\0'; at++) {
        if (*at != '%') {
            *out++ = *at;
        } else if (*++at == 'p') {
            out = put_number(out, process_id);
        } else {
            *out++ = '%';
        }
    }
    *out = '\0';
}

/* Threads of a new process that come here at once write the same bytes to the same place, and the
 * name that is in use lies in the other. */
const char *path_name(hak_path_t *path) {
    if (path->names[0] == NULL) {
        return path->pattern;
    }
    uint32_t process_id = os_process_id();
    /* Acquire: the name that it tells of is whole. */
    uint64_t made = __atomic_load_n(&path->made, __ATOMIC_ACQUIRE);
    if (made >> 1 == process_id) {
        return path->names[made & 1];
    }
    uint64_t other = (made & 1) ^ 1;
    make_name(path->pattern, process_id, path->names[other]);
    /* Release: after the name. */
    __atomic_store_n(&path->made, (uint64_t)process_id << 1 | other, __ATOMIC_RELEASE);
    return path->names[other];
}
