/*
 * page.c - writes report.html. See page.h.
 */
#include "page.h"

#include "table.h"
#include "text.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_text(FILE *file, const char *text) {
    for (; *text; text++) {
        switch (*text) {
        case '&':
            fputs("&amp;", file);
            break;
        case '<':
            fputs("&lt;", file);
            break;
        case '>':
            fputs("&gt;", file);
            break;
        default:
            fputc(*text, file);
        }
    }
}

static void put_cell(FILE *file, const char *text) {
    fputs("<td>", file);
    put_text(file, text);
    fputs("</td>", file);
}

/* An SVG without its XML declaration and document type, which may not stand inside HTML. */
static void put_figure(FILE *file, const char *folder, const figure_t *figure) {
    char *path = text_format("%s/plots/%s.svg", folder, figure->name), *all = file_read(path);
    char *svg = all ? strstr(all, "<svg") : NULL;
    fprintf(file, "<figure>%s<figcaption>", svg ? svg : "(not drawn)");
    put_text(file, figure->caption);
    fprintf(file, " (<a href=\"plots/%s.png\">PNG</a>)</figcaption></figure>\n", figure->name);
    free(all);
    free(path);
}

static void put_recommendations(FILE *file, const recommendations_t *all) {
    if (all->count == 0) {
        return;
    }
    fputs("<h2>Recommendation</h2><table><tr><th>workload</th><th>W_MAX mid/large against the "
          "default 1.60/1.30</th></tr>\n",
          file);
    for (size_t i = 0; i < all->count; i++) {
        fputs("<tr>", file);
        put_cell(file, all->items[i].workload ? all->items[i].workload : "all of them");
        put_cell(file, recommend_sentence(&all->items[i]));
        fputs("</tr>\n", file);
    }
    fputs("</table>\n", file);
}

static void put_claims(FILE *file, const standing_t *standing) {
    fputs("<td>", file);
    for (size_t i = 0; i < standing->claim_count; i++) {
        const claim_t *claim = &standing->claims[i];
        const char *word = finding_word(claim->finding);
        fprintf(file, "%s<span class=\"%s\">", i ? "<br>" : "", word);
        put_text(file, text_format("%s: %s (%s)", table_claim(claim), word,
                                   table_figure(standing, claim)));
        fputs("</span>", file);
    }
    if (*standing->failures) {
        fprintf(file,
                "%s<span class=\"misses\">failed samples: ", standing->claim_count ? "<br>" : "");
        put_text(file, standing->failures);
        fputs("</span>", file);
    }
    fputs("</td>", file);
}

static void put_table(FILE *file, const standings_t *standings) {
    const char *group = "";
    if (standings->count == 0) {
        return;
    }
    fprintf(file,
            "<h2>hakmem against the best other allocator</h2><p>Ratios are hakmem over the other, "
            "paired by repetition, with 95 %% intervals: above 1 is faster, or more memory. "
            "Claims: %s.</p>\n<table><tr><th>workload</th><th colspan=\"3\">fastest: speed</th>"
            "<th colspan=\"3\">leanest: peak</th><th colspan=\"3\">leanest: steady</th>"
            "<th>claims</th></tr>\n",
            table_count(standings));
    for (size_t i = 0; i < standings->count; i++) {
        const standing_t *s = &standings->items[i];
        if (strcmp(group, s->group) != 0) {
            group = s->group;
            fputs("<tr><th colspan=\"11\">", file);
            put_text(file, group);
            fputs("</th></tr>\n", file);
        }
        fprintf(file, "<tr><td><a href=\"#%s\">%s</a></td>", s->workload, s->workload);
        for (rivalry_t r = 0; r < RIVALS; r++) {
            const rival_t *rival = &s->rivals[r];
            put_cell(file, rival->allocator ? rival->allocator : "-");
            put_cell(file, table_interval(rival->ratio));
            put_cell(file, rival->allocator ? table_verdict(rival->verdict, r) : "-");
        }
        put_claims(file, s);
        fputs("</tr>\n", file);
    }
    fputs("</table>\n", file);
}

