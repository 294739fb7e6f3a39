/*
 * stats.c - see stats.h.
 */
#include "stats.h"
#include "test.h"

#include <stdbool.h>
#include <string.h>

json_t *stats_parse(const char *text) {
    json_error_t error;
    json_t *stats = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    CHECK_MSG(stats, "line %d: %s", error.line, error.text);
    return stats;
}

json_t *stats_load(const char *path) {
    json_error_t error;
    json_t *stats = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    CHECK_MSG(stats, "%s line %d: %s", path, error.line, error.text);
    return stats;
}

json_t *stats_get(const json_t *stats, const char *dotted) {
    char name[64];
    const json_t *at = stats;
    for (const char *rest = dotted; *rest;) {
        size_t length = strcspn(rest, ".");
        CHECK(length < sizeof name);
        memcpy(name, rest, length);
        name[length] = '\0';
        at = json_object_get(at, name);
        CHECK_MSG(at, "no %s in the statistics", dotted);
        rest += length + (rest[length] == '.');
    }
    return (json_t *)(uintptr_t)at;
}

uint64_t stats_u64(const json_t *stats, const char *dotted) {
    const json_t *value = stats_get(stats, dotted);
    CHECK_MSG(json_is_integer(value), "%s is not an integer", dotted);
    return (uint64_t)json_integer_value(value);
}

const char *stats_string(const json_t *stats, const char *dotted) {
    const json_t *value = stats_get(stats, dotted);
    CHECK_MSG(json_is_string(value), "%s is not a string", dotted);
    return json_string_value(value);
}

uint64_t stats_failures(const json_t *stats, const char *reason, const char *pool,
                        const char *key) {
    uint64_t sum = 0;
    size_t index;
    json_t *row;
    json_array_foreach(stats_get(stats, "ace.failures"), index, row) {
        bool same_reason = strcmp(stats_string(row, "reason"), reason) == 0;
        if (same_reason && (!pool || strcmp(stats_string(row, "pool"), pool) == 0)) {
            sum += stats_u64(row, key);
        }
    }
    return sum;
}
