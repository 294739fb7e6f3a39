/*
 * machines.c - see machines.h.
 */
#include "machines.h"

#include "headline.h"
#include "machine_type.h"
#include "merge.h"
#include "text.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Memory often has no error at all: it differs by nothing from launch to launch. */
static const double least_error = 1e-6;

const char *hold_word(hold_t hold) {
    static const char *const words[HOLDS] = {"holds", "differs", "open"};
    return words[hold];
}

/* Welch's F; with two groups it is the square of Welch's t. */
double machines_interaction(const interval_t *ratios, size_t count) {
    double k = 0, weights = 0, mean = 0, spread = 0, uncertain = 0;
    double *logs = text_alloc((3 * count + 1) * sizeof *logs);
    double *weight = logs + count, *freedom = weight + count;
    for (size_t i = 0; i < count; i++) {
        if (isfinite(ratios[i].error) && ratios[i].freedom >= 1) {
            size_t at = (size_t)k++;
            logs[at] = log(ratios[i].mid);
            weight[at] = pow(fmax(ratios[i].error, least_error), -2);
            freedom[at] = ratios[i].freedom;
            weights += weight[at];
            mean += weight[at] * logs[at];
        }
    }
    mean /= weights;
    for (size_t i = 0; i < (size_t)k; i++) {
        spread += weight[i] * (logs[i] - mean) * (logs[i] - mean);
        uncertain += pow(1 - weight[i] / weights, 2) / freedom[i];
    }
    free(logs);
    if (k < 2) {
        return NAN;
    }
    double f = spread / (k - 1) / (1 + 2 * (k - 2) / (k * k - 1) * uncertain);
    return gsl_cdf_fdist_Q(f, k - 1, (k * k - 1) / (3 * uncertain));
}

static bool is_measured(const across_t *row, size_t machine) {
    return row->cells[machine] && row->cells[machine]->ratio[row->measure].pairs > 0;
}

static hold_t hold_of_row(const across_t *row, size_t machines) {
    const verdict_t *first = NULL;
    bool open = false;
    for (size_t i = 0; i < machines; i++) {
        if (!is_measured(row, i)) {
            continue;
        }
        const verdict_t *verdict = &row->cells[i]->verdict[row->measure];
        if (*verdict == VERDICT_UNDECIDED) {
            open = true;
        } else if (first && *first != *verdict) {
            return HOLD_NOT;
        } else {
            first = verdict;
        }
    }
    return open ? HOLD_OPEN : HOLD_ALL;
}

static void judge_row(const machines_t *all, across_t *row) {
    interval_t *ratios = text_alloc((all->count + 1) * sizeof *ratios);
    size_t count = 0;
    double least = INFINITY, most = 0;
    for (size_t i = 0; i < all->count; i++) {
        if (is_measured(row, i)) {
            ratios[count] = row->cells[i]->ratio[row->measure];
            least = fmin(least, ratios[count].mid);
            most = fmax(most, ratios[count].mid);
            count++;
        }
    }
    row->hold = hold_of_row(row, all->count);
    row->factor = most / least;
    row->p = machines_interaction(ratios, count);
    free(ratios);
}

/* The row of this cell on all machines; false: less than two have it, or it is there already. */
static bool row_of(const machines_t *all, const cell_stats_t *cell, measure_t measure,
                   across_t *out) {
    size_t measured = 0;
    for (size_t i = 0; i < all->row_count; i++) {
        const across_t *row = &all->rows[i];
        if (row->measure == measure && strcmp(row->workload, cell->workload) == 0 &&
            strcmp(row->allocator, cell->allocator) == 0) {
            return false;
        }
    }
    *out = (across_t){.workload = cell->workload,
                      .allocator = cell->allocator,
                      .measure = measure,
                      .cells = text_alloc(all->count * sizeof *out->cells)};
    for (size_t i = 0; i < all->count; i++) {
        out->cells[i] = analysis_find(&all->items[i].analysis, PHASE_COMPARE, cell->workload,
                                      cell->allocator, cell->wmax_mid, cell->wmax_large);
        measured += is_measured(out, i);
    }
    return measured > 1;
}

static bool is_judged(const cell_stats_t *cell) {
    return cell->phase == PHASE_COMPARE && strcmp(cell->allocator, "hakmem") != 0 &&
           !text_ends(cell->allocator, "-again");
}

