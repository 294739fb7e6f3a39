/*
 * page.c - writes report.html. See page.h.
 */
#include "page.h"

#include "averages.h"
#include "derive.h"
#include "page_looks.h"
#include "page_method.h"
#include "table.h"
#include "text.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct page {
    const analysis_t *analysis;
    const standings_t *standings;
    const waste_list_t *wastes;
    const figure_list_t *figures;
    request_tails_t requests;
} page_t;

/* gnuplot titles what it draws by the words of its script, and browsers show that as a tooltip. */
static void remove_titles(char *svg) {
    for (char *from = strstr(svg, "<title>"); from; from = strstr(from, "<title>")) {
        char *to = strstr(from, "</title>");
        if (!to) {
            return;
        }
        to += strlen("</title>");
        memmove(from, to, strlen(to) + 1);
    }
}

/* An SVG without its XML declaration and document type, which may not stand inside HTML. */
/* Its caption may go on: end_figure() is the caller's. */
static void begin_figure(FILE *file, const page_t *page, const figure_t *figure) {
    char *path = text_format("%s/plots/%s.svg", page->analysis->info->folder, figure->name);
    char *all = file_read(path), *svg = all ? strstr(all, "<svg") : NULL;
    if (svg) {
        remove_titles(svg);
    }
    /* gnuplot's SVGs have no size of their own: they would grow with the window. */
    const char *box = svg ? strstr(svg, "viewBox=\"0 0 ") : NULL;
    fprintf(file, "<figure><div class=\"figure\" style=\"max-width:%ldpx\">%s</div><figcaption>",
            box ? strtol(box + strlen("viewBox=\"0 0 "), NULL, 10) : 1240L,
            svg ? svg : "(not drawn)");
    page_text(file, figure->caption);
    fprintf(file, " (<a href=\"plots/%s.png\">PNG</a>)", figure->name);
    free(all);
    free(path);
}

static void end_figure(FILE *file) {
    fputs("</figcaption></figure>\n", file);
}

static void put_figures(FILE *file, const page_t *page, figure_scope_t scope, const char *of) {
    for (size_t i = 0; i < page->figures->count; i++) {
        const figure_t *figure = &page->figures->items[i];
        if (figure->scope != scope || strcmp(figure->of, of) != 0) {
            continue;
        }
        if (figure->missing) {
            fputs("<p class=\"note missing\">", file);
            page_text(file, figure->caption);
            fprintf(file, ": not drawn, because %s.</p>\n", figure->missing);
        } else {
            begin_figure(file, page, figure);
            end_figure(file);
        }
    }
}

static void put_recommendations(FILE *file, const recommendations_t *all) {
    if (all->count == 0) {
        return;
    }
    fprintf(file,
            "<h2>Recommendation</h2><table><tr><th>workload</th><th>W_MAX mid/large against the "
            "default %s</th></tr>\n",
            wmax_default_pair());
    for (size_t i = 0; i < all->count; i++) {
        fputs("<tr>", file);
        page_cell(file, all->items[i].workload ? all->items[i].workload : "all of them");
        page_cell(file, recommend_sentence(&all->items[i]));
        fputs("</tr>\n", file);
    }
    fputs("</table>\n<p class=\"note\">What the grid suggests is measured afresh, and recommended "
          "only "
          "where these samples differ from the default beyond the noise floor and significantly "
          "among all comparisons: the best of many noisy cells always looks like a gain.</p>\n",
          file);
}

static void put_claims(FILE *file, const standing_t *standing) {
    fputs("<td class=\"claims\">", file);
    for (size_t i = 0; i < standing->claim_count; i++) {
        const claim_t *claim = &standing->claims[i];
        const char *word = finding_word(claim->finding);
        fprintf(file, "%s<span class=\"%s\">", i ? "<br>" : "", word);
        page_text(file, table_claim_line(standing, claim));
        fputs("</span>", file);
    }
    if (*standing->failures) {
        fprintf(file,
                "%s<span class=\"misses\">failed samples: ", standing->claim_count ? "<br>" : "");
        page_text(file, standing->failures);
        fputs("</span>", file);
    }
    fputs("</td>", file);
}

