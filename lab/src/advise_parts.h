/*
 * advise_parts.h - what a gain is searched on, and on what else it must show.
 *
 *   a trace           the first three fifths of its events are searched; the rest is held out
 *                     (haktrace cut: it begins with the blocks that are alive there). With
 *                     --held-out=TRACE the whole is searched, and that other recording held out
 *   a generator       another seed is held out
 *   a program         nothing can be held out; fresh launches have to do
 */
#ifndef LAB_ADVISE_PARTS_H
#define LAB_ADVISE_PARTS_H

#include "adviser.h"

/* The workload that the command line names: one of the catalogue, a trace or a command. */
workload_t advise_workload(const char *root, const options_t *options);

/* Its parts; cuts of a trace are made in `folder`, unless they are there. */
advise_parts_t advise_parts_make(const char *root, const char *folder, const options_t *options,
                                 const workload_t *whole);

/* Of a workload that replays one; NULL: it does not. */
const char *advise_trace(const workload_t *workload);

/* "search", "whole", "held_out": into the manifest, and back from it. */
json_t *advise_parts_json(const advise_parts_t *parts);
advise_parts_t advise_parts_read(const json_t *names, const json_t *workloads);

/* One that the command line asks for and that cannot be, before a run begins. */
void advise_parts_check(const options_t *options, const workload_t *whole);

#endif
