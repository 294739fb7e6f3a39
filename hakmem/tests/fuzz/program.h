/*
 * program.h - runs an input as a program of several threads, of which one at a time works: bytes
 * say when it hands over to which other, and when one ends and a new one begins. So the same bytes
 * are the same run. Afterwards all blocks are freed, all threads ended, and the cached memory given
 * back, so that inputs do not depend on each other.
 */
#ifndef PROGRAM_H
#define PROGRAM_H

#include "source.h"

/* `ops`: at most so many operations. How many were done. */
uint64_t program_run(source_t *source, uint64_t ops);

#endif
