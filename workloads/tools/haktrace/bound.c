/*
 * bound.c - haktrace bound: the least memory that traces can take, and a packing that shows how
 * near one can come.
 */
#include "commands.h"

#include "formats.h"
#include "packing/bound.h"
#include "packing/packing.h"

#include "shared/die.h"

#include <inttypes.h>
#include <jansson.h>

static void print_row(const char *path, const memory_bound_t *bound, uint64_t packing) {
    printf("%12" PRIu64 " %12" PRIu64 " %12" PRIu64 " %8.2f  %s\n", bound->live_bytes,
           bound->pages * BOUND_PAGE, packing * BOUND_PAGE,
           percent_of((double)packing, (double)bound->pages) - (bound->pages > 0 ? 100 : 0), path);
}

static void add_json(json_t *list, const char *path, const memory_bound_t *bound,
                     uint64_t packing) {
    json_t *row = json_pack(
        "{s:s,s:I,s:I,s:I,s:I}", "file", path, "peak_live_bytes", (json_int_t)bound->live_bytes,
        "bound_bytes", (json_int_t)(bound->pages * BOUND_PAGE), "bound_event",
        (json_int_t)bound->event, "packing_bytes", (json_int_t)(packing * BOUND_PAGE));
    if (row == NULL)
        die("%s: the name is not UTF-8", path);
    json_array_append_new(list, row);
}

void run_bound(const options_t *options) {
    json_t *list = json_array();
    if (!options->json)
        printf("%12s %12s %12s %8s  file\n", "peak live", "bound", "packing", "above %");
    for (unsigned i = 1; i < options->word_count; i++) {
        trace_t trace;
        memory_bound_t bound;
        formats_load(options->words[i], &trace);
        bound_of_trace(&trace, BOUND_UNIT, BOUND_PAGE, &bound);
        uint64_t packing = packing_of_trace(&trace, PACKING_UNIT, BOUND_PAGE);
        if (options->json)
            add_json(list, options->words[i], &bound, packing);
        else
            print_row(options->words[i], &bound, packing);
        fflush(stdout);
        trace_unload(&trace);
    }
    if (options->json) {
        json_dumpf(list, stdout, JSON_INDENT(1));
        printf("\n");
    }
    json_decref(list);
}
