/*
 * noise.c - see noise.h.
 */
#include "noise.h"

#include <math.h>
#include <string.h>

/* Half the interval's width, as a relative difference. */
static double half_width(interval_t r) {
    return sqrt(r.hi / r.lo) - 1;
}

static void print_row(FILE *out, const cell_stats_t *again) {
    fprintf(out, "  %-22s %8zu ", again->workload, again->ratio[MEASURE_THROUGHPUT].pairs);
    for (measure_t m = 0; m <= MEASURE_PEAK; m++) {
        const interval_t *r = &again->ratio[m];
        fprintf(out, "  %.3f [%.3f, %.3f] +-%5.1f %%", r->mid, r->lo, r->hi, 100 * half_width(*r));
    }
    fprintf(out, "  %s\n", analysis_word(again->verdict[MEASURE_THROUGHPUT], MEASURE_THROUGHPUT));
}

bool noise_print(FILE *out, const analysis_t *analysis) {
    double worst = 0, margin = analysis_margin(analysis);
    const char *where = "";
    fprintf(out,
            "\nhakmem against itself: a difference of another allocator that is smaller than the "
            "half width cannot be told here.\n"
            "  %-22s %8s   %-33s  %-33s\n",
            "workload", "launches", "throughput, half width", "peak memory, half width");
    for (size_t i = 0; i < analysis->count; i++) {
        const cell_stats_t *c = &analysis->cells[i];
        if (c->phase != PHASE_COMPARE || strcmp(c->allocator, "hakmem-again") != 0) {
            continue;
        }
        double half = half_width(c->ratio[MEASURE_THROUGHPUT]);
        half = isnan(half) ? INFINITY : half;
        print_row(out, c);
        where = half > worst ? c->workload : where;
        worst = half > worst ? half : worst;
    }
    fprintf(out, "\nThe widest of throughput is +-%.1f %%, on %s: %s (the margin is %.3g %%)\n",
            100 * worst, where,
            worst > margin ? "too noisy to call allocators equal" : "good enough to compare",
            100 * margin);
    return worst <= margin;
}
