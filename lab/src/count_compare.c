/*
 * count_compare.c - see count_compare.h.
 */
#include "count_compare.h"

#include "manifest.h"
#include "text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* In the units of the measures, one in ten thousand operations. */
static const double allowance[COUNT_MEASURES] = {[COUNT_FAULTS_FIRST] = 0.1,
                                                 [COUNT_FAULTS_THEN] = 0.1,
                                                 [COUNT_CALLS_FIRST] = 100,
                                                 [COUNT_CALLS_THEN] = 100};
static const count_measure_t judged[] = {COUNT_ALLOCATOR, COUNT_FAULTS_FIRST, COUNT_FAULTS_THEN,
                                         COUNT_CALLS_FIRST, COUNT_CALLS_THEN};
enum { JUDGED = sizeof judged / sizeof *judged };

static const count_row_t *find(const count_run_t *run, const count_row_t *like) {
    for (size_t i = 0; i < run->count; i++) {
        const count_row_t *row = &run->rows[i];
        if (strcmp(row->workload, like->workload) == 0 &&
            strcmp(row->allocator, like->allocator) == 0) {
            return row;
        }
    }
    return NULL;
}

static const json_t *hash_of(const count_run_t *run, const json_t *word) {
    return json_object_get(json_object_get(run->manifest, "files"), json_string_value(word));
}

/* The same words, and where one is a file, the same content. The driver, the first word, may have
 * been rebuilt. */
static bool same_work(const count_run_t *old, const count_run_t *new, const count_pair_t *pair) {
    bool same = json_equal(pair->old->command, pair->new->command);
    for (size_t i = 1; same && i < json_array_size(pair->new->command); i++) {
        const json_t *word = json_array_get(pair->new->command, i);
        const json_t *a = hash_of(old, word), *b = hash_of(new, word);
        same = (!a && !b) || json_equal(a, b);
    }
    return same;
}

static const char *reason_to_leave_out(const count_run_t *old, const count_run_t *new,
                                       const count_pair_t *pair) {
    if (!pair->old) {
        return "not in the earlier run";
    }
    if (!pair->new) {
        return "not in this run";
    }
    if (pair->old->reps == 0) {
        return "failed in the earlier run";
    }
    if (pair->new->reps > 0 && !same_work(old, new, pair)) {
        return "other parameters or input";
    }
    return NULL;
}

static double range_of(const count_value_t *value) {
    return value->most - value->least;
}

/* Above the old value, in its unit. */
static double bound_of(const count_pair_t *pair, count_measure_t m, double margin) {
    const count_value_t *a = &pair->old->values[m], *b = &pair->new->values[m];
    bool rough = !pair->old->exact || !pair->new->exact;
    double percent =
        rough && margin < COUNT_APPROXIMATE_PERCENT ? COUNT_APPROXIMATE_PERCENT : margin;
    return percent / 100 * fabs(a->mean) + range_of(a) + range_of(b) + allowance[m];
}

static void judge(const count_comparison_t *c, count_pair_t *pair) {
    pair->left_out = reason_to_leave_out(c->old, c->new, pair);
    if (pair->left_out) {
        return;
    }
    pair->any_worse = pair->new->failed > 0 && pair->old->failed == 0;
    for (size_t i = 0; pair->new->reps > 0 && i < JUDGED; i++) {
        count_measure_t m = judged[i];
        double more = pair->new->values[m].mean - pair->old->values[m].mean;
        pair->judged[m] = true;
        pair->worse[m] = more > bound_of(pair, m, c->margin);
        pair->any_worse |= pair->worse[m];
    }
}

static void add_pair(count_comparison_t *c, count_pair_t pair) {
    judge(c, &pair);
    c->pairs = text_grow(c->pairs, c->count, sizeof *c->pairs);
    c->pairs[c->count++] = pair;
    c->compared += !pair.left_out;
    c->worse += pair.any_worse;
}

void count_compare(const count_run_t *old, const count_run_t *new, double margin,
                   count_comparison_t *out) {
    *out = (count_comparison_t){.old = old, .new = new, .margin = margin};
    for (size_t i = 0; i < new->count; i++) {
        add_pair(out, (count_pair_t){.old = find(old, &new->rows[i]), .new = &new->rows[i]});
    }
    for (size_t i = 0; i < old->count; i++) {
        if (!find(new, &old->rows[i])) {
            add_pair(out, (count_pair_t){.old = &old->rows[i]});
        }
    }
}

