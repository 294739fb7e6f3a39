/*
 * headline.h - the first sentence of page and terminal: which allocator, with which settings, what
 * it gains, how sure that is.
 *
 * The allocator named has the most speed per byte of peak memory over the workloads on which all
 * were measured (averages.h): the product of both gains, as in recommend.h. It is held against the
 * one that comes next. How sure: a gain whose whole interval lies beyond the margin is there, one
 * whose interval lies within it is none, and everything between is undecided and called so.
 * Without a comparison the sentence is about hakmem's settings.
 */
#ifndef LAB_HEADLINE_H
#define LAB_HEADLINE_H

#include "recommend.h"

/* A sentence without a newline. */
char *headline(const analysis_t *analysis, const recommendations_t *recommendations);

/* The key of the allocator that it names; NULL: nothing is compared. */
const char *headline_allocator(const analysis_t *analysis);

#endif
