/*
 * sequence.c - see sequence.h.
 */
#include "sequence.h"

#include "analysis.h"
#include "recommend.h"
#include "stopping.h"
#include "text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Launches. Five carry an interval of 2.8 errors to each side, fewer are hardly worth having. */
enum {
    LEAST_COMPARE = 5,
    SHORT_COMPARE = 3, /* where the budget has room for no more */
    LEAST_CONFIRM = 6,
    FULL_COMPARE = 8,
    FULL_GRID = 3,
    FULL_CONFIRM = 12,
    FULL_SCALING = 5,
    MOST_REPS = 40
};

/* So much of what is left may a confirmation cost, before it gets fewer repetitions. */
static const double confirm_share = 0.5;

static bool is_sequential(const sequence_t *s) {
    return s->options->full || !s->options->reps;
}

static bool has_budget(const sequence_t *s) {
    return is_sequential(s) && s->options->budget_s > 0;
}

/* What the samples took; of the comparison on `workload` those of repetition `below` and later do
 * not count, nor do (NULL: all count) those of workloads that are not yet in `place`. */
static double spent_s(const sequence_t *s, const unsigned *below, const workload_t *const *places,
                      size_t count) {
    const samples_t *all = s->execution.samples;
    double sum = 0;
    for (size_t i = 0; i < all->count; i++) {
        const sample_t *sample = &all->items[i];
        bool counts = true;
        for (size_t w = 0; w < count && sample->phase == PHASE_COMPARE; w++) {
            counts &= strcmp(places[w]->name, sample->workload) != 0 || sample->rep < below[w];
        }
        sum += counts ? sample->share_s : 0;
    }
    return sum;
}

static double left_s(const sequence_t *s) {
    return s->options->budget_s - s->reserve_s - spent_s(s, NULL, NULL, 0);
}

/* ---- repetitions ---- */

static void store_reps(sequence_t *s, json_t *dropped) {
    const unsigned *r = s->plan->reps;
    json_object_set_new(s->info->manifest, "repetitions",
                        json_pack("{s:i, s:i, s:i, s:i}", "grid", (int)r[PHASE_GRID], "compare",
                                  (int)r[PHASE_COMPARE], "confirm", (int)r[PHASE_CONFIRM],
                                  "scaling", (int)r[PHASE_SCALING]));
    json_object_set_new(s->info->manifest, "left_out", dropped);
    if (s->folder) {
        manifest_write(s->folder, s->info->manifest);
    }
}

static bool load_reps(sequence_t *s) {
    const json_t *reps = json_object_get(s->info->manifest, "repetitions");
    for (phase_t p = PHASE_SCALING; reps && p < PHASES; p++) {
        s->plan->reps[p] = (unsigned)json_integer_value(json_object_get(reps, phase_name(p)));
    }
    return reps != NULL;
}

static void guess_reps(sequence_t *s) {
    unsigned *reps = s->plan->reps;
    bool full = s->options->full;
    if (is_sequential(s)) {
        reps[PHASE_GRID] = full ? FULL_GRID : 1;
        reps[PHASE_COMPARE] = full ? FULL_COMPARE : LEAST_COMPARE;
        reps[PHASE_CONFIRM] = full ? FULL_CONFIRM : LEAST_CONFIRM;
        reps[PHASE_SCALING] = full ? FULL_SCALING : 1;
    }
}

/* Once the cost of a repetition is known: fewer launches where the budget asks for it. */
static void fix_reps(sequence_t *s) {
    unsigned *reps = s->plan->reps;
    double block_s = plan_block_cost(s->plan, PHASE_COMPARE, NULL);
    double scaling_s = reps[PHASE_SCALING] * plan_block_cost(s->plan, PHASE_SCALING, NULL);
    if (!has_budget(s)) {
        return;
    }
    while (reps[PHASE_COMPARE] > SHORT_COMPARE &&
           (reps[PHASE_COMPARE] - 1) * block_s + scaling_s > left_s(s)) {
        reps[PHASE_COMPARE]--;
    }
    if ((reps[PHASE_COMPARE] - 1) * block_s + scaling_s > left_s(s)) {
        reps[PHASE_SCALING] = 0;
    }
}

static void announce(sequence_t *s, phase_t phase, unsigned from, unsigned below) {
    double seconds;
    size_t count = execute_missing(&s->execution, phase, from, below, &seconds);
    progress_add(s->execution.progress, count, seconds);
}

static bool repeat(sequence_t *s, phase_t phase, unsigned from, unsigned below) {
    for (unsigned rep = from; rep < below; rep++) {
        if (!execute_repetition(&s->execution, phase, rep)) {
            return false;
        }
    }
    return true;
}

/* ---- first ---- */

