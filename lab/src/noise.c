/*
 * noise.c - see noise.h. The floors are those of the reports (stats.h): 95 % of medians of so many
 * A/A ratios lie within them.
 */
#include "noise.h"

#include <math.h>
#include <string.h>

static const double too_noisy = 0.05;

static void print_row(FILE *out, const analysis_t *analysis, const cell_stats_t *again) {
    const interval_t *r = &again->ratio[MEASURE_THROUGHPUT];
    fprintf(out, "  %-22s %5zu  ", again->workload, r->pairs);
    for (measure_t m = MEASURE_THROUGHPUT; m <= MEASURE_PEAK; m++) {
        const size_t pairs[] = {1, r->pairs, 15};
        for (size_t i = 0; i < 3; i++) {
            fprintf(out, " %6.1f %%", 100 * analysis_floor(analysis, again->workload, m, pairs[i]));
        }
        fputs(m == MEASURE_THROUGHPUT ? "  " : "", out);
    }
    fprintf(out, "   %.3f [%.3f, %.3f]\n", r->mid, r->lo, r->hi);
}

bool noise_print(FILE *out, const analysis_t *analysis) {
    double worst = 0;
    const char *where = "";
    fprintf(out,
            "\nhakmem against itself. A difference within the floor cannot be told on this machine "
            "as it is now.\n"
            "  %-22s %5s   %-27s   %-27s   %s\n  %-22s %5s   %8s %8s %8s   %8s %8s %8s\n",
            "workload", "pairs", "floor of throughput, for", "floor of peak memory, for",
            "throughput ratio", "", "", "1 pair", "these", "15", "1 pair", "these", "15");
    for (size_t i = 0; i < analysis->count; i++) {
        const cell_stats_t *c = &analysis->cells[i];
        if (c->phase != PHASE_COMPARE || strcmp(c->allocator, "hakmem-again") != 0) {
            continue;
        }
        double floor = analysis_floor(analysis, c->workload, MEASURE_THROUGHPUT,
                                      c->ratio[MEASURE_THROUGHPUT].pairs);
        print_row(out, analysis, c);
        where = floor > worst ? c->workload : where;
        worst = floor > worst ? floor : worst;
    }
    fprintf(out, "\nThe highest floor of throughput is %.1f %%, on %s: %s\n", 100 * worst, where,
            worst > too_noisy ? "too noisy to compare allocators (above 5 %)"
                              : "good enough to compare allocators (5 % at most)");
    return worst <= too_noisy;
}