static void put_latency(FILE *file, const analysis_t *analysis, const char *workload) {
    bool any = false;
    for (size_t i = 0; i < analysis->count; i++) {
        const cell_stats_t *c = &analysis->cells[i];
        if (!c->latency || strcmp(c->workload, workload) != 0) {
            continue;
        }
        if (!any) {
            fputs("<table><tr><th>latency, ns (one run)</th><th>malloc p50</th><th>p99</th>"
                  "<th>p99.9</th><th>max</th><th>free p50</th><th>p99</th><th>p99.9</th>"
                  "<th>max</th></tr>\n",
                  file);
        }
        any = true;
        const latency_t *m = &c->latency->malloc_latency, *f = &c->latency->free_latency;
        fputs("<tr>", file);
        put_cell(file, c->allocator);
        const double values[] = {m->p50_ns, m->p99_ns, m->p999_ns, m->max_ns,
                                 f->p50_ns, f->p99_ns, f->p999_ns, f->max_ns};
        for (size_t j = 0; j < sizeof values / sizeof *values; j++) {
            put_cell(file, isnan(values[j]) ? "-" : text_format("%.0f", values[j]));
        }
        fputs("</tr>\n", file);
    }
    fputs(any ? "</table>\n" : "", file);
}

static void put_workload(FILE *file, const analysis_t *analysis, const figure_list_t *figures,
                         const json_t *row) {
    const char *name = json_string_value(json_object_get(row, "name"));
    fprintf(file, "<h2 id=\"%s\">", name);
    put_text(file, name);
    fputs("</h2><p>", file);
    put_text(file, json_string_value(json_object_get(row, "title")));
    fputs(". ", file);
    put_text(file, json_string_value(json_object_get(row, "stands_for")));
    fputs("</p>\n", file);
    for (size_t i = 0; i < figures->count; i++) {
        if (strcmp(figures->items[i].workload, name) == 0) {
            put_figure(file, analysis->info->folder, &figures->items[i]);
        }
    }
    put_latency(file, analysis, name);
}

static void put_allocators(FILE *file, const run_info_t *info) {
    static const char *const keys[] = {"name", "version", "package", "path", "sha256"};
    fputs("<h2>Allocators</h2><table><tr>", file);
    for (size_t k = 0; k < 5; k++) {
        fprintf(file, "<th>%s</th>", keys[k]);
    }
    fputs("</tr>\n", file);
    for (size_t i = 0; i < json_array_size(info->allocators); i++) {
        fputs("<tr>", file);
        for (size_t k = 0; k < 5; k++) {
            put_cell(file, json_string_value(
                               json_object_get(json_array_get(info->allocators, i), keys[k])));
        }
        fputs("</tr>\n", file);
    }
    fputs("</table>\n", file);
}

static const char style[] =
    "body{font:15px/1.45 sans-serif;margin:2em auto;max-width:1100px;padding:0 1em;color:#222}"
    "table{border-collapse:collapse;margin:1em 0;font-size:13px}"
    "td,th{border:1px solid #bbb;padding:3px 8px;text-align:left}th{background:#eee}"
    "td{word-break:break-word}pre{overflow-x:auto;background:#f6f6f6;padding:1em;font-size:12px}"
    ".misses{color:#b00}.undecided,.untested{color:#960}"
    "figure{margin:1.5em 0}figure svg{max-width:100%;height:auto}figcaption{color:#555}";

void page_write(const analysis_t *analysis, const recommendations_t *recommendations,
                const standings_t *standings, const figure_list_t *figures, const char *summary) {
    const run_info_t *info = analysis->info;
    char *text = NULL;
    size_t bytes = 0;
    FILE *file = open_memstream(&text, &bytes);
    fprintf(file,
            "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
            "<title>HAKMEM run %s</title><style>%s</style></head><body>\n<h1>HAKMEM run %s</h1>\n",
            info->run_id, style, info->run_id);
    fprintf(file,
            "<p>%zu samples, %zu of them failed. Raw data: samples.jsonl and manifest.json "
            "beside this page; tables: derived/.</p>\n",
            analysis->samples->count, analysis->failed);
    put_recommendations(file, recommendations);
    put_table(file, standings);
    fputs("<h2>Summary</h2><pre>", file);
    put_text(file, summary);
    fputs("</pre>\n", file);
    for (size_t i = 0; i < json_array_size(info->workloads); i++) {
        put_workload(file, analysis, figures, json_array_get(info->workloads, i));
    }
    put_allocators(file, info);
    fputs("</body></html>\n", file);
    fclose(file);
    file_write(text_format("%s/report.html", info->folder), text);
    free(text);
}