static void put_rival(FILE *file, const rival_t *rival, rivalry_t rivalry) {
    bool good =
        rivalry == RIVAL_SPEED ? rival->verdict == VERDICT_HIGHER : rival->verdict == VERDICT_LOWER;
    bool bad = !good && (rival->verdict == VERDICT_HIGHER || rival->verdict == VERDICT_LOWER);
    fprintf(file, "<td class=\"whole\">%s</td><td class=\"whole %s\">%s",
            rival->allocator ? rival->allocator : "-",
            good  ? "better"
            : bad ? "worse"
                  : "",
            table_interval(rival->ratio));
    if (rival->allocator) {
        fprintf(file, "<br>%s", table_verdict(rival->verdict, rivalry));
    }
    fputs("</td>", file);
}

static void put_table(FILE *file, const standings_t *standings) {
    const char *group = "";
    if (standings->count == 0) {
        return;
    }
    fprintf(file,
            "<h2 id=\"table\">hakmem against the best other allocator</h2><p>Ratios are hakmem "
            "over the other, "
            "paired by repetition, with 95 %% intervals: above 1 is faster, or more memory. "
            "Claims: %s.</p>\n<table><tr><th>workload</th><th colspan=\"2\">fastest: speed</th>"
            "<th colspan=\"2\">leanest: peak</th><th colspan=\"2\">leanest: steady</th>"
            "<th>claims</th></tr>\n",
            table_count(standings));
    for (size_t i = 0; i < standings->count; i++) {
        const standing_t *s = &standings->items[i];
        if (strcmp(group, s->group) != 0) {
            group = s->group;
            fputs("<tr><th colspan=\"8\">", file);
            page_text(file, group);
            fputs("</th></tr>\n", file);
        }
        fprintf(file, "<tr><td><a href=\"#%s\">%s</a></td>", s->workload, s->workload);
        for (rivalry_t r = 0; r < RIVALS; r++) {
            put_rival(file, &s->rivals[r], r);
        }
        put_claims(file, s);
        fputs("</tr>\n", file);
    }
    fputs("</table>\n", file);
}

static char *percent_text(double waste) {
    return isnan(waste) ? text_copy("-")
                        : text_format("%.*f %%", waste < 0.9995 ? 1 : 0, 100 * waste);
}

static void put_waste_row(FILE *file, const page_t *page, const waste_t *waste) {
    fputs("<tr>", file);
    page_cell(file, derive_label(page->analysis->info, waste->allocator));
    if (strcmp(waste->status, "ok") != 0) {
        fprintf(file, "<td class=\"misses\" colspan=\"%d\">", 2 * WASTE_RANGES);
        page_text(file, waste->status);
        fputs("</td></tr>\n", file);
        return;
    }
    for (size_t r = 0; r < WASTE_RANGES; r++) {
        page_cell(file, percent_text(waste_usable_mean(waste, &waste_ranges[r])));
        page_cell(file, percent_text(waste_touched_mean(waste, &waste_ranges[r])));
    }
    fputs("</tr>\n", file);
}

static void put_waste_means(FILE *file, const page_t *page) {
    fputs("<table><tr><th>mean waste, of the request</th>", file);
    for (size_t r = 0; r < WASTE_RANGES; r++) {
        fprintf(file, "<th>%s: usable</th><th>touched</th>", waste_ranges[r].name);
    }
    fputs("</tr>\n", file);
    for (size_t i = 0; i < page->wastes->count; i++) {
        put_waste_row(file, page, &page->wastes->items[i]);
    }
    fputs(
        "</table>Means are over all sizes of a range, evenly on their logarithm, so that each "
        "doubling counts alike. A size below 16 B wastes most by far: the first range tells of the "
        "least block.\n",
        file);
}