static void make_rows(machines_t *all) {
    static const measure_t judged[] = {MEASURE_THROUGHPUT, MEASURE_PEAK};
    for (size_t i = 0; i < all->count; i++) {
        const analysis_t *analysis = &all->items[i].analysis;
        for (size_t c = 0; c < 2 * analysis->count; c++) {
            across_t row;
            const cell_stats_t *cell = &analysis->cells[c / 2];
            if (is_judged(cell) && row_of(all, cell, judged[c % 2], &row)) {
                judge_row(all, &row);
                all->rows = text_grow(all->rows, all->row_count, sizeof *all->rows);
                all->rows[all->row_count++] = row;
            }
        }
    }
}

static void correct_rows(machines_t *all, measure_t measure, double margin) {
    double *p = text_alloc((all->row_count + 1) * sizeof *p);
    size_t count = 0, next = 0;
    for (size_t i = 0; i < all->row_count; i++) {
        if (all->rows[i].measure == measure && !isnan(all->rows[i].p)) {
            p[count++] = all->rows[i].p;
        }
    }
    stats_holm(p, count);
    for (size_t i = 0; i < all->row_count; i++) {
        across_t *row = &all->rows[i];
        if (row->measure == measure && !isnan(row->p)) {
            row->p = p[next++];
            row->interacts = row->p < STATS_SIGNIFICANT && row->factor > 1 + margin;
        }
    }
    free(p);
}

static bool same_workload(const char *a, const char *b) {
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static const recommendation_t *find_advice(const machine_view_t *machine, const char *workload) {
    for (size_t i = 0; i < machine->recommendations.count; i++) {
        if (same_workload(machine->recommendations.items[i].workload, workload)) {
            return &machine->recommendations.items[i];
        }
    }
    return NULL;
}

static hold_t hold_of_advice(const advice_t *advice, size_t machines) {
    const recommendation_t *first = NULL;
    bool open = false;
    for (size_t i = 0; i < machines; i++) {
        const recommendation_t *item = advice->items[i];
        if (!item) {
            continue;
        }
        bool change = item->decision == DECISION_CHANGE;
        if (item->decision == DECISION_UNTESTED) {
            open = true;
        } else if (first &&
                   ((first->decision == DECISION_CHANGE) != change ||
                    (change && (first->mid != item->mid || first->large != item->large)))) {
            return HOLD_NOT;
        } else {
            first = item;
        }
    }
    return open ? HOLD_OPEN : HOLD_ALL;
}

static bool has_advice(const machines_t *all, const char *workload) {
    for (size_t i = 0; i < all->advice_count; i++) {
        if (same_workload(all->advice[i].workload, workload)) {
            return true;
        }
    }
    return false;
}

static void add_advice(machines_t *all, const char *workload) {
    advice_t advice = {.workload = workload,
                       .items = text_alloc(all->count * sizeof *advice.items)};
    size_t count = 0;
    for (size_t i = 0; i < all->count; i++) {
        advice.items[i] = find_advice(&all->items[i], workload);
        count += advice.items[i] != NULL;
    }
    if (count < 2) {
        return;
    }
    advice.hold = hold_of_advice(&advice, all->count);
    all->advice = text_grow(all->advice, all->advice_count, sizeof *all->advice);
    all->advice[all->advice_count++] = advice;
}

/* Those of workloads first, then the one for all of them. */
static void make_advice(machines_t *all) {
    for (size_t i = 0; i < all->count; i++) {
        const recommendations_t *own = &all->items[i].recommendations;
        for (size_t r = 0; r < own->count; r++) {
            if (own->items[r].workload && !has_advice(all, own->items[r].workload)) {
                add_advice(all, own->items[r].workload);
            }
        }
    }
    add_advice(all, NULL);
}

static void load_machine(const char *folder, double margin, machine_view_t *out) {
    manifest_load(folder, &out->info);
    out->info.margin = margin < 0 ? out->info.margin : margin;
    samples_load(text_format("%s/samples.jsonl", folder), &out->samples);
    analysis_make(&out->info, &out->samples, &out->analysis);
    recommend(&out->analysis, &out->recommendations);
    out->name = out->info.run_id;
    out->label = machine_label(json_object_get(out->info.manifest, "machine"));
    out->best = headline_allocator(&out->analysis);
}

void machines_make(const char *folder, double margin, machines_t *out) {
    text_list_t folders = {0};
    merge_machines(folder, &folders);
    *out = (machines_t){.folder = folder, .count = folders.count};
    out->items = text_alloc((folders.count + 1) * sizeof *out->items);
    for (size_t i = 0; i < folders.count; i++) {
        load_machine(folders.items[i], margin, &out->items[i]);
    }
    double common = out->count > 0 ? out->items[0].info.margin : 0;
    make_rows(out);
    correct_rows(out, MEASURE_THROUGHPUT, common);
    correct_rows(out, MEASURE_PEAK, common);
    make_advice(out);
}
