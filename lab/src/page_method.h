/*
 * page_method.h - what the page says on how the run was measured: command, machine, repetitions. A
 * part of report.json.
 */
#ifndef LAB_PAGE_METHOD_H
#define LAB_PAGE_METHOD_H

#include <jansson.h>

json_t *page_facts(const json_t *manifest); /* [{name, value}] */

#endif
