/*
 * page_method.c - see page_method.h.
 */
#include "page_method.h"

#include "page_looks.h"
#include "text.h"

#include <math.h>
#include <string.h>

static const char how[] =
    "<h2 id=\"method\">How it was measured</h2>\n"
    "<p>A sample is a fresh process, with an environment whose size is drawn for it. A repetition "
    "runs every setting once, in random order, and ratios are taken within a repetition, so a "
    "drift "
    "of the machine meets all alike; shown are medians, with 95 % bootstrap intervals. In each "
    "repetition hakmem runs twice, and what these two differ by is the noise floor. A verdict is "
    "given only where the interval excludes 1, the median is beyond the noise floor, and the "
    "difference is significant among all comparisons of the run (Holm's correction, 5 %). "
    "Everything "
    "else is called no difference, even where an interval excludes 1.</p>\n";

static void put_row(FILE *file, const char *name, const char *value) {
    fputs("<tr>", file);
    page_cell(file, name);
    page_cell(file, value);
    fputs("</tr>\n", file);
}

static const char *string_of(const json_t *facts, const char *key) {
    const char *text = json_string_value(json_object_get(facts, key));
    return text ? text : "unknown";
}

static double load_of(const json_t *facts) {
    const json_t *load = json_array_get(json_object_get(facts, "load_average"), 0);
    return load ? json_number_value(load) : NAN;
}

static char *command_line(const json_t *manifest) {
    const json_t *words = json_object_get(manifest, "command_line");
    char *out = text_copy("run_sweep");
    for (size_t i = 1; i < json_array_size(words); i++) {
        out = text_format("%s %s", out, json_string_value(json_array_get(words, i)));
    }
    return out;
}

static char *repetitions(const json_t *manifest) {
    const char *phase;
    json_t *count;
    char *out = text_copy("");
    json_object_foreach(json_object_get(manifest, "repetitions"), phase, count) {
        out = text_format("%s%s%s %lld", out, *out ? ", " : "", phase, json_integer_value(count));
    }
    return *out ? text_format("%s at most", out) : text_copy("not yet fixed");
}

static void put_facts(FILE *file, const json_t *manifest) {
    const json_t *facts = json_object_get(manifest, "machine");
    const json_t *after = json_object_get(manifest, "machine_at_end");
    fputs("<table><tr><th>fact</th><th>of this run</th></tr>\n", file);
    put_row(file, "command", command_line(manifest));
    put_row(file, "machine",
            text_format("%s, %lld cores, %s of memory", string_of(facts, "cpu"),
                        json_integer_value(json_object_get(facts, "cores")),
                        text_bytes(json_number_value(json_object_get(facts, "memory_bytes")))));
    put_row(file, "system",
            text_format("%s, %s, C library %s", string_of(facts, "distribution"),
                        string_of(facts, "kernel"), string_of(facts, "libc")));
    put_row(file, "settings",
            text_format("governor %s, transparent huge pages %s, ASLR %s, overcommit %s",
                        string_of(facts, "governor"), string_of(facts, "thp_enabled"),
                        string_of(facts, "aslr"), string_of(facts, "overcommit")));
    put_row(file, "load average",
            after
                ? text_format("%.2f at the start, %.2f at the end", load_of(facts), load_of(after))
                : text_format("%.2f at the start; the run was interrupted", load_of(facts)));
    put_row(file, "pinning to processors", string_of(facts, "pinning"));
    put_row(file, "repetitions", repetitions(manifest));
    put_row(file, "seed of order and intervals",
            text_format("%lld", json_integer_value(json_object_get(manifest, "seed"))));
    fputs("</table>\n", file);
}

/* Of the comparison, which has the most pairs. */
static void put_floors(FILE *file, const analysis_t *analysis) {
    bool any = false;
    for (size_t i = 0; i < analysis->count; i++) {
        const cell_stats_t *c = &analysis->cells[i];
        size_t pairs = c->ratio[MEASURE_THROUGHPUT].pairs;
        if (c->phase != PHASE_COMPARE || !text_ends(c->allocator, "-again") || pairs == 0) {
            continue;
        }
        if (!any) {
            fputs("<table><tr><th>noise floor</th><th>throughput</th><th>peak memory</th>"
                  "<th>steady memory</th><th>pairs</th><th>an interval from so many pairs covers "
                  "at most"
                  "</th></tr>\n",
                  file);
        }
        any = true;
        fputs("<tr>", file);
        page_cell(file, c->workload);
        for (measure_t m = 0; m < MEASURES; m++) {
            page_cell(file, text_format("%.1f %%",
                                        100 * analysis_floor(analysis, c->workload, m, pairs)));
        }
        page_cell(file, text_format("%zu", pairs));
        fputs("</tr>\n", file);
    }
    fputs(any ? "</table>\n" : "", file);
}

void page_method(FILE *file, const analysis_t *analysis) {
    fputs(how, file);
    put_facts(file, analysis->info->manifest);
    put_floors(file, analysis);
}
