/*
 * sequence.c - see sequence.h.
 */
#include "sequence.h"

#include "analysis.h"
#include "recommend.h"
#include "stopping.h"
#include "text.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Launches. Two of all cells tell how launches scatter (moderate.h), and decide what is clear. */
enum {
    LEAST_COMPARE = 2,
    SCREEN_CONFIRM = 4, /* after these, what is not going to be recommended drops out */
    MOST_CONFIRM = 24,  /* of what looks like a recommendation, and is not sure to be one */
    FULL_COMPARE = 8,
    FULL_GRID = 3,
    FULL_CONFIRM = 40,
    FULL_SCALING = 5
};

/* So much of what is left may a confirmation cost. */
static const double confirm_share = 0.3;
/* And so much each of the closer looks, or there is none: verdicts come first. */
static const double look_share = 0.05;
/* And so much of the whole budget the grids of all workloads, beside a comparison. */
static const double grid_share = 0.15;
/* Of the comparison's, some of which are slow allocators', a grid's cell costs 0.65 to 0.93. */
static const double grid_cell_cost = 0.8;

static bool is_sequential(const sequence_t *s) {
    return s->options->full || !s->options->reps;
}

static bool has_budget(const sequence_t *s) {
    return is_sequential(s) && s->options->budget_s > 0;
}

/* ---- blocks, and what they took ---- */

static double left_s(const sequence_t *s) {
    return s->options->budget_s - s->reserve_s - s->spent_s;
}

/* On a workload, or (NULL) on all. */
static double block_s(const sequence_t *s, phase_t phase, const workload_t *workload,
                      unsigned rep) {
    const samples_t *all = s->execution.samples;
    double sum = 0;
    for (size_t i = 0; i < all->count; i++) {
        const sample_t *sample = &all->items[i];
        bool counts = sample->phase == phase && sample->rep == rep &&
                      (!workload || strcmp(sample->workload, workload->name) == 0);
        sum += counts ? sample->share_s : 0;
    }
    return sum;
}

static bool run_block(sequence_t *s, phase_t phase, const workload_t *workload, unsigned rep) {
    bool whole = execute_block(&s->execution, phase, workload, rep);
    s->spent_s += block_s(s, phase, workload, rep);
    return whole;
}

static bool run_repetition(sequence_t *s, phase_t phase, unsigned rep) {
    bool whole = execute_repetition(&s->execution, phase, rep);
    s->spent_s += block_s(s, phase, NULL, rep);
    return whole;
}

/* ---- repetitions ---- */

static void store_reps(sequence_t *s) {
    const unsigned *r = s->plan->reps;
    json_object_set_new(s->info->manifest, "repetitions",
                        json_pack("{s:i, s:i, s:i, s:i}", "grid", (int)r[PHASE_GRID], "compare",
                                  (int)r[PHASE_COMPARE], "confirm", (int)r[PHASE_CONFIRM],
                                  "scaling", (int)r[PHASE_SCALING]));
    json_object_set(s->info->manifest, "left_out", s->left_out);
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
        reps[PHASE_CONFIRM] = full ? FULL_CONFIRM : MOST_CONFIRM;
        reps[PHASE_SCALING] = full ? FULL_SCALING : 1;
    }
}

/* A whole sample with more or fewer threads takes longer than its share of a panel did. */
static double scaling_cost_s(const sequence_t *s) {
    double sum = 0;
    for (size_t i = 0; i < s->plan->count; i++) {
        const cell_t *cell = &s->plan->cells[i];
        double panel_s = plan_block_cost(s->plan, PHASE_COMPARE, cell->workload);
        if (cell->phase == PHASE_SCALING) {
            double whole_s = panel_s / 3; /* of half a dozen cells: twice a cell's share */
            sum += whole_s > cell->cost_s ? whole_s : cell->cost_s;
        }
    }
    return sum;
}

