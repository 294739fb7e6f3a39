/*
 * page_method.h - the page's section on how the run was measured: machine, order, repetitions, and
 * the noise floors that its verdicts are held against.
 */
#ifndef LAB_PAGE_METHOD_H
#define LAB_PAGE_METHOD_H

#include "analysis.h"

#include <stdio.h>

void page_method(FILE *file, const analysis_t *analysis);

#endif
