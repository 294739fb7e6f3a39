/*
 * callgrind.c - see callgrind.h. One pass over the lines; a call's costs follow its "calls=" line.
 */
#include "callgrind.h"

#include "file.h"
#include "text.h"

#include <ctype.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const malloc_names[] = {
    "malloc",      "free",          "calloc",     "realloc",           "reallocarray",
    "memalign",    "valloc",        "pvalloc",    "posix_memalign",    "malloc_usable_size",
    "malloc_trim", "aligned_alloc", "free_sized", "free_aligned_sized"};

typedef struct names {
    char **items;
    size_t count;
} names_t;

typedef struct range {
    uint64_t from, to;
} range_t;

typedef struct reader {
    const char *library;
    bool is_libc;
    range_t *ranges; /* of the library in the process */
    size_t range_count;
    names_t objects, functions;
    const char *object, *function, *called_object, *called_function;
    bool is_call; /* the next line of costs is of a call */
    double own, entered, total;
} reader_t;

/* "(12) name" gives a number its name, "(12)" means it; anything else is a name without number. */
static const char *name_of(names_t *names, const char *text) {
    char *end;
    if (*text != '(') {
        return text_copy(text);
    }
    size_t number = strtoul(text + 1, &end, 10);
    while (names->count <= number) {
        names->items = text_grow(names->items, names->count, sizeof *names->items);
        names->items[names->count++] = NULL;
    }
    if (end[0] == ')' && end[1] == ' ') {
        names->items[number] = text_copy(end + 2);
    }
    return names->items[number] ? names->items[number] : "";
}

/* An object is named as it was found, which may be by a link: /lib/x on Debian is /usr/lib/x. */
static const char *object_of(reader_t *r, const char *text) {
    bool is_new = strchr(text, ' ') != NULL;
    const char *name = name_of(&r->objects, text);
    char *real = is_new ? path_real(name) : NULL;
    if (real) {
        r->objects.items[strtoul(text + 1, NULL, 10)] = real;
    }
    return real ? real : name;
}

static bool is_malloc_name(const char *function) {
    size_t length = strcspn(function, "@'"); /* a version, or a depth of recursion */
    const char *name = text_starts(function, "__libc_") ? function + strlen("__libc_") : function;
    length -= (size_t)(name - function);
    for (size_t i = 0; i < sizeof malloc_names / sizeof *malloc_names; i++) {
        if (strlen(malloc_names[i]) == length && strncmp(name, malloc_names[i], length) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_inside(const reader_t *r, const char *object, const char *function) {
    if (!object || !function) {
        return false;
    }
    if (strcmp(object, r->library) == 0) {
        return !r->is_libc || is_malloc_name(function);
    }
    if (r->is_libc || strcmp(object, "???") != 0) {
        return false;
    }
    if (!text_starts(function, "0x")) {
        return true;
    }
    uint64_t address = strtoull(function, NULL, 16);
    for (size_t i = 0; i < r->range_count; i++) {
        if (address >= r->ranges[i].from && address < r->ranges[i].to) {
            return true;
        }
    }
    return false;
}

/* "+3 120": a line, and instructions; none where the second is missing. */
static void add_costs(reader_t *r, const char *line) {
    const char *blank = strchr(line, ' ');
    double costs = blank ? strtod(blank, NULL) : 0;
    bool from_inside = is_inside(r, r->object, r->function);
    if (!r->is_call) {
        r->total += costs;
        r->own += from_inside ? costs : 0;
        return;
    }
    const char *object = r->called_object ? r->called_object : r->object;
    r->entered += !from_inside && is_inside(r, object, r->called_function) ? costs : 0;
    r->is_call = false;
    r->called_object = NULL;
}

static void take_line(reader_t *r, const char *line) {
    if (isdigit((unsigned char)*line) || *line == '+' || *line == '-' || *line == '*') {
        add_costs(r, line);
    } else if (text_starts(line, "ob=")) {
        r->object = object_of(r, line + 3);
    } else if (text_starts(line, "fn=")) {
        r->function = name_of(&r->functions, line + 3);
    } else if (text_starts(line, "cob=")) {
        r->called_object = object_of(r, line + 4);
    } else if (text_starts(line, "cfn=")) {
        r->called_function = name_of(&r->functions, line + 4);
    } else if (text_starts(line, "calls=")) {
        r->is_call = true;
    }
}

static void read_ranges(reader_t *r, const char *path) {
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t room = 0;
    while (file && getline(&line, &room, file) > 0) {
        char *end;
        line[strcspn(line, "\n")] = '\0';
        uint64_t from = strtoull(line, &end, 16);
        uint64_t to = *end == '-' ? strtoull(end + 1, NULL, 16) : 0;
        const char *mapped = strchr(line, '/');
        if (mapped && strcmp(mapped, r->library) == 0) {
            r->ranges = text_grow(r->ranges, r->range_count, sizeof *r->ranges);
            r->ranges[r->range_count++] = (range_t){from, to};
        }
    }
    free(line);
    if (file) {
        fclose(file);
    }
}

bool callgrind_read(const char *path, const char *maps_path, const char *library, bool is_libc,
                    callgrind_counts_t *out) {
    reader_t r = {.library = library, .is_libc = is_libc};
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t room = 0;
    read_ranges(&r, maps_path);
    while (file && getline(&line, &room, file) > 0) {
        line[strcspn(line, "\n")] = '\0';
        take_line(&r, line);
    }
    if (file) {
        fclose(file);
    }
    free(line);
    free(r.ranges);
    double library_own = is_libc ? r.entered : r.own;
    *out = (callgrind_counts_t){.library = library_own,
                                .called = r.entered > library_own ? r.entered - library_own : 0,
                                .outside = r.total - r.entered};
    return r.total > 0;
}
