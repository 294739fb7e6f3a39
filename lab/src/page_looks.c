/*
 * page_looks.c - see page_looks.h.
 */
#include "page_looks.h"

#include "derive.h"
#include "derive_looks.h"
#include "table.h"
#include "text.h"

#include <math.h>
#include <string.h>

void page_text(FILE *file, const char *text) {
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

void page_cell(FILE *file, const char *text) {
    fputs("<td>", file);
    page_text(file, text);
    fputs("</td>", file);
}

static void put_number(FILE *file, const char *format, double value) {
    char text[32];
    snprintf(text, sizeof text, format, value);
    page_cell(file, isnan(value) ? "-" : text);
}

static void begin_row(FILE *file, const sample_t *s) {
    fputs("<tr>", file);
    page_cell(file, s->allocator);
}

/* In a row of a table that shows no figures of it: why. */
static void end_with_status(FILE *file, const sample_t *s, int columns) {
    fprintf(file, "<td class=\"misses\" colspan=\"%d\">", columns);
    page_text(file, s->status);
    fputs("</td></tr>\n", file);
}

static void put_latency(FILE *file, const sample_t *s) {
    const latency_t *both[] = {&s->malloc_latency, &s->free_latency};
    begin_row(file, s);
    if (!s->has_latency || !sample_counts_as_time(s)) {
        end_with_status(file, s, 10);
        return;
    }
    for (size_t i = 0; i < 2; i++) {
        const double values[] = {both[i]->p50_ns, both[i]->p99_ns, both[i]->p999_ns,
                                 both[i]->p9999_ns, both[i]->max_ns};
        for (size_t j = 0; j < sizeof values / sizeof *values; j++) {
            put_number(file, "%.0f", values[j]);
        }
    }
    fputs("</tr>\n", file);
}

static void put_memory(FILE *file, const sample_t *s) {
    memory_split_t m;
    begin_row(file, s);
    if (!looks_split(s, &m)) {
        end_with_status(file, s, 8);
        return;
    }
    const double values[] = {m.requested, m.rounding, m.held,     m.metadata,
                             m.resident,  m.drain[0], m.drain[1], m.drain[2]};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        put_number(file, "%.2f", values[i] / 1048576);
    }
    fputs("</tr>\n", file);
}

static void put_calls(FILE *file, const sample_t *s) {
    static const char *const names[] = {"mmap", "munmap", "mremap", "madvise", "brk"};
    begin_row(file, s);
    if (!s->calls || sample_failed(s)) {
        end_with_status(file, s, 6);
        return;
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        put_number(file, "%.1f", looks_calls(s, names[i]));
    }
    put_number(file, "%.1f", (s->minor_faults + s->major_faults) / s->ops * 1e6);
    fputs("</tr>\n", file);
}

static const struct {
    phase_t phase;
    const char *head, *columns;
    void (*put)(FILE *file, const sample_t *sample);
} tables[] = {
    {PHASE_LATENCY, "latency, ns (one run; the clock is in it)",
     "<th>malloc p50</th><th>p99</th><th>p99.9</th><th>p99.99</th><th>max</th>"
     "<th>free p50</th><th>p99</th><th>p99.9</th><th>p99.99</th><th>max</th>",
     put_latency},
    {PHASE_MEMORY, "memory, MiB (one run), as the allocator tells",
     "<th>requested</th><th>rounding</th><th>held free</th><th>metadata</th><th>resident</th>"
     "<th>after 0.1 s</th><th>1 s</th><th>5 s</th>",
     put_memory},
    {PHASE_CALLS, "system calls per million operations (one run)",
     "<th>mmap</th><th>munmap</th><th>mremap</th><th>madvise</th><th>brk</th><th>page faults</th>",
     put_calls},
};

void page_looks(FILE *file, const analysis_t *analysis, const char *workload) {
    for (size_t t = 0; t < sizeof tables / sizeof *tables; t++) {
        bool any = false;
        for (size_t i = 0; i < json_array_size(analysis->info->allocators); i++) {
            const char *key = json_string_value(
                json_object_get(json_array_get(analysis->info->allocators, i), "key"));
            for (size_t j = 0; j < analysis->samples->count; j++) {
                const sample_t *s = &analysis->samples->items[j];
                if (s->phase != tables[t].phase || strcmp(s->workload, workload) != 0 ||
                    strcmp(s->allocator, key) != 0) {
                    continue;
                }
                if (!any) {
                    fprintf(file, "<table><tr><th>%s: %s</th>%s</tr>\n", workload, tables[t].head,
                            tables[t].columns);
                }
                any = true;
                tables[t].put(file, s);
            }
        }
        fputs(any ? "</table>\n" : "", file);
    }
}

static const char requests_head[] = "<th>p50</th><th>p90</th><th>p99</th><th>p99.9</th><th>max</th>"
                                    "<th>p99, over hakmem's</th><th>noise floor</th></tr>\n";

/* The median over the samples, and its interval below. */
static void put_request_time(FILE *file, interval_t ns) {
    fprintf(file, "<td class=\"whole\">%s", request_time(ns.mid));
    if (!isnan(ns.lo)) {
        fprintf(file, "<br>[%s, %s]", request_time(ns.lo), request_time(ns.hi));
    }
    fputs("</td>", file);
}

static void put_request_ratio(FILE *file, const request_tail_t *tail, request_part_t part) {
    verdict_t verdict = tail->verdict[part];
    if (strcmp(tail->allocator, "hakmem") == 0) {
        fputs("<td>1 (reference)</td><td></td>", file);
        return;
    }
    fprintf(file, "<td class=\"whole %s\">%s<br>%s</td><td>%.1f %%</td>",
            verdict == VERDICT_LOWER    ? "better"
            : verdict == VERDICT_HIGHER ? "worse"
                                        : "",
            table_interval(tail->ratio[part]), request_word(verdict), 100 * tail->floor[part]);
}

void page_requests(FILE *file, const run_info_t *info, const request_tails_t *tails,
                   const char *workload) {
    bool any = false;
    for (size_t i = 0; i < tails->count; i++) {
        const request_tail_t *tail = &tails->items[i];
        if (strcmp(tail->workload, workload) != 0) {
            continue;
        }
        if (!any) {
            fprintf(file, "<table><tr><th>%s: time of a request</th>%s", workload, requests_head);
        }
        any = true;
        fputs("<tr>", file);
        page_cell(file, derive_label(info, tail->allocator));
        for (request_part_t part = 0; part < REQUEST_PARTS; part++) {
            put_request_time(file, tail->ns[part]);
        }
        put_request_ratio(file, tail, REQUEST_P99);
        fputs("</tr>\n", file);
    }
    if (any) {
        fputs("</table>\n<p class=\"note\">As the load generator of the program tells (-: it does "
              "not): the median over the samples and its 95 % interval, from three samples on. Its "
              "clients wait for each answer, so a stall counts once per client. A maximum is one "
              "request of each sample, so it is not compared.</p>\n",
              file);
    }
}