/* The means stand in the caption of the first figure. */
static void put_waste(FILE *file, const page_t *page) {
    bool told = page->wastes->count == 0;
    if (told) {
        return;
    }
    fputs(
        "<h2 id=\"waste\">Waste by size</h2>\n"
        "<p>What a block costs beyond its size. <i>Usable</i>: what malloc_usable_size says. "
        "<i>Touched</i>: anonymous memory per block when 4 MiB of blocks of a size are held and a "
        "byte is written in each of their pages.</p>\n",
        file);
    for (size_t i = 0; i < page->figures->count; i++) {
        const figure_t *figure = &page->figures->items[i];
        if (figure->scope == FIGURE_OF_RUN && strcmp(figure->of, "waste") == 0) {
            begin_figure(file, page, figure);
            if (!told) {
                put_waste_means(file, page);
            }
            told = true;
            end_figure(file);
        }
    }
    if (!told) {
        put_waste_means(file, page);
    }
}

static const json_t *workload_row(const json_t *workloads, const char *name) {
    return json_array_get(workloads, manifest_place(workloads, "name", name));
}

static const char *fact(const json_t *row, const char *key) {
    const char *text = json_string_value(json_object_get(row, key));
    return text ? text : "";
}

static void put_tables(FILE *file, const page_t *page, const char *workload) {
    page_requests(file, page->analysis->info, &page->requests, workload);
    page_looks(file, page->analysis, workload);
}

static void put_workload(FILE *file, const page_t *page, const json_t *row) {
    const char *name = fact(row, "name");
    fprintf(file, "<h2 id=\"%s\">", name);
    page_text(file, name);
    fputs("</h2><p>", file);
    page_text(file, fact(row, "title"));
    fputs(". ", file);
    page_text(file, fact(row, "stands_for"));
    fputs("</p>\n", file);
    put_figures(file, page, FIGURE_OF_WORKLOAD, name);
    put_tables(file, page, name);
}

/* How many workloads from `place` on, of the same group, stand for the same: variants of one. */
static size_t variants_from(const page_t *page, size_t place, const json_t *row) {
    const standings_t *all = page->standings;
    const json_t *workloads = page->analysis->info->workloads;
    size_t count = 0;
    for (size_t i = place; i < all->count; i++, count++) {
        const json_t *other = workload_row(workloads, all->items[i].workload);
        if (all->items[i].group_place != all->items[place].group_place ||
            strcmp(fact(other, "stands_for"), fact(row, "stands_for")) != 0) {
            break;
        }
    }
    return count;
}

/* The workloads of the group that begins at `place`; returns where the next begins. */
static size_t put_group_workloads(FILE *file, const page_t *page, size_t place) {
    const standings_t *all = page->standings;
    const json_t *workloads = page->analysis->info->workloads;
    size_t group_place = all->items[place].group_place, spanned = 0;
    fputs("<table><tr><th>workload</th><th>what it does</th><th>what it stands for</th></tr>\n",
          file);
    for (; place < all->count && all->items[place].group_place == group_place; place++) {
        const json_t *row = workload_row(workloads, all->items[place].workload);
        fprintf(file, "<tr id=\"%s\">", fact(row, "name"));
        page_cell(file, fact(row, "name"));
        page_cell(file, fact(row, "title"));
        if (spanned == 0) {
            spanned = variants_from(page, place, row);
            fprintf(file, "<td rowspan=\"%zu\">", spanned);
            page_text(file, fact(row, "stands_for"));
            fputs("</td>", file);
        }
        spanned--;
        fputs("</tr>\n", file);
    }
    fputs("</table>\n", file);
    return place;
}

static void put_groups(FILE *file, const page_t *page) {
    const standings_t *all = page->standings;
    for (size_t i = 0; i < all->count;) {
        const standing_t *first = &all->items[i];
        fprintf(file, "<h2 id=\"group-%zu\">", first->group_place);
        page_text(file, first->group);
        fputs("</h2>\n", file);
        put_figures(file, page, FIGURE_OF_GROUP, first->group);
        size_t next = put_group_workloads(file, page, i);
        for (; i < next; i++) {
            put_figures(file, page, FIGURE_OF_WORKLOAD, all->items[i].workload);
            put_tables(file, page, all->items[i].workload);
        }
    }
}

