/*
 * advise.h - the commands `advise` and `tune` (the same for hakmem alone) from start to end, and
 * their report.
 *
 * A run's folder has what all runs have, manifest.json and samples.jsonl, beside the parts of a
 * trace. The manifest keeps the knobs as they were, and at the end what the search found; so
 * `report` needs nothing else, and --resume goes through the search again, up to where it ended.
 */
#ifndef LAB_ADVISE_H
#define LAB_ADVISE_H

#include "options.h"

int advise_main(const char *root, options_t *options, int argc, char **argv);
int advise_report(const char *root, const char *folder, const options_t *options);
bool advise_is_run(const char *folder);

#endif
