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

enum { FULL_GRID = 7, FULL_CONFIRM = 15, FULL_SCALING = 7, BUDGET_SCALING = 1 };
/* Repetitions of the comparison that end by themselves: at least so many before a workload can be
 * decided (6 pairs just carry a 95 % interval), and at most. */
enum { BUDGET_LEAST = 6, FULL_LEAST = 10, MOST_REPS = 40 };

enum {
    BIT_MAIN = 1u << PHASE_GRID | 1u << PHASE_COMPARE,
    BIT_COMPARE = 1u << PHASE_COMPARE,
    BIT_SCALING = 1u << PHASE_SCALING,
    BIT_CONFIRM = 1u << PHASE_CONFIRM,
    BIT_ONCE = 1u << PHASE_LATENCY | 1u << PHASE_MEMORY | 1u << PHASE_CALLS
};

static bool is_sequential(const sequence_t *s) {
    return s->options->full || !s->options->reps;
}

/* What the samples took, but those of the comparison from repetition `below` on. */
static double spent_s(const sequence_t *s, unsigned below) {
    const samples_t *all = s->execution.samples;
    double sum = 0;
    for (size_t i = 0; i < all->count; i++) {
        const sample_t *sample = &all->items[i];
        bool counts = sample->phase != PHASE_COMPARE || sample->rep < below;
        sum += counts ? sample->share_s : 0;
    }
    return sum;
}

/* The closer looks alone, which are over when the repetitions are fixed. */
static double looks_s(const sequence_t *s) {
    const samples_t *all = s->execution.samples;
    double sum = 0;
    for (size_t i = 0; i < all->count; i++) {
        sum += phase_is_once(all->items[i].phase) ? all->items[i].share_s : 0;
    }
    return sum;
}

/* Per workload the reference twice and two pairs. */
double sequence_confirm_bound_s(const sequence_t *s) {
    double sum = 0;
    for (size_t i = 0; i < s->plan->count; i++) {
        const cell_t *c = &s->plan->cells[i];
        if (c->phase == PHASE_GRID && c->again) {
            sum += 4 * c->cost_s;
        }
    }
    return sum;
}

