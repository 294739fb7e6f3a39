/*
 * sites.h - call sites in the order of their first sight.
 *
 * Between a site (any number) and its place in that order: a list, and an open hash table over it.
 * The codec writes places, which are small; the statistics count by them.
 */
#ifndef WORKLOADS_TRACE_SITES_H
#define WORKLOADS_TRACE_SITES_H

#include <stdint.h>

typedef struct site_table {
    uint32_t *list;   /* by place */
    uint32_t *places; /* plus one, by hash; 0: empty */
    uint32_t count, room;
} site_table_t;

void site_table_open(site_table_t *table);
void site_table_close(site_table_t *table);

/* The place of `site`, which is `count` as it was before for one that is new. */
uint32_t site_table_place(site_table_t *table, uint32_t site);

#endif
