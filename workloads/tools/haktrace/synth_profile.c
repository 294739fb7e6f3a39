/*
 * synth_profile.c - profiles from files, for haktrace synth.
 *
 * Two kinds. The JSON that `haktrace stats --json` prints, of which the member "profile" counts.
 * And a CSV without a header line, three numbers a line: size, allocation rate, live count; the
 * form in which fleetbench publishes the distributions of Google's fleet (empirical_distributions).
 * There the units of rate do not matter, and a lifetime is live count / rate: each block of a size
 * dies at the same rate at any age.
 */
#include "commands.h"

#include "common/arena.h"
#include "shared/die.h"
#include "trace/file.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT_MAX = 1000000 }; /* groups, threads: what no profile has */

/* ---- JSON ---- */

static double number_in(const json_t *object, const char *key, const char *path) {
    const json_t *value = json_object_get(object, key);
    double number = json_is_number(value) ? json_number_value(value) : -1;
    if (!(number >= 0 && number < 1e18))
        die("%s: the profile has no number '%s' that makes sense", path, key);
    return number;
}

static json_t *list_in(const json_t *object, const char *key, const char *path) {
    json_t *list = json_object_get(object, key);
    if (!json_is_array(list) || json_array_size(list) > COUNT_MAX)
        die("%s: the profile has no list '%s'", path, key);
    return list;
}

static void read_numbers(const json_t *object, const char *key, const char *path, double *out,
                         size_t room) {
    const json_t *list = list_in(object, key, path);
    if (json_array_size(list) > room)
        die("%s: the list '%s' has more than %zu numbers", path, key, room);
    for (size_t i = 0; i < json_array_size(list); i++) {
        out[i] = json_number_value(json_array_get(list, i));
        if (!(out[i] >= 0 && out[i] < 1e18))
            die("%s: the list '%s' has a number that makes no sense", path, key);
    }
}

static void read_group(const json_t *object, const char *path, uint32_t group_count,
                       profile_group_t *group) {
    const json_t *moves = list_in(object, "moves", path);
    group->low = (uint64_t)number_in(object, "from_bytes", path);
    group->high = (uint64_t)number_in(object, "to_bytes", path);
    group->align_shift = (unsigned)number_in(object, "align_shift", path) & TRACE_ALIGN_SHIFT_MAX;
    read_numbers(object, "births", path, group->births, BIRTHS);
    read_numbers(object, "lives", path, group->lives, PROFILE_LIVES);
    read_numbers(object, "alive", path, group->alive, PROFILE_LIVES);
    if (group->low > group->high || group->high > UINT64_C(1) << 48)
        die("%s: a group of sizes from %" PRIu64 " to %" PRIu64, path, group->low, group->high);
    for (size_t i = 0; i < json_array_size(moves); i++) {
        const json_t *move = json_array_get(moves, i);
        json_int_t to = json_integer_value(json_array_get(move, 0));
        double count = json_number_value(json_array_get(move, 1));
        if (to < 0 || to >= group_count || !(count > 0 && count < 1e18))
            die("%s: a realloc to a group that is not there", path);
        profile_add_move(group, (uint32_t)to, count);
    }
}

static void read_threads(const json_t *list, const char *path, profile_t *out) {
    out->thread_count = (uint32_t)json_array_size(list);
    if (out->thread_count == 0)
        die("%s: the profile has no threads", path);
    out->threads = arena_alloc(out->thread_count, sizeof *out->threads);
    for (uint32_t i = 0; i < out->thread_count; i++) {
        const json_t *thread = json_array_get(list, i);
        out->threads[i] = (profile_thread_t){.requests = number_in(thread, "requests", path),
                                             .cross_ends = number_in(thread, "cross_ends", path)};
    }
}