static void print_pair(FILE *out, const count_comparison_t *c, const count_pair_t *pair) {
    const count_row_t *row = pair->new ? pair->new : pair->old;
    fprintf(out, "%-22s %-12s ", row->workload, row->allocator);
    if (pair->left_out) {
        fprintf(out, "left out: %s\n", pair->left_out);
        return;
    }
    if (pair->new->reps == 0) {
        fprintf(out, "WORSE: failed (%s), and did not before\n", pair->new->failure);
        return;
    }
    double a = pair->old->values[COUNT_ALLOCATOR].mean, b = pair->new->values[COUNT_ALLOCATOR].mean;
    fprintf(out, "%9.2f -> %9.2f instructions/op, %+.2f %%%s%s\n", a, b, 100 * (b - a) / a,
            pair->old->exact && pair->new->exact ? "" : " (approximate)",
            pair->any_worse ? "" : ": not worse");
    for (count_measure_t m = 0; m < COUNT_MEASURES; m++) {
        if (pair->worse[m]) {
            fprintf(out, "    WORSE: %s %.2f -> %.2f, at most %.2f allowed\n",
                    count_measure_name(m), pair->old->values[m].mean, pair->new->values[m].mean,
                    pair->old->values[m].mean + bound_of(pair, m, c->margin));
        }
    }
    if (pair->new->failed && !pair->old->failed) {
        fprintf(out, "    WORSE: failed (%s), and did not before\n", pair->new->failure);
    }
}

void count_compare_print(FILE *out, const count_comparison_t *c) {
    fprintf(out, "\nAgainst %s, margin %.3g %% (approximate rows: %.3g %%)\n", c->old->run_id,
            c->margin,
            c->margin < COUNT_APPROXIMATE_PERCENT ? COUNT_APPROXIMATE_PERCENT : c->margin);
    for (size_t i = 0; i < c->count; i++) {
        print_pair(out, c, &c->pairs[i]);
    }
    fprintf(out, "%zu of %zu compared are worse; %zu left out\n", c->worse, c->compared,
            c->count - c->compared);
}

json_t *count_compare_json(const count_comparison_t *c) {
    json_t *rows = json_array();
    for (size_t i = 0; i < c->count; i++) {
        const count_pair_t *pair = &c->pairs[i];
        const count_row_t *row = pair->new ? pair->new : pair->old;
        json_t *worse = json_array();
        for (count_measure_t m = 0; m < COUNT_MEASURES; m++) {
            if (pair->worse[m]) {
                json_array_append_new(worse, json_string(count_measure_name(m)));
            }
        }
        json_array_append_new(rows,
                              json_pack("{s:s, s:s, s:s?, s:b, s:o}", "workload", row->workload,
                                        "allocator", row->allocator, "left_out", pair->left_out,
                                        "worse", (int)pair->any_worse, "worse_measures", worse));
    }
    return json_pack("{s:s, s:f, s:I, s:I, s:o}", "run", c->old->run_id, "margin_percent",
                     c->margin, "compared", (json_int_t)c->compared, "worse", (json_int_t)c->worse,
                     "rows", rows);
}

int count_compare_runs(const char *old_folder, const char *new_folder, const options_t *options) {
    count_run_t *runs = text_alloc(2 * sizeof *runs);
    count_comparison_t comparison;
    if (!count_is_run(old_folder) || !count_is_run(new_folder)) {
        fail_usage("counts are compared with counts: %s is a run of another kind",
                   count_is_run(old_folder) ? new_folder : old_folder);
    }
    count_load(old_folder, &runs[0]);
    count_load(new_folder, &runs[1]);
    count_compare(&runs[0], &runs[1], options->margin, &comparison);
    if (options->json) {
        json_dumpf(count_compare_json(&comparison), stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
        putchar('\n');
    } else {
        count_compare_print(stdout, &comparison);
    }
    return comparison.worse > 0 || comparison.compared == 0 ? 1 : 0;
}
