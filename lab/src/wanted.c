/*
 * wanted.c - see wanted.h.
 */
#include "wanted.h"

#include "stopping.h"

#include <math.h>
#include <string.h>

bool wanted_is_open(const cell_stats_t *row) {
    return row->phase == PHASE_COMPARE && row->verdict[MEASURE_THROUGHPUT] == VERDICT_UNDECIDED &&
           row->ratio[MEASURE_THROUGHPUT].pairs > 0 && strcmp(row->allocator, "hakmem") != 0 &&
           !strstr(row->allocator, "-again");
}

double wanted_launches(const analysis_t *analysis, const cell_stats_t *row) {
    return stopping_launches(row->ratio[MEASURE_THROUGHPUT], analysis_margin(analysis),
                             analysis_count(analysis, PHASE_COMPARE, NULL));
}

/* Of a sample of this workload, on the mean. */
static double sample_s(const analysis_t *analysis, const char *workload) {
    double sum = 0, count = 0;
    for (size_t i = 0; i < analysis->samples->count; i++) {
        const sample_t *s = &analysis->samples->items[i];
        if (s->phase == PHASE_COMPARE && strcmp(s->workload, workload) == 0) {
            sum += s->share_s;
            count++;
        }
    }
    return sum / count;
}

static bool is_first_of_workload(const analysis_t *analysis, size_t at) {
    for (size_t i = 0; i < at; i++) {
        if (wanted_is_open(&analysis->cells[i]) &&
            strcmp(analysis->cells[i].workload, analysis->cells[at].workload) == 0) {
            return false;
        }
    }
    return true;
}

/* The reference runs in every launch, a row until it is decided, and the twin perhaps as long. */
static double workload_seconds(const analysis_t *analysis, const char *workload) {
    double most = 0, sum = 0;
    for (size_t i = 0; i < analysis->count; i++) {
        const cell_stats_t *c = &analysis->cells[i];
        double launches = wanted_launches(analysis, c);
        if (wanted_is_open(c) && strcmp(c->workload, workload) == 0 && launches <= WANTED_MOST) {
            sum += launches;
            most = fmax(most, launches);
        }
    }
    return most == 0 ? 0 : (sum + 2 * most) * sample_s(analysis, workload);
}

double wanted_seconds(const analysis_t *analysis) {
    double sum = 0;
    for (size_t i = 0; i < analysis->count; i++) {
        if (wanted_is_open(&analysis->cells[i]) && is_first_of_workload(analysis, i)) {
            sum += workload_seconds(analysis, analysis->cells[i].workload);
        }
    }
    return sum;
}
