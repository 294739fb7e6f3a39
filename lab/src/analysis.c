/*
 * analysis.c - groups samples by cell, pairs them with their reference, takes the statistics.
 * See analysis.h for what is a ratio of what.
 */
#include "analysis.h"

#include "moderate.h"
#include "text.h"

#include <gsl/gsl_statistics_double.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What is not above 0 (0 bytes requested, memory below the base) has no ratio. */
static double above_zero(double value) {
    return value > 0 && isfinite(value) ? value : NAN;
}
static double peak_per_requested(const sample_t *s) {
    return sample_counts_as_memory(s) ? above_zero(s->peak_bytes / s->requested_peak_bytes) : NAN;
}
/* Over the peak too: a workload may end with next to nothing alive. */
static double steady_per_requested(const sample_t *s) {
    return sample_counts_as_memory(s) ? above_zero(s->steady_bytes / s->requested_peak_bytes) : NAN;
}

static double peak_compared(const sample_t *s) {
    return sample_requests_nothing(s) ? above_zero(s->peak_bytes) : peak_per_requested(s);
}
static double steady_compared(const sample_t *s) {
    return sample_requests_nothing(s) ? above_zero(s->steady_bytes) : steady_per_requested(s);
}

static const sample_value_t measures[MEASURES] = {sample_speed, peak_per_requested,
                                                  steady_per_requested, sample_start_speed};
static const sample_value_t compared[MEASURES] = {sample_speed, peak_compared, steady_compared,
                                                  sample_start_speed};

bool sample_requests_nothing(const sample_t *s) {
    return sample_counts_as_memory(s) && s->requested_peak_bytes == 0;
}

double sample_measure(const sample_t *s, measure_t measure) {
    return measures[measure](s);
}

double sample_compared(const sample_t *s, measure_t measure) {
    return compared[measure](s);
}

static bool is_again(const char *allocator) {
    return text_ends(allocator, "-again");
}

static bool is_reference(const cell_stats_t *cell) {
    bool defaults = cell->wmax_mid == 0 ||
                    (cell->wmax_mid == WMAX_MID_DEFAULT && cell->wmax_large == WMAX_LARGE_DEFAULT);
    return defaults && strcmp(cell->allocator, "hakmem") == 0;
}

double analysis_margin(const analysis_t *analysis) {
    return analysis->info->margin;
}

size_t analysis_pairs(const analysis_t *analysis, const char *cell, const char *other_cell,
                      sample_value_t value, double *a, double *b) {
    return pairs_values(analysis->samples, cell, other_cell, value, UINT_MAX, a, b);
}

interval_t analysis_ratio(const analysis_t *analysis, const char *cell, const char *other,
                          measure_t measure) {
    return pairs_ratio(analysis->samples, cell, other, compared[measure], UINT_MAX);
}

double analysis_floor_of(const analysis_t *analysis, const char *workload, sample_value_t value,
                         size_t pairs) {
    size_t room = analysis->samples->count + 1;
    double *logs = text_alloc(3 * room * sizeof *logs);
    double *a = logs + room, *b = a + room;
    size_t count = 0;
    for (size_t i = 0; i < analysis->count; i++) {
        const cell_stats_t *cell = &analysis->cells[i];
        if (!is_reference(cell) || strcmp(cell->workload, workload) != 0 ||
            (cell->phase != PHASE_GRID && cell->phase != PHASE_COMPARE &&
             cell->phase != PHASE_CONFIRM)) {
            continue;
        }
        const cell_stats_t *again = analysis_find(analysis, cell->phase, workload, "hakmem-again",
                                                  cell->wmax_mid, cell->wmax_large);
        size_t found = again ? analysis_pairs(analysis, again->id, cell->id, value, a, b) : 0;
        for (size_t j = 0; j < found; j++) {
            logs[count++] = log(a[j] / b[j]);
        }
    }
    double floor = stats_noise_floor(logs, count, pairs, analysis->info->seed);
    free(logs);
    return floor;
}

double analysis_floor(const analysis_t *analysis, const char *workload, measure_t measure,
                      size_t pairs) {
    return analysis_floor_of(analysis, workload, compared[measure], pairs);
}