static void store_reps(sequence_t *s) {
    const unsigned *r = s->plan->reps;
    json_object_set_new(s->info->manifest, "repetitions",
                        json_pack("{s:i, s:i, s:i, s:i}", "grid", (int)r[PHASE_GRID], "compare",
                                  (int)r[PHASE_COMPARE], "confirm", (int)r[PHASE_CONFIRM],
                                  "scaling", (int)r[PHASE_SCALING]));
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

static void announce_plan(sequence_t *s, const double costs[PHASES]) {
    static const char *const words[PHASES] = {
        [PHASE_GRID] = "grid", [PHASE_COMPARE] = "comparison"};
    for (phase_t p = PHASE_GRID; p <= PHASE_COMPARE; p++) {
        size_t cells = plan_cell_count(s->plan, p);
        if (cells > 0) {
            progress_note(s->execution.progress, "Plan: %zu %s cells x %u%s, one repetition is %s",
                          cells, words[p], s->plan->reps[p],
                          is_sequential(s) && p == PHASE_COMPARE
                              ? " at most, while a workload is undecided and there is time"
                              : "",
                          text_duration(costs[p]));
        }
    }
    if (plan_cell_count(s->plan, PHASE_GRID) > 0) {
        progress_note(s->execution.progress, "Plan: what the grid suggests x %u, to confirm it",
                      s->plan->reps[PHASE_CONFIRM]);
    }
}

/* Into plan->reps; false when the budget is too short for the least. The comparison's number is
 * then what is surely there; its end is found on the way. */
static bool choose_reps(sequence_t *s, const double costs[PHASES], double seconds) {
    unsigned *reps = s->plan->reps;
    if (s->options->full) {
        reps[PHASE_GRID] = FULL_GRID;
        reps[PHASE_CONFIRM] = FULL_CONFIRM;
        reps[PHASE_SCALING] = FULL_SCALING;
    } else if (!s->options->reps) {
        reps[PHASE_SCALING] = BUDGET_SCALING;
        return plan_fit(costs, seconds - BUDGET_SCALING * plan_block_cost(s->plan, PHASE_SCALING),
                        reps);
    }
    return true;
}

/* After the first block, which counts among the repetitions but not the time left. */
static void fix_reps(sequence_t *s) {
    double costs[PHASES] = {[PHASE_GRID] = plan_block_cost(s->plan, PHASE_GRID),
                            [PHASE_COMPARE] = plan_block_cost(s->plan, PHASE_COMPARE),
                            [PHASE_CONFIRM] = sequence_confirm_bound_s(s)};
    double left = s->options->budget_s - s->reserve_s - looks_s(s);
    if (!choose_reps(s, costs, left)) {
        progress_note(s->execution.progress,
                      "The budget of %s is too short for the least number of repetitions: "
                      "this run will take longer. Fewer --workload or a longer --budget help.",
                      text_duration(s->options->budget_s));
    }
    if (is_sequential(s)) {
        s->plan->reps[PHASE_COMPARE] = MOST_REPS;
    }
    announce_plan(s, costs);
}

/* Main blocks: all of the grid, and of the comparison all or, where it ends by itself, the least.
 */
static unsigned main_reps(const sequence_t *s) {
    const plan_t *plan = s->plan;
    unsigned grid = plan_cell_count(plan, PHASE_GRID) ? plan->reps[PHASE_GRID] : 0;
    unsigned compare = plan_cell_count(plan, PHASE_COMPARE) ? plan->reps[PHASE_COMPARE] : 0;
    if (is_sequential(s) && compare > LEAST_REPS) {
        compare = LEAST_REPS;
    }
    return grid > compare ? grid : compare;
}

static void announce(sequence_t *s, unsigned phases, unsigned from, unsigned below) {
    double seconds;
    size_t count = execute_missing(&s->execution, phases, from, below, &seconds);
    progress_add(s->execution.progress, count, seconds);
}

/* The closer looks, then a block of everything, then the repetitions are fixed; where they are
 * known from the start, the progress counts all of them from the start. */
static bool measure_first(sequence_t *s) {
    bool known = load_reps(s);
    for (phase_t p = PHASE_SCALING; !known && !s->options->reps && p < PHASES; p++) {
        s->plan->reps[p] = 1;
    }
    s->announced = is_sequential(s) ? 1 : main_reps(s);
    announce(s, BIT_ONCE, 0, 1);
    announce(s, BIT_MAIN, 0, s->announced);
    if (s->announced > 1) {
        progress_note(s->execution.progress, "Plan: %zu samples, about %s by the catalogue's times",
                      s->execution.progress->total, text_duration(s->execution.progress->left_s));
    }
    for (phase_t p = 0; phase_is_once(p); p++) {
        if (!execute_block(&s->execution, 1u << p, 0)) {
            return false;
        }
    }
    execute_guess_costs(&s->execution);
    execute_missing(&s->execution, BIT_MAIN, 0, s->announced, &s->execution.progress->left_s);
    if (!execute_block(&s->execution, BIT_MAIN, 0)) {
        return false;
    }
    execute_learn_costs(&s->execution, PHASE_GRID);
    execute_learn_costs(&s->execution, PHASE_COMPARE);
    execute_missing(&s->execution, BIT_MAIN, 1, s->announced, &s->execution.progress->left_s);
    if (!known) {
        fix_reps(s);
        store_reps(s);
    }
    return true;
}

static bool measure_main(sequence_t *s) {
    unsigned reps = main_reps(s);
    announce(s, BIT_MAIN, s->announced, reps);
    for (unsigned rep = 1; rep < reps; rep++) {
        if (!execute_block(&s->execution, BIT_MAIN, rep)) {
            return false;
        }
    }
    return true;
}

/* Of repetition `rep` of the comparison: is there anything to decide, and does it fit? */
static bool goes_on(sequence_t *s, unsigned rep) {
    double budget_s = s->options->budget_s, cost_s = 0;
    unsigned least = s->options->full ? FULL_LEAST : BUDGET_LEAST;
    if (stopping_decide(s->plan, s->execution.samples, rep, least) == 0) {
        return false;
    }
    for (size_t i = 0; i < s->plan->count; i++) {
        const cell_t *cell = &s->plan->cells[i];
        cost_s += cell->phase == PHASE_COMPARE && !cell->idle ? cell->cost_s : 0;
    }
    return budget_s == 0 || spent_s(s, rep) + cost_s <= budget_s - s->reserve_s;
}

static bool measure_rest(sequence_t *s) {
    unsigned reps = plan_cell_count(s->plan, PHASE_COMPARE) ? s->plan->reps[PHASE_COMPARE] : 0;
    bool whole = true;
    for (unsigned rep = main_reps(s); is_sequential(s) && whole && rep < reps && goes_on(s, rep);
         rep++) {
        announce(s, BIT_COMPARE, rep, rep + 1);
        whole = execute_block(&s->execution, BIT_COMPARE, rep);
    }
    stopping_reset(s->plan);
    return whole;
}

static bool measure_scaling(sequence_t *s) {
    unsigned reps = plan_cell_count(s->plan, PHASE_SCALING) ? s->plan->reps[PHASE_SCALING] : 0;
    announce(s, BIT_SCALING, 0, reps);
    for (unsigned rep = 0; rep < reps; rep++) {
        if (!execute_block(&s->execution, BIT_SCALING, rep)) {
            return false;
        }
    }
    return true;
}

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
    if (count == 0) {
        return true;
    }
    plan_add_confirm(s->plan, s->hakmem, pairs, count);
    execute_guess_costs(&s->execution);
    announce(s, BIT_CONFIRM, 0, s->plan->reps[PHASE_CONFIRM]);
    progress_note(s->execution.progress,
                  "The grid suggests %zu changes: confirming them on fresh samples", count);
    for (unsigned rep = 0; rep < s->plan->reps[PHASE_CONFIRM]; rep++) {
        if (!execute_block(&s->execution, BIT_CONFIRM, rep)) {
            return false;
        }
    }
    return true;
}

bool sequence_run(sequence_t *s) {
    return measure_first(s) && measure_main(s) && measure_scaling(s) && measure_confirmation(s) &&
           measure_rest(s);
}

void sequence_preview(sequence_t *s) {
    double costs[PHASES] = {[PHASE_GRID] = plan_block_cost(s->plan, PHASE_GRID),
                            [PHASE_COMPARE] = plan_block_cost(s->plan, PHASE_COMPARE),
                            [PHASE_CONFIRM] = sequence_confirm_bound_s(s)};
    double once_s = 0;
    for (phase_t p = 0; phase_is_once(p); p++) {
        once_s += plan_block_cost(s->plan, p);
    }
    choose_reps(s, costs, s->options->budget_s - s->reserve_s - once_s);
    if (s->options->full) {
        s->plan->reps[PHASE_COMPARE] = MOST_REPS;
    }
}
