/*
 * recipes.c - reads recipes and what was built by them. See recipes.h; baselines/build_baseline
 * writes and explains the files.
 */
#include "recipes.h"

#include "file.h"
#include "text.h"

#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

/* Where a C library of the user's finds all that it does not bring along. */
#define SYSTEM_LIBRARIES "/lib/x86_64-linux-gnu:/usr/lib/x86_64-linux-gnu"

/* The value of line `number` (from 0) of those that begin with `word`; NULL: there is none. */
static char *value_of(const char *text, const char *word, char separator, size_t number) {
    size_t length = strlen(word);
    for (const char *line = text; line && *line;) {
        if (strncmp(line, word, length) == 0 && line[length] == separator && number-- == 0) {
            const char *value = line + length + 1;
            value += strspn(value, " ");
            return text_format("%.*s", (int)strcspn(value, "\n"), value);
        }
        line = strchr(line, '\n');
        line = line ? line + 1 : NULL;
    }
    return NULL;
}

/* All that was recorded of a build, as it goes into the manifest. */
static json_t *record_of(const char *built) {
    json_t *out = json_object();
    char *copy = text_copy(built), *rest = copy;
    for (char *line; (line = strsep(&rest, "\n"));) {
        char *tab = strchr(line, '\t');
        if (tab) {
            *tab = '\0';
            json_t *value = json_string(tab + 1);
            json_object_set_new(out, line, value ? value : json_string("(not UTF-8)"));
        }
    }
    free(copy);
    return out;
}

/* Fills in what was built into baselines/build/KEY. */
static void add_build(const char *root, const char *key, allocator_t *row) {
    char *folder = text_format("%s/baselines/build/%s", root, key);
    char *path = text_format("%s/built", folder), *built = file_read(path);
    if (!built) {
        if (errno != ENOENT && errno != ENOTDIR) {
            fail("cannot read %s: %s", path, strerror(errno));
        }
        return;
    }
    char *library = value_of(built, "library", '\t', 0), *version;
    char *loader = value_of(built, "loader", '\t', 0);
    row->path = library ? path_real(text_format("%s/%s", folder, library)) : NULL;
    if (!row->path) {
        fail("%s names no library that is there: build it again", path);
    }
    version = value_of(built, "version", '\t', 0);
    row->version = version ? version : text_copy("unknown");
    row->built = record_of(built);
    if (loader) {
        row->loader = path_real(text_format("%s/%s", folder, loader));
        row->library_path = text_format("%s:" SYSTEM_LIBRARIES, path_real(folder));
        if (!row->loader) {
            fail("%s names no ld.so that is there: build it again", path);
        }
    }
    row->preload = !loader;
}

static void add_row(allocator_list_t *out, allocator_t row) {
    row.sha256 = row.path ? file_sha256(row.path) : NULL;
    out->items = text_grow(out->items, out->count, sizeof *out->items);
    out->items[out->count++] = row;
}

static bool is_assignment(const char *word) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
    size_t length = strspn(word, letters);
    return length > 0 && word[length] == '=' && strchr("0123456789", *word) == NULL;
}

json_t *setting_environment(const char *setting, char **bad) {
    json_t *out = json_object();
    char *copy = text_copy(setting), *rest = copy;
    (void)strsep(&rest, " ");
    *bad = NULL;
    for (char *word; !*bad && (word = strsep(&rest, " "));) {
        if (is_assignment(word)) {
            char *equals = strchr(word, '=');
            *equals = '\0';
            json_object_set_new(out, word, json_string(equals + 1));
        } else if (*word) {
            *bad = text_copy(word);
        }
    }
    free(copy);
    return out;
}

static void read_recipe(const char *root, const char *path, allocator_list_t *out) {
    const char *base = strrchr(path, '/') + 1;
    char *key = text_format("%.*s", (int)(strlen(base) - strlen(".recipe")), base);
    char *text = file_read(path), *name = value_of(text, "name", ' ', 0);
    char *from = value_of(text, "from", ' ', 0);
    if (!text || !name || !from) {
        fail("%s: cannot be read, or has no name or no from", path);
    }
    allocator_t row = {.key = key,
                       .name = name,
                       .package = text_copy("-"),
                       .version = text_copy("-"),
                       .how = text_format("./build.sh --baseline %s=PATH (sources: %s)", key, from),
                       .recipe = true};
    add_build(root, key, &row);
    row.by_default = row.path != NULL;
    add_row(out, row);
    char *setting;
    for (size_t i = 0; (setting = value_of(text, "setting", ' ', i)); i++) {
        char *suffix = text_format("%.*s", (int)strcspn(setting, " "), setting);
        row.key = text_format("%s-%s", key, suffix);
        row.name = text_format("%s, %s", name, suffix);
        char *bad;
        row.environment = setting_environment(setting, &bad);
        if (bad) {
            fail("%s: a setting is a name and NAME=VALUE words, not '%s'", path, bad);
        }
        add_row(out, row);
    }
    free(text);
}

void recipes_load(const char *root, allocator_list_t *out) {
    glob_t found;
    *out = (allocator_list_t){0};
    if (glob(text_format("%s/baselines/recipes/*.recipe", root), 0, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc; i++) {
            read_recipe(root, found.gl_pathv[i], out);
        }
        globfree(&found);
    }
}
