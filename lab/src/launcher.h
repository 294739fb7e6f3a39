/*
 * launcher.h - a run on several machines, from start to end: parts (distribution.h) are given out
 * (nodes.h), waited for, and joined (merge.h).
 *
 * What a machine does with a part is an ordinary run (session.h); there is no second way to
 * measure. The launcher only looks at what is in the folder, so it may be interrupted and resumed
 * at any time, also elsewhere: --resume first waits for jobs that are still there, then gives out
 * what is missing, once. What is still missing then is named, with the reason that its log has, and
 * what there is is joined.
 */
#ifndef LAB_LAUNCHER_H
#define LAB_LAUNCHER_H

#include "options.h"

/* Starts one, or goes on with options->resume. The exit status. */
int launcher_run(const char *root, const options_t *options);

/* The folder of a launched run, named by its path or, under results/, by its name; NULL: it is
 * none. */
char *launcher_find(const char *root, const char *name);

#endif