static void drop(sequence_t *s, const workload_t *workload, json_t *dropped, const char *what) {
    size_t kept = 0;
    for (size_t i = 0; i < s->plan->count; i++) {
        const cell_t *cell = &s->plan->cells[i];
        bool goes = cell->workload == workload &&
                    (cell->phase == PHASE_GRID || (cell->phase == PHASE_COMPARE && !*what) ||
                     (cell->phase == PHASE_SCALING && !*what));
        if (goes) {
            double seconds = samples_has(s->execution.samples, cell->id, 0) ? 0 : cell->cost_s;
            progress_drop(s->execution.progress, seconds);
        } else {
            s->plan->cells[kept++] = *cell;
        }
    }
    s->plan->count = kept;
    json_array_append_new(dropped, json_string(text_format("%s%s", workload->name, what)));
    progress_note(s->execution.progress, "Left out for want of time: %s%s. A longer --budget or "
                  "fewer --workload help",
                  workload->name, what);
}

static void learn(sequence_t *s, phase_t phase) {
    execute_learn_costs(&s->execution, phase);
}

/* What the workloads before this one, and it, will still cost at the least. */
static double committed_s(sequence_t *s, const workload_t *const *all, size_t place) {
    double sum = 0;
    for (size_t w = 0; w <= place; w++) {
        sum += (SHORT_COMPARE - (w < place)) * plan_block_cost(s->plan, PHASE_COMPARE, all[w]);
    }
    return sum;
}

/* Until `place`: what a killed run measured beyond is not yet known. */
static double left_at(sequence_t *s, const workload_t *const *all, size_t count, size_t place) {
    unsigned *below = text_alloc((count + 1) * sizeof *below);
    for (size_t w = 0; w < count; w++) {
        below[w] = w < place;
    }
    double left = s->options->budget_s - s->reserve_s - spent_s(s, below, all, count);
    free(below);
    return left;
}

/* In the catalogue's order, what matters most first. */
static size_t workloads_in_order(const plan_t *plan, phase_t phase, const workload_t **out) {
    size_t count = 0;
    for (size_t i = 0; i < plan->count; i++) {
        bool known = false;
        for (size_t w = 0; w < count && !known; w++) {
            known = out[w] == plan->cells[i].workload;
        }
        if (plan->cells[i].phase == phase && !known) {
            out[count++] = plan->cells[i].workload;
        }
    }
    return count;
}

static bool measure_first_of(sequence_t *s, phase_t phase, json_t *dropped) {
    const workload_t **all = text_alloc((s->plan->count + 1) * sizeof *all);
    size_t count = workloads_in_order(s->plan, phase, all);
    bool whole = true;
    for (size_t w = 0; w < count && whole; w++) {
        bool is_grid = phase == PHASE_GRID;
        double more_s = is_grid ? (SHORT_COMPARE - 1) *
                                          plan_block_cost(s->plan, PHASE_COMPARE, NULL) +
                                      plan_block_cost(s->plan, phase, all[w])
                                : committed_s(s, all, w);
        double have_s = is_grid ? left_s(s) : left_at(s, all, count, w);
        if (has_budget(s) && more_s > have_s && (w > 0 || is_grid)) {
            drop(s, all[w], dropped, is_grid ? " (its W_MAX grid)" : "");
        } else {
            whole = execute_block(&s->execution, phase, all[w], 0);
            learn(s, phase);
        }
    }
    free(all);
    return whole;
}

static bool measure_first(sequence_t *s) {
    bool known = load_reps(s);
    json_t *dropped = json_array();
    if (!known) {
        guess_reps(s);
    }
    for (phase_t p = 0; phase_is_once(p); p++) {
        announce(s, p, 0, 1);
    }
    for (phase_t p = PHASE_SCALING; p <= PHASE_COMPARE; p++) {
        announce(s, p, 0, s->plan->reps[p]);
    }
    progress_expect(s->execution.progress,
                    has_budget(s) ? s->options->budget_s - s->reserve_s : 0);
    for (phase_t p = 0; phase_is_once(p); p++) {
        if (!execute_repetition(&s->execution, p, 0)) {
            return false;
        }
    }
    if (!measure_first_of(s, PHASE_COMPARE, dropped) || !measure_first_of(s, PHASE_GRID, dropped)) {
        return false;
    }
    if (!known) {
        fix_reps(s);
        store_reps(s, dropped);
    }
    return true;
}

static bool measure_main(sequence_t *s) {
    const unsigned *reps = s->plan->reps;
    return repeat(s, PHASE_GRID, 1, reps[PHASE_GRID]) &&
           repeat(s, PHASE_COMPARE, 1, reps[PHASE_COMPARE]) &&
           repeat(s, PHASE_SCALING, 0, reps[PHASE_SCALING]);
}

/* ---- confirmation ---- */

