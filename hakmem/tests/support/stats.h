/*
 * stats.h - reads the JSON that HAKMEM_STATS writes, by dotted path, failing the test by name when
 * a key is missing or has the wrong type.
 */
#ifndef STATS_H
#define STATS_H

#include <jansson.h>
#include <stdint.h>

json_t *stats_load(const char *path);
json_t *stats_parse(const char *text);

/* For example stats_u64(stats, "ace.totals.threshold"). */
json_t *stats_get(const json_t *stats, const char *dotted);
uint64_t stats_u64(const json_t *stats, const char *dotted);
const char *stats_string(const json_t *stats, const char *dotted);

/* The sum of `key` over ace.failures[] with this reason and pool (NULL: any). */
uint64_t stats_failures(const json_t *stats, const char *reason, const char *pool, const char *key);

#endif