/* Once the cost of a repetition is known: fewer launches where the budget asks for it. */
static void fix_reps(sequence_t *s) {
    unsigned *reps = s->plan->reps;
    double block_s = plan_block_cost(s->plan, PHASE_COMPARE, NULL);
    double scaling_s = reps[PHASE_SCALING] * scaling_cost_s(s);
    if (!has_budget(s)) {
        return;
    }
    if (scaling_s > look_share * (left_s(s) - (LEAST_COMPARE - 1) * block_s)) {
        reps[PHASE_SCALING] = 0;
        scaling_s = 0;
    }
}

static void announce(sequence_t *s, phase_t phase, unsigned from, unsigned below) {
    double seconds;
    size_t count = execute_missing(&s->execution, phase, from, below, &seconds);
    progress_add(s->execution.progress, count, seconds);
}

static bool repeat(sequence_t *s, phase_t phase, unsigned from, unsigned below) {
    for (unsigned rep = from; rep < below; rep++) {
        if (!run_repetition(s, phase, rep)) {
            return false;
        }
    }
    return true;
}

/* ---- first ---- */

static void say_left_out(sequence_t *s, const char *name) {
    json_array_append_new(s->left_out, json_string(name));
    progress_note(s->execution.progress,
                  "Left out for want of time: %s. A longer --budget or fewer --workload help",
                  name);
}

/* Which cells a drop is of: phases as a bit set, one workload or (NULL) all; of the grid, those
 * between others alone, or all. */
typedef struct drop {
    unsigned phases;
    const workload_t *workload;
    bool between;
} drop_t;

/* Of the values of an axis the default, the first, the last and every second one stay. */
static bool stays(const dec_list_t *axis, dec_t value, dec_t by_default) {
    for (size_t i = 0; i < axis->count && value != by_default; i++) {
        if (axis->values[i] == value) {
            return i % 2 == 0 || i + 1 == axis->count;
        }
    }
    return true;
}

static bool is_between(const sequence_t *s, const cell_t *cell) {
    return !stays(&s->options->wmax_mid, cell->wmax_mid, WMAX_MID_DEFAULT) ||
           !stays(&s->options->wmax_large, cell->wmax_large, WMAX_LARGE_DEFAULT);
}

