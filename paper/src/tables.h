/*
 * tables.h - the paper's tables, each a file of its own in the build folder.
 */
#ifndef PAPER_TABLES_H
#define PAPER_TABLES_H

#include "run.h"
#include "usable.h"

void tables_write(const char *folder, const run_t *run, const usable_t *usable);

#endif