const cell_stats_t *analysis_find(const analysis_t *analysis, phase_t phase, const char *workload,
                                  const char *allocator, dec_t mid, dec_t large) {
    for (size_t i = 0; i < analysis->count; i++) {
        const cell_stats_t *c = &analysis->cells[i];
        if (c->phase == phase && c->wmax_mid == mid && c->wmax_large == large &&
            strcmp(c->workload, workload) == 0 && strcmp(c->allocator, allocator) == 0) {
            return c;
        }
    }
    return NULL;
}

size_t analysis_count(const analysis_t *analysis, phase_t phase, const char *workload) {
    size_t count = 0;
    for (size_t i = 0; i < analysis->count; i++) {
        const cell_stats_t *c = &analysis->cells[i];
        count += c->phase == phase && (!workload || strcmp(c->workload, workload) == 0);
    }
    return count;
}

static spread_t spread_of(const double *values, size_t count) {
    return (spread_t){stats_quantile(values, count, 0), stats_quantile(values, count, 0.25),
                      stats_median(values, count), stats_quantile(values, count, 0.75),
                      stats_quantile(values, count, 1)};
}

/* Over a cell's samples, of what `value` gives; NANs are left out. */
static double centre_over(const analysis_t *analysis, const char *cell,
                          double (*value)(const sample_t *), bool mean) {
    double *values = text_alloc((analysis->samples->count + 1) * sizeof *values);
    size_t count = 0;
    for (size_t i = 0; i < analysis->samples->count; i++) {
        const sample_t *s = &analysis->samples->items[i];
        if (strcmp(s->cell, cell) == 0 && sample_counts_as_memory(s)) {
            values[count] = value(s);
            count += !isnan(values[count]);
        }
    }
    double out = !mean       ? stats_median(values, count)
                 : count > 0 ? gsl_stats_mean(values, 1, count)
                             : NAN;
    free(values);
    return out;
}

static double median_over(const analysis_t *analysis, const char *cell,
                          double (*value)(const sample_t *)) {
    return centre_over(analysis, cell, value, false);
}

/* Of what falls into few turns, and into some launches not at all. */
static double mean_over(const analysis_t *analysis, const char *cell,
                        double (*value)(const sample_t *)) {
    return centre_over(analysis, cell, value, true);
}

static double peak_bytes(const sample_t *s) {
    return s->peak_bytes;
}
static double steady_bytes(const sample_t *s) {
    return s->steady_bytes;
}
static double drain_bytes(const sample_t *s) {
    return s->drain_bytes;
}
static double requested_peak_bytes(const sample_t *s) {
    return s->requested_peak_bytes;
}
static double cpu_ns_per_op(const sample_t *s) {
    return sample_counts_as_time(s) && s->ops > 0 ? s->cpu_ns / s->ops : NAN;
}
static double faults_per_kop(const sample_t *s) {
    return (s->minor_faults + s->major_faults) / s->ops * 1e3;
}
static double threshold_ppm(const sample_t *s) {
    return s->threshold / s->ops * 1e6;
}
static double exhaustion_ppm(const sample_t *s) {
    return s->exhaustion / s->ops * 1e6;
}
static double mapfail_ppm(const sample_t *s) {
    return s->mapfail / s->ops * 1e6;
}

static void take_medians(const analysis_t *analysis, cell_stats_t *cell) {
    cell->peak_bytes = median_over(analysis, cell->id, peak_bytes);
    cell->steady_bytes = median_over(analysis, cell->id, steady_bytes);
    cell->drain_bytes = median_over(analysis, cell->id, drain_bytes);
    cell->requested_peak_bytes = median_over(analysis, cell->id, requested_peak_bytes);
    cell->cpu_ns_per_op = median_over(analysis, cell->id, cpu_ns_per_op);
    cell->faults_per_kop = median_over(analysis, cell->id, faults_per_kop);
    cell->rare_work = mean_over(analysis, cell->id, sample_rare_work);
    cell->threshold_ppm = median_over(analysis, cell->id, threshold_ppm);
    cell->exhaustion_ppm = median_over(analysis, cell->id, exhaustion_ppm);
    cell->mapfail_ppm = median_over(analysis, cell->id, mapfail_ppm);
}

