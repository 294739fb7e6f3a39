/*
 * report.c - raw samples to tables, figures, page and summary. See report.h.
 */
#include "report.h"

#include "analysis.h"
#include "claims.h"
#include "derive.h"
#include "figures.h"
#include "file.h"
#include "noise.h"
#include "page.h"
#include "power.h"
#include "recommend.h"
#include "summary.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *report_find(const char *root, const char *name) {
    char *below = text_format("%s/results/%s", root, name);
    const char *const places[] = {name, below};
    for (size_t i = 0; i < 2; i++) {
        if (file_is_there(text_format("%s/manifest.json", places[i]))) {
            return path_real(places[i]);
        }
    }
    fail_usage("'%s' is no run: neither a folder with a manifest.json nor a run-id in %s/results",
               name, root);
}

/* With `table` or, without, with the listing of all allocators. */
static char *summary_text(const analysis_t *analysis, const recommendations_t *recommendations,
                          const standings_t *table, const waste_list_t *wastes) {
    char *text = NULL;
    size_t bytes = 0;
    FILE *memory = open_memstream(&text, &bytes);
    summary_print(memory, analysis, recommendations, table, wastes);
    fclose(memory);
    return text;
}

static bool is_of(const run_info_t *info, command_t wanted) {
    const json_t *options = json_object_get(info->manifest, "options");
    const char *command = json_string_value(json_object_get(options, "command"));
    return command && strcmp(command, command_name(wanted)) == 0;
}

/* check-noise: the floors instead of the tables, and 1 where they are too high. */
static int report_noise(const analysis_t *analysis, const waste_list_t *wastes, FILE *out) {
    recommendations_t none = {0};
    char *text = NULL;
    size_t bytes = 0;
    FILE *memory = open_memstream(&text, &bytes);
    summary_print_head(memory, analysis, wastes);
    bool quiet = noise_print(memory, analysis);
    fclose(memory);
    file_write(text_format("%s/summary.txt", analysis->info->folder), text);
    derive_write(analysis, &none, &(standings_t){0});
    fputs(text, out);
    free(text);
    return quiet && analysis->failed == 0 ? 0 : 1;
}

static int report_power(const char *root, const analysis_t *analysis, const waste_list_t *wastes,
                        FILE *out) {
    recommendations_t none = {0};
    power_t power;
    char *text = NULL;
    size_t bytes = 0;
    power_make(analysis, &power);
    FILE *memory = open_memstream(&text, &bytes);
    summary_print_head(memory, analysis, wastes);
    bool good = power_print(memory, &power);
    fclose(memory);
    file_write(text_format("%s/summary.txt", analysis->info->folder), text);
    derive_write(analysis, &none, &(standings_t){0});
    power_derive(analysis, &power);
    figures_draw_power(root, analysis->info->folder, power.workload);
    fputs(text, out);
    free(text);
    return good && analysis->failed == 0 ? 0 : 1;
}

int report_into(const char *root, const char *folder, const options_t *options, FILE *out) {
    run_info_t info;
    samples_t samples;
    analysis_t analysis;
    recommendations_t recommendations;
    standings_t standings;
    waste_list_t wastes;
    figure_list_t figures;
    manifest_load(folder, &info);
    info.margin = options->margin_given ? options->margin / 100 : info.margin;
    samples_load(text_format("%s/samples.jsonl", folder), &samples);
    waste_load(text_format("%s/waste.jsonl", folder), &wastes);
    if (samples.count == 0) {
        fail("%s has no samples", folder);
    }
    analysis_make(&info, &samples, &analysis);
    if (is_of(&info, COMMAND_CHECK_NOISE) && !options->json) {
        return report_noise(&analysis, &wastes, out);
    }
    if (is_of(&info, COMMAND_CHECK_POWER) && !options->json) {
        return report_power(root, &analysis, &wastes, out);
    }
    recommend(&analysis, &recommendations);
    claims_judge(&analysis, &standings);
    derive_write(&analysis, &recommendations, &standings);
    derive_waste(&info, &wastes);
    figures_draw(root, &analysis, &standings, &wastes, &figures);
    char *text = summary_text(&analysis, &recommendations,
                              is_of(&info, COMMAND_PEERS) ? &standings : NULL, &wastes);
    char *listing = summary_text(&analysis, &recommendations, NULL, &wastes);
    file_write(text_format("%s/summary.txt", folder), text);
    page_write(root, &analysis, &recommendations, &standings, &wastes, &figures, listing);
    if (options->json) {
        json_dumpf(summary_json(&analysis, &recommendations, &standings, &wastes), out,
                   JSON_INDENT(2) | JSON_PRESERVE_ORDER);
        fputc('\n', out);
    } else {
        fputs(text, out);
        fprintf(out, "\nResults: %s (report.html, plots/, derived/)\n", folder);
    }
    free(listing);
    free(text);
    return analysis.failed || wastes.failed || figures.failed ? 1 : 0;
}

int report_make(const char *root, const char *folder, const options_t *options) {
    return report_into(root, folder, options, stdout);
}