static const workload_t *workload_named(const plan_t *plan, const char *name) {
    for (size_t i = 0; i < plan->count; i++) {
        if (strcmp(plan->cells[i].workload->name, name) == 0) {
            return plan->cells[i].workload;
        }
    }
    fail("the run's samples name a workload that it does not have: %s", name);
}

/* The pairs that the grid suggests, per workload its own and the one for all. The grid's samples
 * alone decide, so a resumed run arrives at the same. */
static size_t suggestions(sequence_t *s, wmax_pair_t **out) {
    analysis_t analysis;
    recommendations_t all;
    analysis_make(s->info, s->execution.samples, &analysis);
    recommend(&analysis, &all);
    size_t count = 0;
    *out = text_alloc(2 * (all.count + 1) * sizeof **out);
    const recommendation_t *common = all.count ? &all.items[all.count - 1] : NULL;
    for (size_t i = 0; i + 1 < all.count; i++) {
        const recommendation_t *own = &all.items[i];
        const workload_t *workload = workload_named(s->plan, own->workload);
        if (own->decision != DECISION_SAME) {
            (*out)[count++] = (wmax_pair_t){workload, own->mid, own->large};
        }
        bool same = own->decision != DECISION_SAME && own->mid == common->mid &&
                    own->large == common->large;
        if (common->decision != DECISION_SAME && !same) {
            (*out)[count++] = (wmax_pair_t){workload, common->mid, common->large};
        }
    }
    return count;
}

static bool measure_confirmation(sequence_t *s) {
    wmax_pair_t *pairs;
    size_t count = suggestions(s, &pairs);
    unsigned *reps = &s->plan->reps[PHASE_CONFIRM];
    if (count == 0) {
        return true;
    }
    plan_add_confirm(s->plan, s->hakmem, pairs, count);
    double block_s = plan_block_cost(s->plan, PHASE_CONFIRM, NULL);
    while (has_budget(s) && *reps > SHORT_COMPARE && *reps * block_s > confirm_share * left_s(s)) {
        (*reps)--;
    }
    announce(s, PHASE_CONFIRM, 0, *reps);
    progress_note(s->execution.progress,
                  "The grid suggests %zu changes: confirming them on fresh samples", count);
    return repeat(s, PHASE_CONFIRM, 0, *reps);
}

/* ---- rest ---- */

/* The comparison's workloads, and how many repetitions of each are taken as known. */
typedef struct rest {
    const workload_t **workloads;
    unsigned *below;
    size_t count;
} rest_t;

/* The next block: SIZE_MAX when all are decided, or none fits. */
static size_t next_of_rest(sequence_t *s, const rest_t *rest) {
    size_t out = SIZE_MAX;
    double have_s = s->options->budget_s - s->reserve_s -
                    spent_s(s, rest->below, rest->workloads, rest->count);
    for (size_t w = 0; w < rest->count; w++) {
        size_t open = rest->below[w] < MOST_REPS
                          ? stopping_decide(s->plan, s->execution.samples, rest->workloads[w],
                                            rest->below[w], s->options->margin / 100)
                          : 0;
        bool fits = s->options->budget_s == 0 ||
                    plan_block_cost(s->plan, PHASE_COMPARE, rest->workloads[w]) <= have_s;
        if (open > 0 && fits && (out == SIZE_MAX || rest->below[w] < rest->below[out])) {
            out = w;
        }
    }
    return out;
}

static bool measure_rest(sequence_t *s) {
    rest_t rest = {.workloads = text_alloc((s->plan->count + 1) * sizeof *rest.workloads),
                   .below = text_alloc((s->plan->count + 1) * sizeof *rest.below)};
    rest.count = workloads_in_order(s->plan, PHASE_COMPARE, rest.workloads);
    for (size_t w = 0; w < rest.count; w++) {
        rest.below[w] = s->plan->reps[PHASE_COMPARE];
    }
    bool whole = true;
    size_t w, *order = text_alloc((s->plan->count + 1) * sizeof *order);
    while (is_sequential(s) && whole && (w = next_of_rest(s, &rest)) != SIZE_MAX) {
        const workload_t *workload = rest.workloads[w];
        progress_add(s->execution.progress, plan_block(s->plan, PHASE_COMPARE, workload, 0, order),
                     plan_block_cost(s->plan, PHASE_COMPARE, workload));
        whole = execute_block(&s->execution, PHASE_COMPARE, workload, rest.below[w]++);
    }
    stopping_reset(s->plan);
    free(order);
    free(rest.workloads);
    free(rest.below);
    return whole;
}

bool sequence_run(sequence_t *s) {
    return measure_first(s) && measure_main(s) && measure_confirmation(s) && measure_rest(s);
}

void sequence_preview(sequence_t *s) {
    guess_reps(s);
}
