/*
 * power.c - see power.h.
 */
#include "power.h"

#include "csv.h"
#include "text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What a sweep compares on one workload: four other allocators. A verdict of a
 * short run is corrected for as many, as if all were as small (Bonferroni's bound). The first
 * launch has no delays: it tells how long an operation takes. */
enum { COMPARISONS = 4, LAUNCHES_LEAST = 3, FIRST_LAUNCH = 1 };

/* Launches that all cells have. */
static unsigned launches_of(const analysis_t *analysis, const char *workload) {
    unsigned least = 0;
    for (size_t i = 0; i < analysis->count; i++) {
        const cell_stats_t *c = &analysis->cells[i];
        if (strcmp(c->workload, workload) == 0 && strchr(c->allocator, '+')) {
            unsigned own = (unsigned)c->ratio[MEASURE_THROUGHPUT].pairs;
            least = least == 0 || own < least ? own : least;
        }
    }
    return least;
}

/* Of a launch, all cells together. */
static double launch_s(const analysis_t *analysis, unsigned launches) {
    double sum = 0;
    for (size_t i = 0; i < analysis->samples->count; i++) {
        const sample_t *s = &analysis->samples->items[i];
        sum += s->rep >= FIRST_LAUNCH ? s->share_s : 0;
    }
    return launches ? sum / launches : NAN;
}

static power_row_t judge(const analysis_t *analysis, const cell_stats_t *cell,
                         const char *reference, size_t length, unsigned launches) {
    power_row_t out = {.allocator = cell->allocator, .launches = length};
    double *widths = text_alloc((launches + 1) * sizeof *widths);
    out.seconds = (double)length * launch_s(analysis, launches);
    for (unsigned from = FIRST_LAUNCH; from + length <= FIRST_LAUNCH + launches;
         from += (unsigned)length) {
        interval_t r = pairs_ratio_of(analysis->samples, cell->id, reference, sample_speed, from,
                                      from + (unsigned)length);
        verdict_t verdict = stats_verdict(r, COMPARISONS * r.p, analysis_margin(analysis));
        widths[out.runs++] = sqrt(r.hi / r.lo) - 1;
        out.slower += verdict == VERDICT_LOWER;
        out.faster += verdict == VERDICT_HIGHER;
        out.equivalent += verdict == VERDICT_EQUIVALENT;
    }
    out.half_width = stats_median(widths, out.runs);
    free(widths);
    return out;
}

void power_make(const analysis_t *analysis, power_t *out) {
    *out = (power_t){.workload = analysis->count ? analysis->cells[0].workload : ""};
    char *reference = text_format("%s/%s/hakmem", phase_name(PHASE_COMPARE), out->workload);
    unsigned launches = launches_of(analysis, out->workload);
    for (size_t i = 0; i < analysis->count; i++) {
        const cell_stats_t *c = &analysis->cells[i];
        for (size_t n = LAUNCHES_LEAST;
             strcmp(c->allocator, "hakmem") != 0 && n <= PLAN_LAUNCHES_MOST && n <= launches; n++) {
            out->items = text_grow(out->items, out->count, sizeof *out->items);
            out->items[out->count++] = judge(analysis, c, reference, n, launches);
        }
    }
}

bool power_print(FILE *out, const power_t *power) {
    bool good = power->count > 0;
    fprintf(out,
            "\n%s: hakmem against itself (hakmem-again), and with a known delay of each operation, "
            "in short runs of so many launches.\nHow many runs call it slower, faster, equivalent "
            "(corrected as one workload of a sweep is); half width: of the median interval.\n"
            "  %-14s %8s %8s %6s %7s %7s %11s %11s\n",
            power->workload, "", "launches", "time", "runs", "slower", "faster", "equivalent",
            "half width");
    for (size_t i = 0; i < power->count; i++) {
        const power_row_t *r = &power->items[i];
        bool last = i + 1 == power->count || power->items[i + 1].allocator != r->allocator;
        bool shown = last || r->launches % 4 == 0 || r->launches == LAUNCHES_LEAST;
        if (shown) {
            fprintf(out, "  %-14s %8zu %7.1fs %6zu %7zu %7zu %11zu %10.2f %%\n", r->allocator,
                    r->launches, r->seconds, r->runs, r->slower, r->faster, r->equivalent,
                    100 * r->half_width);
        }
        if (last && strcmp(r->allocator, "hakmem+2%") == 0) {
            good &= 10 * r->slower >= 9 * r->runs;
        }
        if (last && strcmp(r->allocator, "hakmem-again") == 0) {
            good &= r->slower + r->faster == 0;
        }
    }
    fprintf(out, "\n%s\n",
            good ? "A delay of 2 % is found in nine of ten of the longest runs or more, and the "
                   "twin is never called different"
                 : "Not good enough: a delay of 2 % is not found in nine of ten of the longest "
                   "runs, or the twin is called different");
    return good;
}

void power_derive(const analysis_t *analysis, const power_t *power) {
    FILE *file = csv_open(analysis->info->folder, "power",
                          "workload,allocator,delay_percent,launches,seconds,runs,slower,faster,"
                          "equivalent,found,half_width");
    for (size_t i = 0; i < power->count; i++) {
        const power_row_t *r = &power->items[i];
        const char *plus = strchr(r->allocator, '+');
        double runs = (double)r->runs;
        fprintf(file, "%s,%s,%ld,%zu,", power->workload, r->allocator,
                plus ? strtol(plus, NULL, 10) : 0, r->launches);
        csv_put(file, r->seconds, ",");
        fprintf(file, "%zu,%zu,%zu,%zu,", r->runs, r->slower, r->faster, r->equivalent);
        csv_put(file, (plus ? (double)r->slower : (double)(r->slower + r->faster)) / runs, ",");
        csv_put(file, r->half_width, "\n");
    }
    csv_close(file);
}