static void drop(sequence_t *s, drop_t what) {
    size_t kept = 0;
    for (size_t i = 0; i < s->plan->count; i++) {
        const cell_t *cell = &s->plan->cells[i];
        if ((what.phases >> cell->phase & 1) &&
            (!what.workload || cell->workload == what.workload) &&
            (!what.between || is_between(s, cell))) {
            progress_drop(s->execution.progress, cell->cost_s);
        } else {
            s->plan->cells[kept++] = *cell;
        }
    }
    s->plan->count = kept;
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

/* Is there time for this block of the comparison, and then for the least of it on this workload and
 * those before it? Costs of those are known by now. */
static bool fits_first(const sequence_t *s, const workload_t *const *all, size_t place) {
    double more_s = plan_block_cost(s->plan, PHASE_COMPARE, all[place]);
    for (size_t w = 0; w <= place; w++) {
        more_s += (LEAST_COMPARE - 1) * plan_block_cost(s->plan, PHASE_COMPARE, all[w]);
    }
    return !has_budget(s) || more_s <= left_s(s);
}

static bool measure_first_compare(sequence_t *s) {
    static const unsigned all_phases = 1u << PHASE_COMPARE | 1u << PHASE_SCALING |
                                       1u << PHASE_GRID | 1u << PHASE_LATENCY | 1u << PHASE_MEMORY |
                                       1u << PHASE_CALLS;
    const workload_t **all = text_alloc((s->plan->count + 1) * sizeof *all);
    size_t count = workloads_in_order(s->plan, PHASE_COMPARE, all);
    bool whole = true;
    for (size_t w = 0; w < count && whole; w++) {
        if (w > 0 && !fits_first(s, all, w)) {
            drop(s, (drop_t){.phases = all_phases, .workload = all[w]});
            say_left_out(s, all[w]->name);
        } else {
            whole = run_block(s, PHASE_COMPARE, all[w], 0);
            execute_learn_costs(&s->execution, PHASE_COMPARE);
        }
    }
    free(all);
    return whole;
}

/* ---- the grid ---- */

static size_t cells_of(const plan_t *plan, phase_t phase, const workload_t *workload) {
    size_t count = 0;
    for (size_t i = 0; i < plan->count; i++) {
        count += plan->cells[i].phase == phase && plan->cells[i].workload == workload;
    }
    return count;
}

/* Of this workload's grid, before it was measured. */
static double grid_cost_s(const sequence_t *s, const workload_t *workload) {
    size_t compared = cells_of(s->plan, PHASE_COMPARE, workload);
    double cells = (double)cells_of(s->plan, PHASE_GRID, workload);
    return compared == 0 ? plan_block_cost(s->plan, PHASE_GRID, workload)
                         : cells * grid_cell_cost *
                               plan_block_cost(s->plan, PHASE_COMPARE, workload) / (double)compared;
}

/* Its share of the budget is for all workloads alike: grids have taken `taken_s` so far, and
 * `after` more come. Without a comparison all of it is for the grid. */
static bool fits_grid(const sequence_t *s, const workload_t *workload, double taken_s,
                      size_t after) {
    double cost_s = grid_cost_s(s, workload);
    double compare_s = (LEAST_COMPARE - 1) * plan_block_cost(s->plan, PHASE_COMPARE, NULL);
    double for_grids_s = grid_share * s->options->budget_s - taken_s;
    return !has_budget(s) || compare_s == 0 ||
           (cost_s <= left_s(s) - compare_s && cost_s <= for_grids_s / (double)(after + 1));
}

static bool measure_first_grid(sequence_t *s) {
    const workload_t **all = text_alloc((s->plan->count + 1) * sizeof *all);
    size_t count = workloads_in_order(s->plan, PHASE_GRID, all);
    double taken_s = 0; /* counted on the way: a resumed run has the samples of later grids, too */
    bool whole = true;
    for (size_t w = 0; w < count && whole; w++) {
        drop_t what = {.phases = 1u << PHASE_GRID, .workload = all[w], .between = true};
        size_t cells = cells_of(s->plan, PHASE_GRID, all[w]);
        if (!fits_grid(s, all[w], taken_s, count - 1 - w)) {
            drop(s, what);
        }
        if (!fits_grid(s, all[w], taken_s, count - 1 - w)) {
            what.between = false;
            drop(s, what);
            say_left_out(s, text_format("%s (its W_MAX grid)", all[w]->name));
            continue;
        }
        if (cells_of(s->plan, PHASE_GRID, all[w]) < cells) {
            say_left_out(s, text_format("%s (every second value of its W_MAX grid)", all[w]->name));
        }
        whole = run_block(s, PHASE_GRID, all[w], 0);
        taken_s += block_s(s, PHASE_GRID, all[w], 0);
        execute_learn_costs(&s->execution, PHASE_GRID);
    }
    free(all);
    return whole;
}

/* A sample of a look starts, fills its memory and ends as one of the comparison does, which is
 * known by now, and is most of what both take; or it is as was expected, with its rests. */
static double look_cost_s(const sequence_t *s, phase_t look) {
    const workload_t **all = text_alloc((s->plan->count + 1) * sizeof *all);
    size_t count = workloads_in_order(s->plan, look, all);
    double expected_s = plan_block_cost(s->plan, look, NULL), like_s = 0;
    for (size_t w = 0; w < count; w++) {
        like_s += plan_block_cost(s->plan, PHASE_COMPARE, all[w]);
    }
    free(all);
    return expected_s > like_s ? expected_s : like_s;
}

/* One that would take too large a part of what is left is left out, whole. */
static bool measure_looks(sequence_t *s) {
    for (phase_t p = 0; phase_is_once(p); p++) {
        double cost_s = look_cost_s(s, p);
        double spare_s =
            left_s(s) - (LEAST_COMPARE - 1) * plan_block_cost(s->plan, PHASE_COMPARE, NULL);
        if (has_budget(s) && cost_s > look_share * spare_s) {
            drop(s, (drop_t){.phases = 1u << p});
            say_left_out(s, text_format("the closer look at %s", phase_name(p)));
        } else if (!run_repetition(s, p, 0)) {
            return false;
        }
    }
    return true;
}

static bool measure_first(sequence_t *s) {
    bool known = load_reps(s);
    s->left_out = json_array();
    if (!known) {
        guess_reps(s);
    }
    for (phase_t p = 0; phase_is_once(p); p++) {
        announce(s, p, 0, 1);
    }
    for (phase_t p = PHASE_SCALING; p <= PHASE_COMPARE; p++) {
        announce(s, p, 0, s->plan->reps[p]);
    }
    progress_expect(s->execution.progress, has_budget(s) ? s->options->budget_s - s->reserve_s : 0);
    if (!measure_first_compare(s) || !measure_first_grid(s) || !measure_looks(s)) {
        return false;
    }
    if (!known) {
        fix_reps(s);
    }
    if (s->plan->reps[PHASE_SCALING] == 0 && plan_cell_count(s->plan, PHASE_SCALING) > 0) {
        drop(s, (drop_t){.phases = 1u << PHASE_SCALING});
        say_left_out(s, "scaling with threads");
    }
    if (!known) {
        store_reps(s);
    }
    return true;
}

/* The least of the comparison, as far as the budget goes; of the first workload always. */
static bool measure_compare(sequence_t *s) {
    const workload_t **all = text_alloc((s->plan->count + 1) * sizeof *all);
    workloads_in_order(s->plan, PHASE_COMPARE, all);
    const workload_t *first = all[0];
    bool whole = true;
    for (unsigned rep = 1; rep < s->plan->reps[PHASE_COMPARE] && whole; rep++) {
        size_t count = plan_workloads(s->plan, PHASE_COMPARE, rep, all);
        for (size_t w = 0; w < count && whole; w++) {
            double cost_s = plan_block_cost(s->plan, PHASE_COMPARE, all[w]);
            if (has_budget(s) && cost_s > left_s(s) && all[w] != first) {
                say_left_out(
                    s, text_format("%s (launch %u of the comparison)", all[w]->name, rep + 1));
            } else {
                whole = run_block(s, PHASE_COMPARE, all[w], rep);
            }
        }
    }
    free(all);
    return whole;
}

static bool measure_main(sequence_t *s) {
    const unsigned *reps = s->plan->reps;
    return repeat(s, PHASE_GRID, 1, reps[PHASE_GRID]) && measure_compare(s) &&
           repeat(s, PHASE_SCALING, 0, reps[PHASE_SCALING]);
}

/* ---- confirmation ---- */

/* The grid's samples alone decide, so a resumed run arrives at the same. */
static size_t suggestions(const sequence_t *s, wmax_pair_t **out) {
    analysis_t analysis;
    recommendations_t all;
    analysis_make(s->info, s->execution.samples, &analysis);
    recommend(&analysis, &all);
    return recommend_to_confirm(&all, s->plan, out);
}

static double confirmed_s(const sequence_t *s, const workload_t *workload) {
    double sum = 0;
    for (unsigned rep = 0; rep < s->plan->reps[PHASE_CONFIRM]; rep++) {
        sum += block_s(s, PHASE_CONFIRM, workload, rep);
    }
    return sum;
}

/* Of what those leave that are decided, every other workload has an equal share, or the one with
 * the longest launches would have most. Leaves out those that have used theirs up; how many go on.
 */
static size_t within_share(sequence_t *s, double all_s) {
    const workload_t **all = text_alloc((s->plan->count + 1) * sizeof *all);
    size_t count = workloads_in_order(s->plan, PHASE_CONFIRM, all), open = 0, out = 0;
    for (size_t w = 0; w < count; w++) {
        bool is_open = plan_block_cost(s->plan, PHASE_CONFIRM, all[w]) > 0;
        open += is_open;
        all_s -= is_open ? 0 : confirmed_s(s, all[w]);
    }
    for (size_t w = 0; w < count; w++) {
        double cost_s = plan_block_cost(s->plan, PHASE_CONFIRM, all[w]);
        bool fits = cost_s > 0 && confirmed_s(s, all[w]) + cost_s <= all_s / (double)open;
        for (size_t i = 0; i < s->plan->count && !fits; i++) {
            cell_t *cell = &s->plan->cells[i];
            cell->idle |= cell->phase == PHASE_CONFIRM && cell->workload == all[w];
        }
        out += fits;
    }
    free(all);
    return out;
}

/* As long as it can still decide something, within the confirmation's share of a budget; with
 * --reps, all that was planned. */
static bool goes_on(sequence_t *s, double spent_before_s) {
    double spent_s = s->spent_s - spent_before_s;
    return !is_sequential(s) ||
           (stopping_confirm_open(s->plan, s->info, s->execution.samples) > 0 &&
            (!has_budget(s) || within_share(s, confirm_share * (left_s(s) + spent_s)) > 0));
}

/* Launches before the first look at what they say; 0: there is no time for any. */
static unsigned first_confirm(const sequence_t *s, unsigned most) {
    unsigned first = most < SCREEN_CONFIRM ? most : SCREEN_CONFIRM;
    double have = confirm_share * left_s(s) / plan_block_cost(s->plan, PHASE_CONFIRM, NULL);
    return !has_budget(s) || first <= have ? first : have < LEAST_COMPARE ? 0 : (unsigned)have;
}

static bool measure_confirmation(sequence_t *s) {
    wmax_pair_t *pairs;
    size_t count = suggestions(s, &pairs);
    unsigned *reps = &s->plan->reps[PHASE_CONFIRM], most = *reps, first;
    double spent_before_s = s->spent_s;
    if (count == 0) {
        return true;
    }
    plan_add_confirm(s->plan, s->hakmem, pairs, count);
    if ((first = first_confirm(s, most)) == 0) {
        drop(s, (drop_t){.phases = 1u << PHASE_CONFIRM});
        say_left_out(s, "the confirmation of what the grid suggests");
        return true;
    }
    announce(s, PHASE_CONFIRM, 0, first);
    progress_note(s->execution.progress,
                  "The grid suggests changes: confirming %zu pairs on fresh samples", count);
    if (!repeat(s, PHASE_CONFIRM, 0, first)) {
        return false;
    }
    stopping_confirm(s->plan, s->execution.samples, first, s->options->margin / 100);
    for (*reps = first; *reps < most && goes_on(s, spent_before_s); (*reps)++) {
        announce(s, PHASE_CONFIRM, *reps, *reps + 1);
        if (!run_repetition(s, PHASE_CONFIRM, *reps)) {
            return false;
        }
    }
    return true;
}

/* ---- rest ---- */

/* The comparison's workloads, and how many repetitions of each are taken as known. */
typedef struct rest {
    stopping_t *stopping;
    const workload_t **workloads;
    unsigned *below;
    size_t count;
} rest_t;

/* A launch's price: seconds until the nearest of a workload's rows should be decided. Where only
 * the twin is left, or no row is going to be, such workloads come last, the one first where a
 * launch takes most off the variance for its seconds. */
static double price_of(const rest_t *rest, size_t w, outlook_t outlook, double cost_s) {
    static const double last = 1e6;
    bool hopes = outlook.open > 0 && outlook.launches + rest->below[w] <= PLAN_LAUNCHES_MOST;
    return hopes ? outlook.launches * cost_s
                 : last + (double)rest->below[w] * rest->below[w] * cost_s;
}

/* The next block; SIZE_MAX when all are decided, or none fits. */
static size_t next_of_rest(sequence_t *s, const rest_t *rest) {
    size_t out = SIZE_MAX;
    double have_s = left_s(s), least_price = 0;
    for (size_t w = 0; w < rest->count; w++) {
        outlook_t outlook = stopping_decide(rest->stopping, rest->workloads[w]);
        double cost_s = plan_block_cost(s->plan, PHASE_COMPARE, rest->workloads[w]);
        double price = price_of(rest, w, outlook, cost_s);
        bool goes_on =
            rest->below[w] < PLAN_LAUNCHES_MOST && (outlook.open > 0 || outlook.twin_open);
        bool fits = s->options->budget_s == 0 || cost_s <= have_s;
        if (goes_on && fits && (out == SIZE_MAX || price < least_price)) {
            out = w;
            least_price = price;
        }
    }
    return out;
}

static bool measure_rest(sequence_t *s) {
    rest_t rest = {.stopping =
                       stopping_new(s->plan, s->execution.samples, s->options->margin / 100),
                   .workloads = text_alloc((s->plan->count + 1) * sizeof *rest.workloads),
                   .below = text_alloc((s->plan->count + 1) * sizeof *rest.below)};
    rest.count = workloads_in_order(s->plan, PHASE_COMPARE, rest.workloads);
    for (size_t w = 0; w < rest.count; w++) {
        rest.below[w] = s->plan->reps[PHASE_COMPARE];
        stopping_know(rest.stopping, rest.workloads[w], rest.below[w]);
    }
    bool whole = true;
    size_t w, *order = text_alloc((s->plan->count + 1) * sizeof *order);
    while (is_sequential(s) && whole && (w = next_of_rest(s, &rest)) != SIZE_MAX) {
        const workload_t *workload = rest.workloads[w];
        progress_add(s->execution.progress, plan_block(s->plan, PHASE_COMPARE, workload, 0, order),
                     plan_block_cost(s->plan, PHASE_COMPARE, workload));
        whole = run_block(s, PHASE_COMPARE, workload, rest.below[w]++);
        stopping_know(rest.stopping, workload, rest.below[w]);
    }
    stopping_reset(s->plan);
    stopping_free(rest.stopping);
    free(order);
    free(rest.workloads);
    free(rest.below);
    return whole;
}

/* ---- check-power ---- */

/* The delays, from what the reference took in the first launch. */
static void set_delays(sequence_t *s, const workload_t *workload) {
    const samples_t *all = s->execution.samples;
    double speed = NAN;
    for (size_t i = 0; i < all->count; i++) {
        const sample_t *sample = &all->items[i];
        if (sample->rep == 0 && strcmp(sample->workload, workload->name) == 0 &&
            strcmp(sample->allocator, s->hakmem->key) == 0) {
            speed = sample_speed(sample);
        }
    }
    for (size_t i = 0; i < s->plan->count; i++) {
        cell_t *cell = &s->plan->cells[i];
        if (cell->workload == workload && cell->delay_percent && speed > 0) {
            double ps = 1e12 / speed * cell->delay_percent / 100;
            cell->delay_ps = ps < 1 ? 1 : (uint64_t)llround(ps);
            cell->idle = false;
        }
    }
}

/* Launch after launch, until the budget is spent: the report cuts them into runs. */
static bool measure_power(sequence_t *s) {
    const workload_t *workload = s->plan->cells[0].workload;
    if (workload->rounds == 0) {
        fail_usage("check-power needs a workload that is measured in turns, which %s is not",
                   workload->name);
    }
    announce(s, PHASE_COMPARE, 0, 1);
    progress_expect(s->execution.progress, s->options->budget_s - s->reserve_s);
    bool whole = run_block(s, PHASE_COMPARE, workload, 0);
    execute_learn_costs(&s->execution, PHASE_COMPARE);
    set_delays(s, workload);
    unsigned most = s->options->reps ? s->options->reps : UINT_MAX;
    for (unsigned rep = 1; whole && rep < most; rep++) {
        double cost_s = plan_block_cost(s->plan, PHASE_COMPARE, workload);
        if (!s->options->reps && cost_s > left_s(s)) {
            break;
        }
        announce(s, PHASE_COMPARE, rep, rep + 1);
        whole = run_block(s, PHASE_COMPARE, workload, rep);
        execute_learn_costs(&s->execution, PHASE_COMPARE);
    }
    return whole;
}

bool sequence_run(sequence_t *s) {
    if (s->options->command == COMMAND_CHECK_POWER) {
        return measure_power(s);
    }
    return measure_first(s) && measure_main(s) && measure_confirmation(s) && measure_rest(s);
}

void sequence_preview(sequence_t *s) {
    guess_reps(s);
}
