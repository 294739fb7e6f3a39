/*
 * options.c - see options.h. The table is hakmem_options.def; nothing here knows an option by
 * name but the two that govern reading itself, HAKMEM_HELP and HAKMEM_STRICT_OPTIONS.
 *
 * In a privileged process the environment is not to be trusted: every default stands.
 */
#include "options.h"

#include <stdlib.h>
#include <string.h>

#include "../os/os.h"

hak_options_t hak_options;

typedef struct hak_option_row {
    hak_kind_t kind;
    const char *name;
    const char *initial;
    size_t least, most;
    const char *help;
    void *value;
} hak_option_row_t;

static const hak_option_row_t rows[] = {
#define HAK_OPTION(kind, field, name, initial, least, most, help)                                  \
    {KIND_##kind, name, initial, least, most, help, &hak_options.field},
#include "../hakmem_options.def"
#undef HAK_OPTION
};

#define PREFIX "HAKMEM_"

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

/* Programs that set their title write over the environment, so texts are copied. */
HAK_APART static char texts[8192];
static size_t texts_used;

static char *text_room(size_t bytes) {
    if (bytes > sizeof(texts) - texts_used) {
        return NULL;
    }
    char *room = texts + texts_used;
    texts_used += bytes;
    return room;
}

static const char *keep_text(const char *s) {
    size_t bytes = strlen(s) + 1;
    char *room = text_room(bytes);
    return room != NULL ? memcpy(room, s, bytes) : NULL;
}

static bool set_path(hak_path_t *path, const char *s) {
    *path = (hak_path_t){0};
    if (*s == '\0') {
        return true;
    }
    size_t name_bytes = path_name_bytes(s);
    hak_path_t set = {.pattern = path_is_good(s) ? keep_text(s) : NULL};
    for (unsigned i = 0; i < 2 && set.pattern != NULL && name_bytes != 0; i++) {
        set.names[i] = text_room(name_bytes);
        set.pattern = set.names[i] != NULL ? set.pattern : NULL;
    }
    if (set.pattern == NULL) {
        return false;
    }
    *path = set;
    return true;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool parse_number(const char *s, const char **end, size_t *value) {
    size_t n = 0;
    const char *at = s;
    for (; is_digit(*at); at++) {
        if (__builtin_mul_overflow(n, (size_t)10, &n) ||
            __builtin_add_overflow(n, (size_t)(*at - '0'), &n)) {
            return false;
        }
    }
    *end = at;
    *value = n;
    return at != s;
}

bool options_parse_bytes(const char *s, const char **end, size_t *bytes) {
    if (!parse_number(s, end, bytes)) {
        return false;
    }
    size_t unit = 1;
    switch (**end) {
    case 'k':
    case 'K':
        unit = HAK_KIB;
        break;
    case 'm':
    case 'M':
        unit = HAK_MIB;
        break;
    case 'g':
    case 'G':
        unit = HAK_GIB;
        break;
    default:
        break;
    }
    *end += unit != 1;
    return !__builtin_mul_overflow(*bytes, unit, bytes);
}

bool options_parse_ratio(const char *s, uint32_t *millionths) {
    size_t whole = 0;
    const char *at;
    if (!parse_number(s, &at, &whole) || whole > 1000) {
        return false;
    }
    uint32_t part = 0;
    uint32_t unit = HAK_RATIO_ONE / 10;
    if (*at == '.') {
        for (at++; is_digit(*at) && unit != 0; at++, unit /= 10) {
            part += (uint32_t)(*at - '0') * unit;
        }
    }
    *millionths = (uint32_t)whole * HAK_RATIO_ONE + part;
    return *at == '\0';
}

static bool set_value(const hak_option_row_t *row, const char *s) {
    size_t number = 0;
    uint32_t ratio = 0;
    const char *end = s;
    switch (row->kind) {
    case KIND_LEVEL:
        if (!parse_number(s, &end, &number) || *end != '\0' || number < row->least ||
            number > row->most) {
            return false;
        }
        *(hak_opt_LEVEL *)row->value = (hak_opt_LEVEL)number;
        return true;
    case KIND_RATIO:
        if (!options_parse_ratio(s, &ratio) || ratio < row->least || ratio > row->most) {
            return false;
        }
        *(hak_opt_RATIO *)row->value = ratio;
        return true;
    case KIND_LIMIT:
        if (strcmp(s, "cgroup") == 0) {
            *(hak_opt_LIMIT *)row->value = HAK_LIMIT_OF_GROUP;
            return true;
        }
        /* fall through */
    case KIND_BYTES:
        if (strcmp(s, "none") == 0) {
            number = SIZE_MAX;
        } else if (!options_parse_bytes(s, &end, &number) || *end != '\0' || number < row->least) {
            return false;
        }
        *(hak_opt_BYTES *)row->value = number;
        return true;
    case KIND_PATH:
        return set_path(row->value, s);
    case KIND_SIZES:
        *(const char **)row->value = *s != '\0' ? keep_text(s) : NULL;
        return *s == '\0' || *(const char **)row->value != NULL;
    }
    return false;
}

static void write_bounds(hak_text_t *text, const hak_option_row_t *row) {
    switch (row->kind) {
    case KIND_LEVEL:
        text_u64(text, row->least);
        text_figure(text, " … ", row->most);
        break;
    case KIND_RATIO:
        text_ratio(text, (uint32_t)row->least);
        text_str(text, " … ");
        text_ratio(text, (uint32_t)row->most);
        break;
    case KIND_BYTES:
        text_str(text, "bytes with k, m or g, or none");
        break;
    case KIND_LIMIT:
        text_str(text, "bytes with k, m or g, at least ");
        text_u64(text, row->least / HAK_MIB);
        text_str(text, "m");
        text_str(text, ", or cgroup, or none");
        break;
    case KIND_PATH:
        text_str(text,
                 "a path, in which %p is the process id and %% a percent sign (\"-\": stderr; "
                 "\"./1\": a file named 1; all texts together at most 8 KiB)");
        break;
    case KIND_SIZES:
        text_str(text, "a list of sizes");
        break;
    }
}

static void stop_if_strict(void) {
    if (hak_options.strict_options != 0) {
        os_exit(2);
    }
}

static void complain(const hak_option_row_t *row, const char *value) {
    hak_text_t text;
    text_note(&text, row->name);
    text_str(&text, "=");
    text_str(&text, value);
    text_str(&text, ": expected ");
    write_bounds(&text, row);
    text_str(&text, "; the default, ");
    text_str(&text, row->initial[0] != '\0' ? row->initial : "not set");
    text_str(&text, ", is kept\n");
    text_flush(&text);
    stop_if_strict();
}

static void complain_unknown(const char *entry, size_t name_length) {
    hak_text_t text;
    char name[64];
    size_t length = hak_min(name_length, sizeof(name) - 1);
    memcpy(name, entry, length);
    name[length] = '\0';
    text_note(&text, name);
    text_str(&text, ": unknown option, ignored; HAKMEM_HELP=1 lists the known ones\n");
    text_flush(&text);
    stop_if_strict();
}

static const hak_option_row_t *find_row(const char *name, size_t length) {
    for (unsigned i = 0; i < ROWS; i++) {
        if (strlen(rows[i].name) == length && memcmp(rows[i].name, name, length) == 0) {
            return &rows[i];
        }
    }
    return NULL;
}

static void read_entry(const char *entry) {
    const char *equals = strchr(entry, '=');
    if (equals == NULL || strncmp(entry, PREFIX, sizeof(PREFIX) - 1) != 0) {
        return;
    }
    size_t length = (size_t)(equals - entry);
    const hak_option_row_t *row = find_row(entry, length);
    if (row == NULL) {
        complain_unknown(entry, length);
    } else if (!set_value(row, equals + 1)) {
        complain(row, equals + 1);
    }
}

static void write_help(void) {
    hak_text_t text;
    text_open(&text, OS_STDERR);
    text_str(&text, "hakmem options (environment variables):\n");
    for (unsigned i = 0; i < ROWS; i++) {
        text_str(&text, "  ");
        text_str(&text, rows[i].name);
        text_str(&text, "  [");
        text_str(&text, rows[i].initial[0] != '\0' ? rows[i].initial : "not set");
        text_str(&text, "]  ");
        write_bounds(&text, &rows[i]);
        text_str(&text, "\n      ");
        text_str(&text, rows[i].help);
        text_str(&text, "\n");
    }
    text_flush(&text);
}

/* Whether any entry is `name` with the value 1; needed before the others can be judged. */
static bool is_set_to_one(char **environment, const char *name) {
    size_t length = strlen(name);
    for (char **entry = environment; *entry != NULL; entry++) {
        if (strncmp(*entry, name, length) == 0 && strcmp(*entry + length, "=1") == 0) {
            return true;
        }
    }
    return false;
}

static bool is_preloaded(char **environment) {
    for (char **entry = environment; *entry != NULL; entry++) {
        if (strncmp(*entry, "LD_PRELOAD=", 11) == 0 && strstr(*entry, "libhakmem") != NULL) {
            return true;
        }
    }
    return false;
}

void options_read(void) {
    for (unsigned i = 0; i < ROWS; i++) {
        set_value(&rows[i], rows[i].initial);
    }
    char **environment = os_is_privileged() ? NULL : os_environment();
    if (environment == NULL) {
        return;
    }
    hak_options.strict_options = is_set_to_one(environment, "HAKMEM_STRICT_OPTIONS");
    hak_options.preloaded = is_preloaded(environment);
    for (char **entry = environment; *entry != NULL; entry++) {
        read_entry(*entry);
    }
    if (hak_options.help != 0) {
        write_help();
    }
}

static void complain_sizes(const char *name, const char *list, size_t unit, size_t least,
                           size_t most) {
    hak_text_t text;
    text_note(&text, name);
    text_str(&text, "=");
    text_str(&text, list);
    text_figure(&text, ": expected ascending multiples of ", unit);
    text_figure(&text, " from ", least);
    text_figure(&text, " to ", most);
    text_str(&text, ", separated by commas; the built-in classes are kept\n");
    text_flush(&text);
    stop_if_strict();
}

unsigned options_sizes(const char *name, const char *list, size_t unit, size_t least, size_t most,
                       uint32_t *sizes, unsigned room) {
    unsigned count = 0;
    size_t last = 0;
    for (const char *at = list;; at++) {
        size_t bytes = 0;
        if (count == room || !options_parse_bytes(at, &at, &bytes) || bytes % unit != 0 ||
            bytes < least || bytes > most || bytes <= last || (*at != ',' && *at != '\0')) {
            complain_sizes(name, list, unit, least, most);
            return 0;
        }
        sizes[count++] = (uint32_t)bytes;
        last = bytes;
        if (*at == '\0') {
            return count;
        }
    }
}

void options_write_json(hak_text_t *text) {
    for (unsigned i = 0; i < ROWS; i++) {
        const hak_option_row_t *row = &rows[i];
        text_str(text, i == 0 ? "" : ", ");
        text_json(text, row->name);
        text_str(text, ": ");
        size_t bytes;
        switch (row->kind) {
        case KIND_LEVEL:
            text_u64(text, *(hak_opt_LEVEL *)row->value);
            break;
        case KIND_RATIO:
            text_ratio(text, *(hak_opt_RATIO *)row->value);
            break;
        case KIND_LIMIT:
        case KIND_BYTES:
            bytes = *(hak_opt_BYTES *)row->value;
            if (bytes == SIZE_MAX) {
                text_str(text, "null");
            } else if (row->kind == KIND_LIMIT && bytes == HAK_LIMIT_OF_GROUP) {
                text_json(text, "cgroup");
            } else {
                text_u64(text, bytes);
            }
            break;
        case KIND_PATH:
            text_json(text, ((const hak_opt_PATH *)row->value)->pattern);
            break;
        case KIND_SIZES:
            text_json(text, *(const char **)row->value);
            break;
        }
    }
}