/* Where to find what, on a page of many groups. */
static void put_contents(FILE *file, const page_t *page) {
    const standings_t *all = page->standings;
    fputs("<p><a href=\"#table\">All workloads</a>", file);
    if (page->wastes->count > 0) {
        fputs(" &middot; <a href=\"#waste\">Waste by size</a>", file);
    }
    for (size_t i = 0; i < all->count; i++) {
        if (i == 0 || all->items[i].group_place != all->items[i - 1].group_place) {
            fprintf(file, " &middot; <a href=\"#group-%zu\">", all->items[i].group_place);
            page_text(file, all->items[i].group);
            fputs("</a>", file);
        }
    }
    fputs(" &middot; <a href=\"#allocators\">Allocators</a></p>\n", file);
}

/* hakmem against each other allocator, with the noise floor, where there is no section a group. */
static void put_group_figures(FILE *file, const page_t *page) {
    const standings_t *all = page->standings;
    if (all->count > 0) {
        fputs("<h2>Against each other allocator</h2>\n", file);
    }
    for (size_t i = 0; i < all->count; i++) {
        if (i == 0 || all->items[i].group_place != all->items[i - 1].group_place) {
            put_figures(file, page, FIGURE_OF_GROUP, all->items[i].group);
        }
    }
}

static void put_workloads(FILE *file, const page_t *page, const char *summary) {
    const json_t *workloads = page->analysis->info->workloads;
    bool by_group = figures_by_group(page->standings);
    if (by_group) {
        put_groups(file, page);
    } else {
        put_group_figures(file, page);
    }
    fputs(by_group ? "<h2>Every allocator on every workload</h2>"
                     "<details><summary>as on the terminal</summary><pre>"
                   : "<h2>Summary</h2><pre>",
          file);
    page_text(file, summary);
    fputs(by_group ? "</pre></details>\n" : "</pre>\n", file);
    for (size_t i = 0; !by_group && i < json_array_size(workloads); i++) {
        put_workload(file, page, json_array_get(workloads, i));
    }
}

/* The list of sentences that the manifest has under `key`. */
static void put_warnings(FILE *file, const run_info_t *info, const char *key, const char *when) {
    const json_t *list = json_object_get(info->manifest, key);
    for (size_t i = 0; i < json_array_size(list); i++) {
        fprintf(file, "<p class=\"misses\">Bad for measuring%s: ", when);
        page_text(file, json_string_value(json_array_get(list, i)));
        fputs("</p>\n", file);
    }
}

static void put_averages(FILE *file, const page_t *page) {
    averages_t all;
    averages_make(page->analysis, &all);
    if (all.count == 0 || all.items[0].workloads < 2) {
        return;
    }
    put_figures(file, page, FIGURE_OF_RUN, "averages");
    fputs("<table><tr><th>over all workloads: allocator over hakmem</th><th>throughput</th>"
          "<th>peak memory</th><th>steady memory</th><th>workloads</th></tr>\n",
          file);
    for (size_t i = 1; i < all.count; i++) {
        fputs("<tr>", file);
        page_cell(file, derive_label(page->analysis->info, all.items[i].allocator));
        for (measure_t m = 0; m < MEASURES; m++) {
            page_cell(file, table_interval(all.items[i].ratio[m]));
        }
        fprintf(file, "<td>%zu</td></tr>\n", all.items[i].workloads);
    }
    fputs("</table>\n", file);
}

static void put_allocators(FILE *file, const run_info_t *info) {
    static const char *const keys[] = {"name", "version", "package", "path", "sha256"};
    fputs("<h2 id=\"allocators\">Allocators</h2><table><tr>", file);
    for (size_t k = 0; k < 5; k++) {
        fprintf(file, "<th>%s</th>", keys[k]);
    }
    fputs("</tr>\n", file);
    for (size_t i = 0; i < json_array_size(info->allocators); i++) {
        fputs("<tr>", file);
        for (size_t k = 0; k < 5; k++) {
            page_cell(file, json_string_value(
                                json_object_get(json_array_get(info->allocators, i), keys[k])));
        }
        fputs("</tr>\n", file);
    }
    fputs("</table>\n", file);
}

