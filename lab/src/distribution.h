/*
 * distribution.h - a run cut into parts for several machines, and what a machine does with a part.
 *
 * A part is a workload with all its settings and launches: panels stay whole, and the lab decides
 * on the machine how many launches the workload needs. Where machines are named, each gets every
 * workload. The folder lies where all machines see it, at one path:
 *
 *   launch.json      what was asked for, the parts, and the jobs that were given out
 *   parts/NAME/      a part: a run like any other, without a report
 *   logs/NUMBER.log  what it said
 *   machines/, …     all of it joined (merge.h), when the launcher has ended
 *
 * A part that was begun is resumed, from its first missing panel. If that happens on a machine of
 * another type, what is there is set aside, counts for the type that measured it, and the part
 * begins anew.
 */
#ifndef LAB_DISTRIBUTION_H
#define LAB_DISTRIBUTION_H

#include "options.h"

#include <jansson.h>

typedef struct part {
    char *name;     /* of its folder: "mid33", or "mid33.2" on the second of the machines named */
    char *pattern;  /* what names its workload: a name, or the path of a trace */
    size_t machine; /* place in the list of machines; 0 where none was named */
    bool wastes;    /* it measures waste by size too: the first of its machine */
} part_t;

typedef struct distribution {
    char *folder;
    options_t options;
    json_t *hakmem_options;
    json_t *jobs; /* ids of what was given to a scheduler */
    part_t *parts;
    size_t count;
} distribution_t;

/* Cuts a run into parts. The allocators become explicit, so that every machine has the same. */
void distribution_make(const char *root, const options_t *options, distribution_t *out);

void distribution_write(const distribution_t *d); /* launch.json */
/* Ends the program, saying what that may mean, if there is none. */
void distribution_load(const char *folder, distribution_t *out);
bool distribution_is_there(const char *folder);

/* What one part is run with. */
options_t distribution_options(const distribution_t *d, const part_t *part);
char *distribution_folder(const distribution_t *d, const part_t *part);
/* Were all its panels measured? */
bool distribution_is_done(const distribution_t *d, const part_t *part);
/* Folders of all that was measured, also of what was set aside. */
void distribution_runs(const distribution_t *d, text_list_t *out);

/* `run_sweep part`: measures one part on this machine. The exit status. */
int distribution_part(const char *root, options_t *options, int argc, char **argv);

#endif
