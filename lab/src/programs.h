/*
 * programs.h - what a whole program is made of, beside its driver: the script that says how it is
 * run, what all scripts share, and the programs that it needs.
 *
 * All of them decide what a sample measures, so all of them are hashed when a run starts (files of
 * the manifest), and a run is not resumed with others. Of a program it is the executable itself:
 * not the libraries that it is linked with, nor what it starts.
 */
#ifndef LAB_PROGRAMS_H
#define LAB_PROGRAMS_H

#include "catalogue.h"

#include <jansson.h>

/* Where samples find programs. Some of Debian's servers are in sbin. */
#define SAMPLE_PATH "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"

/* "workloads/programs/redis.sh", below the root; NULL: the workload is no whole program. */
char *program_script(const workload_t *workload);

/* Paths, relative ones below `root`, of what its samples depend on; appended to `out`. */
void program_files(const char *root, const workload_t *workload, text_list_t *out);

/* [{"workload", "program", "path", "package", "version"}, …] of all whole programs among them, a
 * row for each program that a script needs. */
json_t *programs_json(const char *root, const catalogue_t *workloads);
/* Which program is now another than in `recorded`, as when a new one stands before it in the path;
 * NULL: none. */
const char *programs_changed(const char *root, const catalogue_t *workloads,
                             const json_t *recorded);

#endif
