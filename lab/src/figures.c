/*
 * figures.c - runs gnuplot, as many at a time as there are cores. See figures.h.
 */
#include "figures.h"

#include "averages.h"
#include "csv.h"
#include "file.h"
#include "svg.h"
#include "text.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The sweep's nine workloads, and some of one's own, keep figures of their own. */
enum { MOST_BY_WORKLOAD = 12 };
#define ANY_GROUP SIZE_MAX

#define NO_SAMPLE "no sample counts: they failed, or are not measured yet"
#define NO_PAIR   "no repetition has a sample of the default pair and another"

static const struct script {
    const char *name; /* plots/<name>.gp, and the figure's name before the workload */
    phase_t phase;
    const char *table; /* derived/<table>-<workload>.csv */
    const char *needs; /* columns, of which a row must have numbers */
    const char *otherwise;
    const char *caption;
} scripts[] = {
    {"grid-throughput", PHASE_GRID, "grid", "throughput_ratio", NO_PAIR,
     "Throughput over the W_MAX grid"},
    {"grid-memory", PHASE_GRID, "grid", "peak_ratio", NO_PAIR,
     "Peak memory per requested byte over the W_MAX grid"},
    {"grid-failures", PHASE_GRID, "grid", "threshold_per_mop", NO_SAMPLE,
     "ACE failures over the W_MAX grid, by reason"},
    {"compare-throughput", PHASE_COMPARE, "compare", "throughput_ops_per_s_median", NO_SAMPLE,
     "Throughput of each allocator"},
    {"compare-memory", PHASE_COMPARE, "compare", "peak_bytes", NO_SAMPLE,
     "Memory of each allocator"},
    {"requests", PHASE_COMPARE, "requests", "latency_ns", NO_SAMPLE,
     "Time of requests to the program"},
    {"pareto", PHASE_COMPARE, "compare", "throughput_ratio peak_ratio",
     "no repetition has a sample of hakmem and another", "Throughput against memory, allocators"},
    {"pareto-grid", PHASE_GRID, "grid", "throughput_ratio peak_ratio", NO_PAIR,
     "Throughput against memory, over the W_MAX grid"},
    {"memory", PHASE_MEMORY, "memory", "resident_bytes", NO_SAMPLE,
     "Where the memory is, and what is left after the drain"},
    {"resident", PHASE_MEMORY, "resident", "resident_bytes", NO_SAMPLE,
     "Resident memory over time"},
    {"tails", PHASE_LATENCY, "tails", "latency_ns", NO_SAMPLE, "Latency of malloc and free"},
    {"scaling", PHASE_SCALING, "scaling", "throughput_ops_per_s", NO_SAMPLE,
     "Throughput by threads"},
};

/* What is under way. */
typedef struct easel {
    const char *root, *folder;
    char *allocators; /* for gnuplot: where their colours are */
    long cores, running;
    figure_list_t *out;
} easel_t;

/* gnuplot's enhanced text takes _ ^ @ & ~ { } for markup. */
static char *plain(const char *text) {
    char *out = text_alloc(2 * strlen(text) + 1), *to = out;
    for (; *text; text++) {
        if (strchr("_^@&~{}\\", *text)) {
            *to++ = '\\';
        }
        *to++ = *text;
    }
    return out;
}

static const char *touch_words(const char *touch) {
    return strcmp(touch, "first") == 0  ? "first byte of each block touched"
           : strcmp(touch, "page") == 0 ? "one byte per page touched"
                                        : "whole blocks touched";
}

/* A workload that requests nothing touches no block. */
static bool has_blocks(const analysis_t *analysis, const char *workload) {
    for (size_t i = 0; i < analysis->samples->count; i++) {
        const sample_t *s = &analysis->samples->items[i];
        if (strcmp(s->workload, workload) == 0 && sample_requests_nothing(s)) {
            return false;
        }
    }
    return true;
}

/* The title of the workload, and what it touches unless the title says so. */
static char *subtitle(const analysis_t *analysis, const char *workload) {
    const json_t *rows = analysis->info->workloads;
    const char *title = manifest_row(rows, "name", workload, "title");
    const char *touch = manifest_row(rows, "name", workload, "touch");
    bool says_it = strstr(title, "touched") || strstr(title, "written");
    return says_it || !has_blocks(analysis, workload)
               ? plain(title)
               : text_format("%s; %s", plain(title), touch_words(touch));
}