static void read_json(const sink_t *file, const char *path, profile_t *out) {
    json_error_t error;
    json_t *root = json_loadb((const char *)file->bytes, file->used, 0, &error);
    if (root == NULL)
        die("%s: line %d: %s", path, error.line, error.text);
    const json_t *profile = json_object_get(root, "profile");
    if (!json_is_object(profile))
        die("%s: has no member 'profile': not what `haktrace stats --json` prints", path);
    const json_t *groups = list_in(profile, "groups", path);
    out->events = number_in(profile, "events", path);
    if (out->events < 1 || out->events >= (double)TRACE_EVENTS_MAX)
        die("%s: a profile of %.0f events", path, out->events);
    out->ends = number_in(profile, "ends", path);
    out->cross_ends = number_in(profile, "cross_ends", path);
    out->peak_live_bytes = number_in(profile, "peak_live_bytes", path);
    out->mean_live_bytes = number_in(profile, "mean_live_bytes", path);
    out->events_per_s = number_in(profile, "events_per_s", path);
    read_threads(list_in(profile, "threads", path), path, out);
    out->group_count = (uint32_t)json_array_size(groups);
    out->groups = arena_alloc(out->group_count, sizeof *out->groups);
    for (uint32_t i = 0; i < out->group_count; i++) {
        read_group(json_array_get(groups, i), path, out->group_count, &out->groups[i]);
        out->requests += profile_group_requests(&out->groups[i]);
    }
    json_decref(root);
}

/* ---- CSV ---- */

static bool read_row(const char *line, double *row) {
    const char *at = line;
    for (unsigned i = 0; i < 3; i++) {
        char *end;
        row[i] = strtod(at, &end);
        if (end == at || !isfinite(row[i]) || row[i] < 0)
            return false;
        at = end + strspn(end, " \t\r");
        if (i < 2 && *at++ != ',')
            return false;
    }
    return *at == '\0' && row[0] <= (double)(UINT64_C(1) << 48);
}

static int by_size(const void *a, const void *b) {
    const profile_group_t *x = a, *y = b;
    return (x->low > y->low) - (x->low < y->low);
}

/* From rates to what a profile says: lifetimes in events, of which each birth and each end is one;
 * live counts are those of the steady state. */
static void settle(profile_t *out) {
    double rates = 0;
    out->is_table = true;
    for (uint32_t i = 0; i < out->group_count; i++)
        rates += out->groups[i].births[BORN_MALLOC];
    for (uint32_t i = 0; i < out->group_count; i++) {
        profile_group_t *group = &out->groups[i];
        /* mean_life still holds the live count */
        double live = group->mean_life, rate = group->births[BORN_MALLOC];
        group->mean_life = rate > 0 ? 2 * live / rate * rates : 0;
        out->mean_live_bytes += live * (double)group->low;
    }
    out->requests = rates;
    out->events = 2 * rates;
    out->peak_live_bytes = out->mean_live_bytes;
    out->ends = rates;
    out->thread_count = 1;
    out->threads = arena_alloc(1, sizeof *out->threads);
    out->threads[0].requests = rates;
}

static void add_row(profile_t *out, const double *row) {
    if (row[1] == 0)
        return; /* never asked for */
    uint64_t bytes = (uint64_t)row[0];
    profile_group_t *group = &out->groups[out->group_count++];
    *group = (profile_group_t){.low = bytes, .high = bytes, .mean_life = row[2]};
    group->births[BORN_MALLOC] = row[1];
}

static void read_csv(char *text, const char *path, profile_t *out) {
    uint64_t number = 0, room = 1;
    for (const char *at = text; *at != '\0'; at++)
        room += *at == '\n';
    out->groups = arena_alloc(room, sizeof *out->groups);
    for (char *line; (line = strsep(&text, "\n")) != NULL;) {
        double row[3];
        number++;
        if (*line == '\0' || *line == '\r')
            continue;
        if (!read_row(line, row))
            die("%s: line %" PRIu64 " '%.60s': expected size, rate, live count", path, number,
                line);
        add_row(out, row);
    }
    if (out->group_count == 0)
        die("%s: has no sizes", path);
    out->groups = arena_grow(out->groups, room, out->group_count, sizeof *out->groups);
    qsort(out->groups, out->group_count, sizeof *out->groups, by_size);
    for (uint32_t i = 1; i < out->group_count; i++) {
        if (out->groups[i].low == out->groups[i - 1].low)
            die("%s: size %" PRIu64 " is there twice", path, out->groups[i].low);
    }
    settle(out);
}

void profile_load(const char *path, profile_t *out) {
    trace_error_t error = {.text = ""};
    sink_t file;
    memset(out, 0, sizeof *out);
    if (!trace_file_read(path, &file, &error))
        die("%s", error.text);
    sink_byte(&file, '\0');
    file.used--;
    if (file.bytes[strspn((const char *)file.bytes, " \t\r\n")] == '{')
        read_json(&file, path, out);
    else
        read_csv((char *)file.bytes, path, out);
    sink_close(&file);
    if (out->requests <= 0)
        die("%s: a profile without requests", path);
}
