/*
 * baselines.h - the allocators of a run: who they are, where their library lies, which version.
 *
 * The table is baselines/allocators.tsv. "hakmem" is a row like the others, built in the tree.
 * Identity is what the samples are checked against: `path` is the real path of the library that
 * must resolve `malloc` in the measured process.
 */
#ifndef LAB_BASELINES_H
#define LAB_BASELINES_H

#include "options.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct allocator {
    char *key;     /* "jemalloc": in samples, CSV and on the command line */
    char *name;    /* "jemalloc": for people */
    char *package; /* Debian package, or "-" */
    char *path;    /* real path of the library; NULL when it is not installed */
    char *version;
    char *sha256;
    bool preload;    /* false for the C library's own malloc */
    bool is_hakmem;  /* takes HAKMEM_* options and reports ACE failures */
    bool by_default; /* takes part where no allocators are named */
    bool tuned;      /* with settings that are not its default (adviser.h) */
    bool recipe;     /* built from sources of the user's (recipes.h) */
    char *how;       /* to get it where it is not there */
    /* NULL for most: */
    char *setting;       /* "hakmem HAKMEM_LEARN=1": of an allocator under another name */
    json_t *environment; /* {name: value} beside that of every sample */
    char *loader;        /* the ld.so that drivers are started through, with this library path */
    char *library_path;
    json_t *built; /* version, commit, flags, … as recorded when it was built */
} allocator_t;

typedef struct allocator_list {
    allocator_t *items;
    size_t count;
} allocator_list_t;

/* The table's rows and the recipes' (recipes.h), with path, version and hash of those that are
 * installed. */
void baselines_load(const char *root, allocator_list_t *out);

/* Those named, and hakmem first in any case. No names: all that are by_default. name=/path/lib.so
 * adds a row, and "name=KEY VARIABLE=VALUE ..." one of the table with settings under another name.
 * An unknown key is a usage error, one that is not installed ends the program. */
void baselines_select(const allocator_list_t *all, const text_list_t *names, allocator_list_t *out);

/* Of an installed Debian package; "unknown". */
char *package_version(const char *package);

#endif