/* Waits for one gnuplot; false if it failed or there was none. */
static bool finish_one(void) {
    int status = -1;
    return wait(&status) > 0 && status == 0;
}

static void list_figure(easel_t *easel, figure_t figure) {
    figure_list_t *out = easel->out;
    out->items = text_grow(out->items, out->count, sizeof *out->items);
    out->items[out->count++] = figure;
}

/* Starts the script on a table; `words` are its arguments after the figure's name. */
static void draw(easel_t *easel, const char *script, const char *table, figure_t figure,
                 char *const words[3]) {
    char *argv[] = {"gnuplot",
                    "-e",
                    easel->allocators,
                    "-c",
                    text_format("%s/plots/%s.gp", easel->root, script),
                    text_format("%s/plots", easel->root),
                    text_format("%s/derived/%s.csv", easel->folder, table),
                    text_format("%s/plots/%s", easel->folder, figure.name),
                    words[0],
                    words[1],
                    words[2],
                    words[2] ? figure.note : NULL,
                    NULL};
    if (easel->running == easel->cores) {
        easel->out->failed += !finish_one();
        easel->running--;
    }
    pid_t child = fork();
    if (child == 0) {
        execvp(argv[0], argv);
        _exit(127);
    }
    easel->running += child > 0;
    list_figure(easel, figure);
}

/* "hakmem 0.1.0, glibc 2.36, ..." */
static char *versions(const run_info_t *info) {
    char *out = text_copy("");
    for (size_t i = 0; i < json_array_size(info->allocators); i++) {
        const char *key =
            json_string_value(json_object_get(json_array_get(info->allocators, i), "key"));
        out = text_format("%s%s%s", out, i ? ", " : "", manifest_label(info, key));
    }
    return plain(out);
}

static bool begins_group(const standings_t *standings, size_t place) {
    const standing_t *s = &standings->items[place];
    return place == 0 || s->group_place != s[-1].group_place;
}

/* Each in quotes, so that word() of gnuplot tells them apart. */
static char *group_names(const standings_t *standings) {
    char *out = text_copy("");
    for (size_t i = 0; i < standings->count; i++) {
        if (begins_group(standings, i)) {
            out = text_format("%s\"%s\" ", out, plain(standings->items[i].group));
        }
    }
    return out;
}

/* Each in quotes; of one that was not measured, why. */
static char *waste_labels(const run_info_t *info, const waste_list_t *wastes) {
    char *out = text_copy("");
    for (size_t i = 0; i < wastes->count; i++) {
        const waste_t *w = &wastes->items[i];
        const char *label = manifest_label(info, w->allocator);
        if (w->class_count == 0) {
            label = text_format("%s: %s", label, w->status);
        }
        out = text_format("%s\"%s\" ", out, plain(label));
    }
    return out;
}

static char *waste_places(const waste_list_t *wastes) {
    char *out = text_copy("");
    for (size_t i = 0; i < wastes->count; i++) {
        if (wastes->items[i].class_count > 0) {
            out = text_format("%s%s%zu", out, *out ? " " : "", i);
        }
    }
    return out;
}

/* Was hakmem measured beside another allocator, on a workload of the group? */
static bool has_ratio(const standings_t *standings, size_t group_place) {
    for (size_t i = 0; i < standings->count; i++) {
        const standing_t *s = &standings->items[i];
        for (size_t j = 0; j < s->other_count * RIVALS; j++) {
            if ((group_place == ANY_GROUP || s->group_place == group_place) &&
                s->others[j / RIVALS].against[j % RIVALS].ratio.pairs > 0) {
                return true;
            }
        }
    }
    return false;
}

