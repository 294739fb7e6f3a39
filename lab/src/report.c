/*
 * report.c - raw samples to tables, figures, page and summary. See report.h.
 */
#include "report.h"

#include "analysis.h"
#include "derive.h"
#include "figures.h"
#include "page.h"
#include "recommend.h"
#include "summary.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>

char *report_find(const char *root, const char *name) {
    char *below = text_format("%s/results/%s", root, name);
    const char *const places[] = {name, below};
    for (size_t i = 0; i < 2; i++) {
        if (file_exists(text_format("%s/manifest.json", places[i]))) {
            return path_real(places[i]);
        }
    }
    fail_usage("'%s' is no run: neither a folder with a manifest.json nor a run-id in %s/results",
               name, root);
}

int report_make(const char *root, const char *folder, const options_t *options) {
    run_info_t info;
    samples_t samples;
    analysis_t analysis;
    recommendations_t recommendations;
    figure_list_t figures;
    manifest_load(folder, &info);
    samples_load(text_format("%s/samples.jsonl", folder), &samples);
    if (samples.count == 0) {
        fail("%s has no samples", folder);
    }
    analysis_make(&info, &samples, &analysis);
    recommend(&analysis, &recommendations);
    derive_write(&analysis, &recommendations);
    figures_draw(root, &analysis, &figures);
    char *text = NULL;
    size_t bytes = 0;
    FILE *memory = open_memstream(&text, &bytes);
    summary_print(memory, &analysis, &recommendations);
    fclose(memory);
    file_write(text_format("%s/summary.txt", folder), text);
    page_write(&analysis, &recommendations, &figures, text);
    if (options->json) {
        json_dumpf(summary_json(&analysis, &recommendations), stdout,
                   JSON_INDENT(2) | JSON_PRESERVE_ORDER);
        putchar('\n');
    } else {
        fputs(text, stdout);
        printf("\nResults: %s (report.html, plots/, derived/)\n", folder);
    }
    free(text);
    return analysis.failed || figures.failed ? 1 : 0;
}