/* "2 timeout, 1 signal 11" */
static char *list_failures(const samples_t *all, const char *cell) {
    char *out = text_copy("");
    for (size_t i = 0; i < all->count; i++) {
        const char *status = all->items[i].status;
        if (strcmp(all->items[i].cell, cell) != 0 || !sample_failed(&all->items[i])) {
            continue;
        }
        size_t same = 0, before = 0;
        for (size_t j = 0; j < all->count; j++) {
            bool match =
                strcmp(all->items[j].cell, cell) == 0 && strcmp(all->items[j].status, status) == 0;
            same += match;
            before += match && j < i;
        }
        if (before == 0) {
            out = text_format("%s%s%zu %s", out, *out ? ", " : "", same, status);
        }
    }
    return out;
}

static void take_ratios(const analysis_t *analysis, cell_stats_t *cell,
                        const cell_stats_t *reference) {
    size_t room = analysis->samples->count + 1;
    double *a = text_alloc(2 * room * sizeof *a), *b = a + room;
    for (measure_t m = 0; m < MEASURES; m++) {
        size_t own = analysis_pairs(analysis, cell->id, cell->id, measures[m], a, b);
        cell->spread[m] = spread_of(a, own);
        cell->ratio[m] =
            reference ? analysis_ratio(analysis, cell->id, reference->id, m) : INTERVAL_NONE;
        cell->p[m] = cell->ratio[m].p;
        cell->verdict[m] = stats_verdict(cell->ratio[m], cell->p[m], analysis_margin(analysis));
    }
    free(a);
}

/* By what all rows of the phase know about errors, the twin's among them. */
static void moderate_ratios(analysis_t *analysis, phase_t phase, measure_t m) {
    interval_t **rows = text_alloc((analysis->count + 1) * sizeof *rows);
    size_t count = 0;
    for (size_t i = 0; i < analysis->count; i++) {
        cell_stats_t *cell = &analysis->cells[i];
        if (cell->phase == phase && !is_reference(cell)) {
            rows[count++] = &cell->ratio[m];
        }
    }
    moderate_rows(rows, count);
    free(rows);
}

/* One of the comparisons that are corrected together? The A/A twin is judged as all others are. */
static bool is_compared(const cell_stats_t *cell, phase_t phase) {
    return cell->phase == phase && !is_reference(cell);
}

/* Each measure is a family of its own: it answers a question of its own. */
static void correct_verdicts(analysis_t *analysis, phase_t phase, measure_t m) {
    double *p = text_alloc((analysis->count + 1) * sizeof *p);
    size_t count = 0, next = 0;
    for (size_t i = 0; i < analysis->count; i++) {
        const cell_stats_t *cell = &analysis->cells[i];
        if (is_compared(cell, phase) && cell->ratio[m].pairs > 0) {
            p[count++] = cell->ratio[m].p;
        }
    }
    stats_holm(p, count);
    for (size_t i = 0; i < analysis->count; i++) {
        cell_stats_t *cell = &analysis->cells[i];
        if (is_compared(cell, phase) && cell->ratio[m].pairs > 0) {
            cell->p[m] = p[next++];
            cell->verdict[m] = stats_verdict(cell->ratio[m], cell->p[m], analysis_margin(analysis));
        }
    }
    free(p);
}

/* By medians. The A/A twin is no setting of its own. */
static bool is_beaten(const cell_stats_t *cell, const cell_stats_t *by) {
    double speed = cell->spread[MEASURE_THROUGHPUT].median, peak = cell->peak_bytes;
    double other_speed = by->spread[MEASURE_THROUGHPUT].median, other_peak = by->peak_bytes;
    return by->phase == cell->phase && strcmp(by->workload, cell->workload) == 0 &&
           !is_again(by->allocator) && other_speed >= speed && other_peak <= peak &&
           (other_speed > speed || other_peak < peak);
}

static void find_front(analysis_t *analysis) {
    for (size_t i = 0; i < analysis->count; i++) {
        cell_stats_t *cell = &analysis->cells[i];
        cell->on_front = !is_again(cell->allocator) && cell->peak_bytes >= 0 &&
                         !isnan(cell->spread[MEASURE_THROUGHPUT].median);
        for (size_t j = 0; j < analysis->count && cell->on_front; j++) {
            cell->on_front = !is_beaten(cell, &analysis->cells[j]);
        }
    }
}