static void draw_run(easel_t *easel, const analysis_t *analysis, const standings_t *standings,
                     const waste_list_t *wastes) {
    if (has_ratio(standings, ANY_GROUP)) {
        draw(easel, "overview", "table",
             (figure_t){"overview", FIGURE_OF_RUN, "overview",
                        "hakmem over the best other allocator of each row", NULL, NULL},
             (char *[]){versions(analysis->info), group_names(standings), NULL});
    }
    averages_t averages;
    averages_make(analysis, &averages);
    if (averages.count > 0 && averages.items[0].workloads > 1 &&
        csv_has_numbers(easel->folder, "averages", "throughput_ratio peak_ratio")) {
        draw(easel, "averages", "averages",
             (figure_t){"averages", FIGURE_OF_RUN, "averages",
                        "Throughput against memory over all workloads", NULL, NULL},
             (char *[]){text_format("%zu", averages.items[0].workloads), NULL, NULL});
    }
    if (wastes->count > wastes->failed) {
        char *labels = waste_labels(analysis->info, wastes), *places = waste_places(wastes);
        draw(easel, "waste-mean", "waste-doubling",
             (figure_t){"waste-mean", FIGURE_OF_RUN, "waste", "Mean waste of each doubling", NULL,
                        NULL},
             (char *[]){labels, places, NULL});
        draw(
            easel, "waste-by-size", "waste",
            (figure_t){"waste-by-size", FIGURE_OF_RUN, "waste", "Waste by size", NULL, NULL},
            (char *[]){text_format("%s/derived/waste-touched.csv", easel->folder), labels, places});
    }
}

/* "group-2-64-kib-to-5-mib" */
static char *group_figure_name(const standing_t *standing) {
    char *out = text_format("group-%zu-%s", standing->group_place + 1, standing->group), *to = out;
    for (const char *from = out; *from; from++) {
        char c = isalnum((unsigned char)*from) ? (char)tolower((unsigned char)*from) : '-';
        if (c != '-' || to[-1] != '-') {
            *to++ = c;
        }
    }
    *to = '\0';
    return out;
}

static void draw_groups(easel_t *easel, const standings_t *standings) {
    for (size_t i = 0; i < standings->count; i++) {
        const standing_t *s = &standings->items[i];
        if (!begins_group(standings, i) || !has_ratio(standings, s->group_place)) {
            continue;
        }
        draw(easel, "group", "rivals",
             (figure_t){group_figure_name(s), FIGURE_OF_GROUP, text_copy(s->group),
                        "hakmem over each other allocator", NULL, NULL},
             (char *[]){plain(s->group), text_format("%zu", s->group_place), NULL});
    }
}

/* How many samples of a cell the grid has, and what they can tell: often too little. */
static char *grid_note(const analysis_t *analysis, const char *script, const char *workload) {
    const cell_stats_t *base = analysis_find(analysis, PHASE_GRID, workload, "hakmem",
                                             WMAX_MID_DEFAULT, WMAX_LARGE_DEFAULT);
    if (!base || strcmp(script, "grid-failures") == 0) {
        return NULL;
    }
    double speed = analysis_floor(analysis, workload, MEASURE_THROUGHPUT, base->samples);
    double peak = analysis_floor(analysis, workload, MEASURE_PEAK, base->samples);
    bool is_speed = strcmp(script, "grid-throughput") == 0;
    bool is_peak = strcmp(script, "grid-memory") == 0;
    return text_format(
        "%zu repetition%s; noise floor%s%s%s", base->samples, base->samples == 1 ? "" : "s",
        is_peak ? ":" : text_format(": throughput %.1f %%", 100 * speed),
        is_speed || is_peak ? "" : ",", is_speed ? "" : text_format(" memory %.1f %%", 100 * peak));
}

static void draw_workload(easel_t *easel, const analysis_t *analysis, const char *workload,
                          bool compared) {
    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        const struct script *s = &scripts[i];
        const char *table = text_format("%s-%s", s->table, workload);
        bool is_requests = strcmp(s->name, "requests") == 0; /* in addition to those of groups */
        if ((s->phase == PHASE_COMPARE && !compared && !is_requests) ||
            analysis_count(analysis, s->phase, workload) == 0 ||
            (is_requests && !csv_has_numbers(easel->folder, table, s->needs))) {
            continue;
        }
        figure_t figure = {text_format("%s-%s", s->name, workload),
                           FIGURE_OF_WORKLOAD,
                           text_copy(workload),
                           text_copy(s->caption),
                           NULL,
                           s->phase == PHASE_GRID ? grid_note(analysis, s->name, workload) : NULL};
        if (!csv_has_numbers(easel->folder, table, s->needs)) {
            figure.missing = s->otherwise;
            list_figure(easel, figure);
            continue;
        }
        draw(easel, s->name, table, figure,
             (char *[]){plain(workload), subtitle(analysis, workload),
                        text_format("%s/derived/points-%s.csv", easel->folder, workload)});
    }
}

bool figures_by_group(const standings_t *standings) {
    return standings->count > MOST_BY_WORKLOAD;
}

