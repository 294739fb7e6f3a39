/*
 * figures.c - runs gnuplot, as many at a time as there are cores. See figures.h.
 */
#include "figures.h"

#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct script {
    const char *name; /* plots/<name>.gp, and the figure's name before the workload */
    phase_t phase;
    const char *table; /* derived/<table>-<workload>.csv */
    const char *caption;
} scripts[] = {
    {"grid-throughput", PHASE_GRID, "grid", "Throughput over the W_MAX grid"},
    {"grid-memory", PHASE_GRID, "grid", "Peak memory per requested byte over the W_MAX grid"},
    {"grid-failures", PHASE_GRID, "grid", "ACE failures over the W_MAX grid, by reason"},
    {"compare-throughput", PHASE_COMPARE, "compare", "Throughput of each allocator"},
    {"compare-memory", PHASE_COMPARE, "compare", "Memory of each allocator"},
};

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

static pid_t start(const char *root, const analysis_t *analysis, const struct script *script,
                   const char *workload, const char *name) {
    const run_info_t *info = analysis->info;
    char *argv[] = {"gnuplot",
                    "-c",
                    text_format("%s/plots/%s.gp", root, script->name),
                    text_format("%s/plots", root),
                    text_format("%s/derived/%s-%s.csv", info->folder, script->table, workload),
                    text_format("%s/plots/%s", info->folder, name),
                    plain(workload),
                    subtitle(analysis, workload),
                    text_format("%s/derived/points-%s.csv", info->folder, workload),
                    NULL};
    pid_t child = fork();
    if (child == 0) {
        execvp(argv[0], argv);
        _exit(127);
    }
    return child;
}

/* Waits for one gnuplot; false if it failed or there was none. */
static bool finish_one(void) {
    int status = -1;
    return wait(&status) > 0 && status == 0;
}

void figures_draw(const char *root, const analysis_t *analysis, figure_list_t *out) {
    long cores = sysconf(_SC_NPROCESSORS_ONLN), running = 0;
    *out = (figure_list_t){0};
    folder_make(text_format("%s/plots", analysis->info->folder));
    const json_t *workloads = analysis->info->workloads;
    for (size_t w = 0; w < json_array_size(workloads); w++) {
        const char *workload =
            json_string_value(json_object_get(json_array_get(workloads, w), "name"));
        for (size_t s = 0; s < sizeof scripts / sizeof *scripts; s++) {
            if (analysis_count(analysis, scripts[s].phase, workload) == 0) {
                continue;
            }
            figure_t figure = {text_format("%s-%s", scripts[s].name, workload), text_copy(workload),
                               text_copy(scripts[s].caption)};
            if (running == cores) {
                out->failed += !finish_one();
                running--;
            }
            running += start(root, analysis, &scripts[s], workload, figure.name) > 0;
            out->items = text_grow(out->items, out->count, sizeof *out->items);
            out->items[out->count++] = figure;
        }
    }
    for (; running > 0; running--) {
        out->failed += !finish_one();
    }
    if (out->failed) {
        warn("%zu of %zu figures could not be drawn", out->failed, out->count);
    }
}
