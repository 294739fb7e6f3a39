/*
 * baselines.c - reads the table of allocators and finds their libraries. See baselines.h.
 */
#include "baselines.h"

#include "file.h"
#include "recipes.h"
#include "text.h"

#include <elf.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COLUMNS = 4 };

/* On a machine with several architectures the same glob finds libraries of each. */
static bool same_machine(const char *path) {
    Elf64_Ehdr ours, theirs;
    const char *const paths[] = {"/proc/self/exe", path};
    Elf64_Ehdr *const headers[] = {&ours, &theirs};
    for (size_t i = 0; i < 2; i++) {
        FILE *file = fopen(paths[i], "re");
        size_t got = file ? fread(headers[i], sizeof ours, 1, file) : 0;
        if (file) {
            fclose(file);
        }
        if (got != 1) {
            return false;
        }
    }
    return memcmp(theirs.e_ident, ELFMAG, SELFMAG) == 0 &&
           theirs.e_ident[EI_CLASS] == ours.e_ident[EI_CLASS] && theirs.e_machine == ours.e_machine;
}

static char *find_library(const char *pattern) {
    glob_t found;
    char *out = NULL;
    if (glob(pattern, 0, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc && !out; i++) {
            if (same_machine(found.gl_pathv[i])) {
                out = path_real(found.gl_pathv[i]);
            }
        }
        globfree(&found);
    }
    return out;
}

/* hakmem says its version itself, in each sample; see baselines_load. */
char *package_version(const char *package) {
    const char *const argv[] = {"dpkg-query", "-W", "-f", "${Version}\n", package, NULL};
    char *version = strcmp(package, "-") == 0 ? NULL : capture(argv);
    if (!version) {
        return text_copy("unknown");
    }
    version[strcspn(version, "\n")] = '\0';
    return version;
}

static char *hakmem_version(const char *root) {
    char *header = file_read(text_format("%s/hakmem/include/hakmem.h", root));
    char *at = header ? strstr(header, "#define HAKMEM_VERSION ") : NULL;
    char *open = at ? strchr(at, '"') : NULL;
    return open ? text_format("%.*s", (int)strcspn(open + 1, "\""), open + 1)
                : text_copy("unknown");
}

static void identify(allocator_t *a) {
    a->sha256 = a->path ? file_sha256(a->path) : NULL;
    if (a->path && !a->sha256) {
        fail("%s: cannot compute the hash of %s with sha256sum", a->key, a->path);
    }
}

static void add(allocator_list_t *list, allocator_t row) {
    list->items = text_grow(list->items, list->count, sizeof *list->items);
    list->items[list->count++] = row;
}

static allocator_t read_row(const char *root, char *line, const char *table) {
    char *cells[COLUMNS], *rest = line;
    for (size_t i = 0; i < COLUMNS; i++) {
        cells[i] = strsep(&rest, "\t");
        if (!cells[i] || !*cells[i]) {
            fail("%s: a row needs %d columns parted by tabs: %s", table, COLUMNS, line);
        }
    }
    char *pattern = *cells[3] == '/' ? cells[3] : text_format("%s/%s", root, cells[3]);
    allocator_t row = {.key = text_copy(cells[0]),
                       .name = text_copy(cells[1]),
                       .package = text_copy(cells[2]),
                       .path = find_library(pattern)};
    row.is_hakmem = strcmp(row.key, "hakmem") == 0;
    row.by_default = !rest || strcmp(rest, "named") != 0;
    row.how = row.is_hakmem    ? text_copy("run ./build.sh")
              : row.by_default ? text_format("run ./build.sh or apt-get install %s", row.package)
                               : text_format("apt-get install %s", row.package);
    row.preload = strcmp(row.key, "glibc") != 0;
    row.version = row.is_hakmem ? hakmem_version(root) : package_version(row.package);
    identify(&row);
    return row;
}

void baselines_load(const char *root, allocator_list_t *out) {
    char *table = text_format("%s/baselines/allocators.tsv", root);
    char *text = file_read(table);
    if (!text) {
        fail("cannot read %s: %s", table, strerror(errno));
    }
    *out = (allocator_list_t){0};
    for (char *line; (line = strsep(&text, "\n"));) {
        if (*line && *line != '#') {
            add(out, read_row(root, line, table));
        }
    }
    allocator_list_t recipes;
    recipes_load(root, &recipes);
    for (size_t i = 0; i < recipes.count; i++) {
        add(out, recipes.items[i]);
    }
}

static const allocator_t *find(const allocator_list_t *list, const char *key) {
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i].key, key) == 0) {
            return &list->items[i];
        }
    }
    return NULL;
}

static const allocator_t *installed(const allocator_t *row) {
    if (!row->path) {
        fail("%s: its library is not there: %s", row->key, row->how);
    }
    return row;
}

