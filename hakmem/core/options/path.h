/*
 * path.h - the name of a file that a report goes to, in which the process id may stand: "%p" is the
 * id, "%%" a percent sign, as in gcov's and LeakSanitizer's names.
 *
 * The name is made when the file is about to be opened, not when the option is read: a child of
 * fork has an id of its own, also one that no fork handler of ours saw (_Fork, a bare clone). It
 * is made in room that was set aside at start-up: no allocation, no lock, next to no stack, so
 * that a signal handler and several threads may ask at once.
 */
#ifndef HAK_PATH_H
#define HAK_PATH_H

#include "../base/base.h"

typedef struct hak_path {
    const char *pattern; /* as the environment has it; NULL: not set */
    char *names[2];      /* room for two names; NULL: the pattern is the name */
    uint64_t made;       /* process id << 1 | which of the names is of that process; 0: none yet */
} hak_path_t;

/* Whether nothing follows a percent sign in it but p or another one; and it is not a mere number,
 * by which users of other options mean on or off, and no file of that name. */
bool path_is_good(const char *pattern);
/* Bytes that each of its names may take; 0: the pattern is the name. */
size_t path_name_bytes(const char *pattern);
/* The name for this process; NULL when not set. Good until the process id has changed twice. */
const char *path_name(hak_path_t *path);

#endif