/* In gnuplot's quotes. */
static char *allocators_words(const char *folder) {
    char *out = text_copy("ALLOCATORS='");
    for (const char *at = folder; *at; at++) {
        out = text_format(*at == '\'' ? "%s%c'" : "%s%c", out, *at);
    }
    return text_format("%s/derived/allocators.csv'", out);
}

/* gnuplot's SVGs are not fit to be shown as they are: svg.h. */
static void settle_all(const easel_t *easel) {
    for (size_t i = 0; i < easel->out->count; i++) {
        const figure_t *figure = &easel->out->items[i];
        char *path = text_format("%s/plots/%s.svg", easel->folder, figure->name);
        char *svg = figure->missing ? NULL : file_read(path);
        if (svg) {
            char *settled = svg_settle(svg, figure->name);
            file_write(path, settled);
            free(settled);
        }
        free(svg);
    }
}

void figures_draw(const char *root, const analysis_t *analysis, const standings_t *standings,
                  const waste_list_t *wastes, figure_list_t *out) {
    *out = (figure_list_t){0};
    const char *folder = analysis->info->folder;
    easel_t easel = {root, folder, allocators_words(folder), sysconf(_SC_NPROCESSORS_ONLN), 0, out};
    folder_make(text_format("%s/plots", easel.folder));
    draw_run(&easel, analysis, standings, wastes);
    draw_groups(&easel, standings);
    const json_t *workloads = analysis->info->workloads;
    for (size_t w = 0; w < json_array_size(workloads); w++) {
        draw_workload(&easel, analysis,
                      json_string_value(json_object_get(json_array_get(workloads, w), "name")),
                      !figures_by_group(standings));
    }
    for (; easel.running > 0; easel.running--) {
        out->failed += !finish_one();
    }
    settle_all(&easel);
    if (out->failed) {
        warn("%zu of %zu figures could not be drawn", out->failed, out->count);
    }
}

void figures_draw_power(const char *root, const char *folder, const char *workload) {
    figure_list_t out = {0};
    easel_t easel = {root, folder, allocators_words(folder), 1, 0, &out};
    folder_make(text_format("%s/plots", folder));
    draw(&easel, "power", "power",
         (figure_t){"power", FIGURE_OF_RUN, "power", "What a run of this length detects", NULL,
                    NULL},
         (char *[]){plain(workload), NULL, NULL});
    if (easel.running > 0 && !finish_one()) {
        warn("the figure of the power could not be drawn");
    }
}

/* Has the allocator a row? */
static bool has_knobs(const char *folder, const char *allocator) {
    csv_t table;
    bool out = false;
    if (!csv_load(folder, "advise-knobs", &table)) {
        return false;
    }
    for (size_t row = 0; row < table.rows && !out; row++) {
        out = strcmp(csv_text(&table, row, "allocator"), allocator) == 0;
    }
    csv_free(&table);
    return out;
}

size_t figures_draw_advice(const char *root, const run_info_t *info, const char *title,
                           const char *over) {
    figure_list_t out = {0};
    easel_t easel = {
        root, info->folder, allocators_words(info->folder), sysconf(_SC_NPROCESSORS_ONLN), 0, &out};
    folder_make(text_format("%s/plots", info->folder));
    if (csv_has_numbers(info->folder, "advise-front", "throughput_ratio_lo peak_ratio_lo")) {
        draw(&easel, "advise-front", "advise-front",
             (figure_t){"advise-front", FIGURE_OF_RUN, "advise", "The front over all allocators",
                        NULL, NULL},
             (char *[]){plain(title), plain(over), versions(info)});
    }
    for (size_t i = 0; i < json_array_size(info->allocators); i++) {
        const char *key =
            json_string_value(json_object_get(json_array_get(info->allocators, i), "key"));
        if (has_knobs(info->folder, key)) {
            draw(&easel, "advise-knobs", "advise-knobs",
                 (figure_t){text_format("advise-knobs-%s", key), FIGURE_OF_RUN, "advise",
                            "What each knob does", NULL, NULL},
                 (char *[]){text_copy(key), plain(manifest_label(info, key)),
                            text_format("%g", 100 * info->margin)});
        }
    }
    for (; easel.running > 0; easel.running--) {
        out.failed += !finish_one();
    }
    settle_all(&easel);
    if (out.failed) {
        warn("%zu of %zu figures could not be drawn", out.failed, out.count);
    }
    return out.failed;
}