static void add_known(const allocator_list_t *all, const char *key, allocator_list_t *out) {
    const allocator_t *row = find(all, key);
    if (!row) {
        fail_usage("'%s' is no allocator of the table (see --list); "
                   "another one is given as name=/path/lib.so",
                   key);
    }
    if (!find(out, key)) {
        add(out, *installed(row));
    }
}

/* A name goes into cell names, CSV and file names. */
static bool name_is_plain(const char *name) {
    return *name && strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                 "-_.") == strlen(name);
}

/* Of "NAME=..."; it is nobody else's. */
static char *new_key(const char *word, const char *equals, const allocator_list_t *out) {
    char *key = text_format("%.*s", (int)(equals - word), word);
    if (!name_is_plain(key) || strcmp(key, "hakmem-again") == 0) {
        fail_usage("--allocator %s: a name has letters, digits, '-', '_', '.'", word);
    }
    if (find(out, key)) {
        fail_usage("two allocators are called '%s'", key);
    }
    return key;
}

/* NAME=KEY VARIABLE=VALUE ...: of these variables alone, not of those that the user's environment
 * has for hakmem. */
static void add_setting(const allocator_t *of, char *key, const char *setting,
                        allocator_list_t *out) {
    char *bad;
    allocator_t row = *of;
    json_t *own = setting_environment(setting, &bad);
    if (bad) {
        fail_usage("--allocator '%s=%s': after the allocator come VARIABLE=VALUE words, not '%s'",
                   key, setting, bad);
    }
    if (strcmp(key, "hakmem") == 0) {
        fail_usage("--allocator '%s=%s': hakmem is the reference, which runs with the HAKMEM_* "
                   "variables of your environment; give a setting another name",
                   key, setting);
    }
    row.key = key;
    row.name = key;
    row.setting = text_copy(setting);
    row.environment = of->environment ? json_deep_copy(of->environment) : json_object();
    if (of->is_hakmem) {
        json_object_set_new(row.environment, "HAKMEM_STRICT_OPTIONS", json_string("1"));
    }
    json_object_update(row.environment, own);
    json_decref(own);
    row.is_hakmem = false; /* the reference alone is */
    row.tuned = true;
    add(out, row);
}

static void add_by_path(const char *word, const char *equals, allocator_list_t *out) {
    char *key = new_key(word, equals, out);
    char *path = path_real(equals + 1);
    if (!path || access(path, R_OK) != 0) {
        fail_usage("--allocator %s: %s; and it is no allocator of the table (see --list)", word,
                   strerror(errno));
    }
    if (!same_machine(path)) {
        fail_usage("--allocator %s: no shared library of this machine's kind there", word);
    }
    const char *const argv[] = {"dpkg-query", "-S", path, NULL};
    char *owner = capture(argv);
    if (owner) {
        owner[strcspn(owner, ":")] = '\0';
    }
    allocator_t row = {.key = key,
                       .name = key,
                       .package = owner ? owner : text_copy("-"),
                       .path = path,
                       .preload = true,
                       .is_hakmem = strcmp(key, "hakmem") == 0};
    row.version = package_version(row.package);
    identify(&row);
    add(out, row);
}

/* "name=/path/lib.so", or "name=KEY VARIABLE=VALUE ...". */
static void add_named(const allocator_list_t *all, const char *word, const char *equals,
                      allocator_list_t *out) {
    char *of = text_format("%.*s", (int)strcspn(equals + 1, " "), equals + 1);
    const allocator_t *row = find(out, of); /* hakmem may be another build */
    row = row ? row : find(all, of);
    if (row) {
        add_setting(installed(row), new_key(word, equals, out), equals + 1, out);
    } else {
        add_by_path(word, equals, out);
    }
    free(of);
}

void baselines_select(const allocator_list_t *all, const text_list_t *names,
                      allocator_list_t *out) {
    *out = (allocator_list_t){0};
    bool own = false; /* hakmem=/path/lib.so: another build of hakmem as the reference */
    for (size_t i = 0; i < names->count; i++) {
        own |= text_starts(names->items[i], "hakmem=");
    }
    if (!own) {
        add_known(all, "hakmem", out);
    }
    for (size_t i = 0; i < names->count; i++) {
        const char *equals = strchr(names->items[i], '=');
        if (equals) {
            add_named(all, names->items[i], equals, out);
        } else {
            add_known(all, names->items[i], out);
        }
    }
    for (size_t i = 0; names->count == 0 && i < all->count; i++) {
        if (all->items[i].by_default) {
            add_known(all, all->items[i].key, out);
        }
    }
    for (size_t i = 1; i < out->count; i++) {
        if (out->items[i].is_hakmem) { /* the reference comes first */
            allocator_t row = out->items[i];
            memmove(out->items + 1, out->items, i * sizeof *out->items);
            out->items[0] = row;
        }
    }
}
