/*
 * advise_parts.c - see advise_parts.h.
 */
#include "advise_parts.h"

#include "file.h"
#include "manifest.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A trace of fewer events is too short to be two. */
enum { EVENTS_LEAST = 2000, SEARCH_FIFTHS = 3 };
/* Beyond the seeds of all launches of the search. */
#define HELD_OUT_SEED 1000000000ull

const char *advise_trace(const workload_t *workload) {
    bool replays = workload->argc > 1 && strcmp(workload->argv[0], "bin/hakreplay") == 0;
    return replays ? workload->argv[1] : NULL;
}

workload_t advise_workload(const char *root, const options_t *options) {
    catalogue_t catalogue, chosen;
    if (options->program.count > 0) {
        return catalogue_of_command(&options->program, options->budget_s);
    }
    catalogue_load(text_format("%s/workloads/catalogue", root), &catalogue);
    catalogue_select(&catalogue, &options->args, false, &chosen);
    if (chosen.count != 1) {
        fail_usage("%s: %zu workloads; the adviser looks at one at a time", options->args.items[0],
                   chosen.count);
    }
    return chosen.items[0];
}

void advise_parts_check(const options_t *options, const workload_t *whole) {
    if (options->held_out && !advise_trace(whole)) {
        fail_usage("--held-out is a second recording of a trace, which %s is not", whole->name);
    }
    if (options->held_out) {
        catalogue_check_trace(options->held_out);
    }
}

/* With other words of its command. */
static workload_t *part_of(const workload_t *whole, const char *suffix, const char *title) {
    workload_t *out = text_alloc(sizeof *out);
    *out = *whole;
    out->name = text_format("%s-%s", whole->name, suffix);
    out->title = text_copy(title);
    out->argv = text_alloc((whole->argc + 2) * sizeof *out->argv);
    memcpy(out->argv, whole->argv, whole->argc * sizeof *out->argv);
    return out;
}

static unsigned long long events_of(const char *root, const char *trace) {
    const char *argv[] = {text_format("%s/bin/haktrace", root), "info", trace, NULL};
    char *text = capture(argv), *line = text ? strstr(text, "\nevents ") : NULL;
    return line ? strtoull(line + strlen("\nevents "), NULL, 10) : 0;
}

/* The path of a part of the trace. */
static char *cut(const char *root, const char *trace, const char *path, unsigned long long from,
                 unsigned long long to) {
    const char *argv[] = {text_format("%s/bin/haktrace", root),
                          "cut",
                          text_format("--events=%llu:%llu", from, to),
                          trace,
                          path,
                          NULL};
    if (!file_is_there(path) && !capture(argv)) {
        fail("%s cannot be cut into %s", trace, path);
    }
    return text_copy(path);
}

static advise_parts_t parts_of_trace(const char *root, const char *folder,
                                     const workload_t *whole) {
    const char *trace = advise_trace(whole);
    char *path = *trace == '/' ? text_copy(trace) : text_format("%s/%s", root, trace);
    unsigned long long events = events_of(root, path), at = events / 5 * SEARCH_FIFTHS;
    if (events < EVENTS_LEAST) {
        return (advise_parts_t){whole, whole, NULL};
    }
    workload_t *search = part_of(whole, "search", "the first three fifths of the trace");
    workload_t *held_out = part_of(whole, "held-out", "the last two fifths of the trace");
    search->argv[1] = cut(root, path, text_format("%s/search.hakt.zst", folder), 0, at);
    held_out->argv[1] = cut(root, path, text_format("%s/held-out.hakt.zst", folder), at, events);
    return (advise_parts_t){search, whole, held_out};
}

advise_parts_t advise_parts_make(const char *root, const char *folder, const options_t *options,
                                 const workload_t *whole) {
    if (options->held_out) {
        workload_t *other = part_of(whole, "held-out", "another recording");
        other->argv[1] = path_real(options->held_out);
        return (advise_parts_t){whole, whole, other};
    }
    if (advise_trace(whole)) {
        return parts_of_trace(root, folder, whole);
    }
    if (whole->has_seed) {
        workload_t *other = part_of(whole, "held-out", "the workload with another seed");
        other->argv[other->argc++] = text_format("--seed=%llu", HELD_OUT_SEED + options->seed);
        other->keeps_seed = true; /* the user's own is of the other */
        return (advise_parts_t){whole, whole, other};
    }
    return (advise_parts_t){whole, whole, NULL};
}

json_t *advise_parts_json(const advise_parts_t *parts) {
    return json_pack("{s:s, s:s, s:s*}", "search", parts->search->name, "whole", parts->whole->name,
                     "held_out", parts->held_out ? parts->held_out->name : NULL);
}

static workload_t *read_part(const json_t *names, const char *part, const json_t *workloads) {
    const char *name = json_string_value(json_object_get(names, part));
    const json_t *row =
        name ? json_array_get(workloads, manifest_place(workloads, "name", name)) : NULL;
    workload_t *out = row ? text_alloc(sizeof *out) : NULL;
    if (out) {
        *out = catalogue_of_row(row);
    }
    return out;
}

advise_parts_t advise_parts_read(const json_t *names, const json_t *workloads) {
    workload_t *held_out = read_part(names, "held_out", workloads);
    advise_parts_t out = {read_part(names, "search", workloads),
                          read_part(names, "whole", workloads), held_out};
    if (held_out) {
        held_out->keeps_seed = true;
    }
    if (!out.search || !out.whole) {
        fail("the manifest names no workload");
    }
    return out;
}
