/*
 * machine.h - facts about the machine that a reader of the results needs to judge them.
 */
#ifndef LAB_MACHINE_H
#define LAB_MACHINE_H

#include <jansson.h>

/* CPU, cores, memory, kernel, C library, governor, transparent huge pages, ASLR, load. */
json_t *machine_facts(void);
/* What of such facts makes the machine bad for measuring: an array of sentences. */
json_t *machine_warnings(const json_t *facts);
/* The commit of the tree at `root` and whether files differ from it; null outside of git. */
json_t *machine_source(const char *root);

#endif