static const char style[] =
    "body{font:15px/1.45 sans-serif;margin:2em auto;max-width:1240px;padding:0 1em;color:#222}"
    "table{border-collapse:collapse;margin:1em 0;font-size:13px;display:block;overflow-x:auto;"
    "max-width:100%}th.sorts{cursor:pointer}th.sorts::after{content:\" \\2195\";color:#888}"
    ".hint{display:block;color:#555;font-size:12px;margin:.6em 0 0}"
    ".figure{overflow-x:auto}.figure svg{min-width:640px}"
    "td,th{border:1px solid #bbb;padding:3px 8px;text-align:left}th{background:#eee}"
    "td{overflow-wrap:break-word;min-width:3em}td.whole{white-space:nowrap}td.claims{min-width:"
    "17em}pre{overflow-x:auto;background:#f6f6f6;"
    "padding:1em;font-size:12px}"
    ".better{color:#2166ac}.worse{color:#b35806}.misses{color:#b00}.undecided,.untested{color:#960}"
    ".note{color:#555;font-size:13px;margin-top:-.5em}"
    "figure{margin:1.5em 0}figure svg{max-width:100%;height:auto}figcaption{color:#555}";

/* What is wider than its place says so: on a phone nothing else shows that it goes on. */
static const char hint_script[] =
    "const hints=()=>{document.querySelectorAll('.hint').forEach(h=>h.remove());"
    "document.querySelectorAll('table,.figure,pre').forEach(e=>{if(e.scrollWidth>e.clientWidth+4){"
    "const h=document.createElement('span');h.className='hint';"
    "h.textContent='\\u2194 wider than the screen: scroll sideways';e.before(h)}})};"
    "hints();addEventListener('resize',hints);";

/* A click on a heading sorts by the first number in each cell, or by its text; once more, the other
 * way round. Headings of groups have no place in a sorted table and are hidden. */
static const char script[] =
    "document.querySelectorAll('table').forEach(t=>{const rows=[...t.rows].slice(1);"
    "if(rows.length<2||rows.some(r=>[...r.cells].some(c=>c.rowSpan>1)))return;let at=0;"
    "[...t.rows[0].cells].forEach(h=>{const column=at+h.colSpan-1;at+=h.colSpan;let up=1;"
    "h.classList.add('sorts');h.onclick=()=>{up=-up;const key=r=>{const s=r.cells[column]?"
    "r.cells[column].textContent:'';const n=s.match(/-?\\d+(\\.\\d+)?/);return n?+n[0]:s};"
    "rows.forEach(r=>{r.hidden=r.cells.length<2});"
    "[...rows].sort((a,b)=>{const x=key(a),y=key(b);return up*(typeof x===typeof "
    "y?(x<y?-1:x>y?1:0):"
    "typeof x==='number'?-1:1)}).forEach(r=>r.parentNode.appendChild(r))}})})";

void page_write(const analysis_t *analysis, const recommendations_t *recommendations,
                const standings_t *standings, const waste_list_t *wastes,
                const figure_list_t *figures, const char *summary) {
    const run_info_t *info = analysis->info;
    page_t page = {analysis, standings, wastes, figures, {0}};
    requests_make(analysis, &page.requests);
    char *text = NULL;
    size_t bytes = 0;
    FILE *file = open_memstream(&text, &bytes);
    fprintf(file,
            "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
            "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
            "<title>HAKMEM run %s</title><style>%s</style></head><body>\n<h1>HAKMEM run %s</h1>\n",
            info->run_id, style, info->run_id);
    fprintf(file,
            "<p>%zu samples, %zu of them failed. Raw data: samples.jsonl and manifest.json "
            "beside this page; tables: derived/. <a href=\"#method\">How it was measured</a></p>\n",
            analysis->samples->count, analysis->failed);
    put_warnings(file, info, "warnings", "");
    put_warnings(file, info, "warnings_at_end", ", at the end");
    if (figures_by_group(standings)) {
        put_contents(file, &page);
    }
    put_recommendations(file, recommendations);
    put_figures(file, &page, FIGURE_OF_RUN, "overview");
    put_averages(file, &page);
    put_table(file, standings);
    put_waste(file, &page);
    put_workloads(file, &page, summary);
    page_method(file, analysis);
    put_allocators(file, info);
    fprintf(file, "<script>%s\n%s</script></body></html>\n", hint_script, script);
    fclose(file);
    file_write(text_format("%s/report.html", info->folder), text);
    free(text);
}