static void take_statistics(analysis_t *analysis) {
    for (size_t i = 0; i < analysis->count; i++) {
        cell_stats_t *cell = &analysis->cells[i];
        const cell_stats_t *reference = NULL;
        for (size_t j = 0; j < analysis->count; j++) {
            const cell_stats_t *other = &analysis->cells[j];
            if (other->phase == cell->phase && other->threads == cell->threads &&
                is_reference(other) && strcmp(other->workload, cell->workload) == 0) {
                reference = other;
            }
        }
        take_ratios(analysis, cell, reference);
        take_medians(analysis, cell);
        cell->failures = list_failures(analysis->samples, cell->id);
    }
    for (size_t i = 0; i < (size_t)PHASES * MEASURES; i++) {
        moderate_ratios(analysis, (phase_t)(i / MEASURES), (measure_t)(i % MEASURES));
        correct_verdicts(analysis, (phase_t)(i / MEASURES), (measure_t)(i % MEASURES));
    }
    find_front(analysis);
}

static void add_sample(analysis_t *analysis, const sample_t *sample) {
    cell_stats_t *cell = NULL;
    for (size_t i = 0; i < analysis->count && !cell; i++) {
        if (strcmp(analysis->cells[i].id, sample->cell) == 0) {
            cell = &analysis->cells[i];
        }
    }
    if (!cell) {
        analysis->cells = text_grow(analysis->cells, analysis->count, sizeof *analysis->cells);
        cell = &analysis->cells[analysis->count++];
        *cell = (cell_stats_t){.id = sample->cell,
                               .workload = sample->workload,
                               .allocator = sample->allocator,
                               .phase = sample->phase,
                               .threads = sample->threads,
                               .wmax_mid = sample->wmax_mid,
                               .wmax_large = sample->wmax_large};
    }
    cell->samples++;
    cell->failed += sample_failed(sample);
    analysis->failed += sample_failed(sample);
    if (sample->phase == PHASE_LATENCY && sample->has_latency && sample_counts_as_time(sample)) {
        cell->latency = sample;
    }
}

/* hakmem-again stands beside hakmem, the others as in the table. */
static size_t allocator_place(const run_info_t *info, const char *allocator) {
    if (is_again(allocator)) {
        return 1;
    }
    size_t place = manifest_place(info->allocators, "key", allocator);
    return place == 0 ? 0 : place + 1;
}

static int by_order(const void *left, const void *right, void *context) {
    const run_info_t *info = context;
    const cell_stats_t *a = left, *b = right;
    long difference[] = {(long)a->phase - (long)b->phase,
                         (long)manifest_place(info->workloads, "name", a->workload) -
                             (long)manifest_place(info->workloads, "name", b->workload),
                         (long)allocator_place(info, a->allocator) -
                             (long)allocator_place(info, b->allocator),
                         (long)a->threads - (long)b->threads,
                         (long)(a->wmax_mid - b->wmax_mid),
                         (long)(a->wmax_large - b->wmax_large)};
    for (size_t i = 0; i < sizeof difference / sizeof *difference; i++) {
        if (difference[i]) {
            return difference[i] < 0 ? -1 : 1;
        }
    }
    return 0;
}

void analysis_make(const run_info_t *info, const samples_t *samples, analysis_t *out) {
    *out = (analysis_t){.info = info, .samples = samples};
    for (size_t i = 0; i < samples->count; i++) {
        add_sample(out, &samples->items[i]);
    }
    if (out->count > 0) {
        qsort_r(out->cells, out->count, sizeof *out->cells, by_order, (void *)(uintptr_t)info);
    }
    take_statistics(out);
}

const char *analysis_word(verdict_t verdict, measure_t measure) {
    static const char *const speed[] = {"undecided", "equivalent", "faster", "slower"};
    static const char *const memory[] = {"undecided", "equivalent", "more", "less"};
    bool is_speed = measure == MEASURE_THROUGHPUT || measure == MEASURE_START;
    return (is_speed ? speed : memory)[verdict];
}
