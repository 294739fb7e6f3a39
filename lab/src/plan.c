/*
 * plan.c - cells, blocks, and how many repetitions fit. See plan.h.
 */
#include "plan.h"

#include "text.h"

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Start, baseline reading and the 100 ms before the after-drain reading. */
static const double sample_overhead_s = 0.15;
/* Beyond that, mid33 has fewer live blocks than its threads need. */
enum { SCALING_MOST = 16 };

static const char *const phase_names[PHASES] = {"latency", "memory",  "calls",  "scaling",
                                                "grid",    "compare", "confirm"};

const char *phase_name(phase_t phase) {
    return phase_names[phase];
}

bool phase_parse(const char *name, phase_t *out) {
    for (phase_t p = 0; p < PHASES; p++) {
        if (strcmp(name, phase_names[p]) == 0) {
            *out = p;
            return true;
        }
    }
    return false;
}

bool phase_is_once(phase_t phase) {
    return phase == PHASE_LATENCY || phase == PHASE_MEMORY || phase == PHASE_CALLS;
}

bool phase_is_short(phase_t phase) {
    return phase == PHASE_LATENCY || phase == PHASE_CALLS;
}

static void add(plan_t *plan, cell_t cell) {
    char mid[DEC_TEXT], large[DEC_TEXT];
    cell.id = text_format("%s/%s/%s%s", phase_names[cell.phase], cell.workload->name,
                          cell.allocator->key, cell.again ? "-again" : "");
    if (cell.wmax_mid) {
        dec_print(cell.wmax_mid, mid);
        dec_print(cell.wmax_large, large);
        cell.id = text_format("%s/%s/%s", cell.id, mid, large);
    }
    if (cell.threads) {
        cell.id = text_format("%s/%ut", cell.id, cell.threads);
    }
    cell.cost_s = cell.workload->expected_s + sample_overhead_s;
    cell.cost_s *= phase_is_short(cell.phase) ? 0.5 : 1; /* a quarter, but timed or traced */
    plan->cells = text_grow(plan->cells, plan->count, sizeof *plan->cells);
    plan->cells[plan->count++] = cell;
}

static void add_reference(plan_t *plan, phase_t phase, const workload_t *workload,
                          const allocator_t *hakmem) {
    cell_t cell = {.phase = phase,
                   .workload = workload,
                   .allocator = hakmem,
                   .wmax_mid = WMAX_MID_DEFAULT,
                   .wmax_large = WMAX_LARGE_DEFAULT};
    add(plan, cell);
    cell.again = true;
    add(plan, cell);
}

static void add_pair(plan_t *plan, phase_t phase, const allocator_t *hakmem, wmax_pair_t pair) {
    if (pair.mid == WMAX_MID_DEFAULT && pair.large == WMAX_LARGE_DEFAULT) {
        return; /* add_reference has it */
    }
    add(plan, (cell_t){.phase = phase,
                       .workload = pair.workload,
                       .allocator = hakmem,
                       .wmax_mid = pair.mid,
                       .wmax_large = pair.large});
}

static void add_grid(plan_t *plan, const options_t *options, const workload_t *workload,
                     const allocator_t *hakmem) {
    add_reference(plan, PHASE_GRID, workload, hakmem);
    for (size_t i = 0; i < options->wmax_mid.count; i++) {
        for (size_t j = 0; j < options->wmax_large.count; j++) {
            wmax_pair_t pair = {workload, options->wmax_mid.values[i],
                                options->wmax_large.values[j]};
            add_pair(plan, PHASE_GRID, hakmem, pair);
        }
    }
}

/* Where four minutes have to do, memory and system calls are looked at where the theme is. */
static bool is_looked_at(const options_t *options, const workload_t *workload, phase_t phase) {
    bool is_plain =
        options->command == COMMAND_SWEEP && !options->full && options->workloads.count == 0;
    return !is_plain || workload->heavy33 || (phase != PHASE_MEMORY && phase != PHASE_CALLS);
}

/* What is measured beside the repetitions, of a workload of the sweep. */
static void add_closer_looks(plan_t *plan, const options_t *options, cell_t cell) {
    for (cell.phase = 0; phase_is_once(cell.phase); cell.phase++) {
        if (is_looked_at(options, cell.workload, cell.phase)) {
            add(plan, cell);
        }
    }
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    cell.phase = PHASE_SCALING;
    for (unsigned threads = 1;
         cell.workload->has_threads && threads <= 2 * cores && threads <= SCALING_MOST;
         threads *= 2) {
        cell.threads = threads;
        add(plan, cell);
    }
}

/* A driver is started through an allocator's own ld.so; the programs that it starts itself are not.
 */
static bool can_serve(const allocator_t *allocator, const workload_t *workload) {
    return !allocator->loader || (strcmp(workload->source, "program") != 0 &&
                                  strcmp(workload->argv[0], "bin/startup") != 0);
}

static void add_comparison(plan_t *plan, const options_t *options, const workload_t *workload,
                           const allocator_list_t *allocators) {
    for (size_t i = 0; i < allocators->count; i++) {
        if (!can_serve(&allocators->items[i], workload)) {
            continue;
        }
        cell_t cell = {.workload = workload, .allocator = &allocators->items[i]};
        if (workload->sweep && options->command != COMMAND_CHECK_NOISE) {
            add_closer_looks(plan, options, cell);
        }
        cell.phase = PHASE_COMPARE;
        add(plan, cell);
        if (i == 0) {
            cell.again = true;
            add(plan, cell);
        }
    }
}

/* The grid is for 33 KB-heavy workloads; whoever names both a workload and an axis, or asks for
 * tuning, wants it there too. */
static bool has_grid(const options_t *options, const workload_t *workload) {
    bool asked = options->grid_given && options->workloads.count > 0;
    return options->command == COMMAND_TUNE ||
           (options->command == COMMAND_SWEEP && (workload->heavy33 || asked));
}

void plan_build(const options_t *options, const catalogue_t *workloads,
                const allocator_list_t *allocators, plan_t *out) {
    *out = (plan_t){.seed = options->seed};
    for (size_t w = 0; w < workloads->count; w++) {
        if (options->command != COMMAND_TUNE) {
            add_comparison(out, options, &workloads->items[w], allocators);
        }
        if (has_grid(options, &workloads->items[w])) {
            add_grid(out, options, &workloads->items[w], &allocators->items[0]);
        }
    }
    for (phase_t p = 0; p < PHASES; p++) {
        out->reps[p] = phase_is_once(p) ? 1 : options->reps;
    }
}

void plan_add_confirm(plan_t *plan, const allocator_t *hakmem, const wmax_pair_t *pairs,
                      size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || pairs[i].workload != pairs[i - 1].workload) {
            add_reference(plan, PHASE_CONFIRM, pairs[i].workload, hakmem);
        }
        add_pair(plan, PHASE_CONFIRM, hakmem, pairs[i]);
    }
}

size_t plan_block(const plan_t *plan, unsigned phases, unsigned rep, size_t *order) {
    size_t count = 0;
    for (size_t i = 0; i < plan->count; i++) {
        phase_t phase = plan->cells[i].phase;
        if ((phases >> phase & 1) && rep < plan->reps[phase] && !plan->cells[i].idle) {
            order[count++] = i;
        }
    }
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    gsl_rng_set(rng, (unsigned long)(plan->seed * 2654435761u + rep * 16u + phases));
    if (count > 1) { /* GSL ends the program on an empty array */
        gsl_ran_shuffle(rng, order, count, sizeof *order);
    }
    gsl_rng_free(rng);
    return count;
}

double plan_block_cost(const plan_t *plan, phase_t phase) {
    double sum = 0;
    for (size_t i = 0; i < plan->count; i++) {
        sum += plan->cells[i].phase == phase ? plan->cells[i].cost_s : 0;
    }
    return sum;
}

size_t plan_cell_count(const plan_t *plan, phase_t phase) {
    size_t count = 0;
    for (size_t i = 0; i < plan->count; i++) {
        count += plan->cells[i].phase == phase;
    }
    return count;
}

bool plan_fit(const double block_s[PHASES], double seconds, unsigned reps[PHASES]) {
    /* Best first. Seven pairs carry a 95 % interval of the median (1 - 2^-6 = 98 %), six just so;
     * the grid only has to point at candidates, which CONFIRM then measures afresh. */
    static const struct {
        unsigned grid, compare, confirm;
    } ladder[] = {{7, 15, 15}, {5, 11, 11}, {5, 9, 9}, {3, 9, 9}, {3, 7, 9}, {3, 7, 7},
                  {3, 6, 7},   {3, 6, 6},   {3, 5, 6}, {2, 6, 6}, {2, 5, 6}, {2, 5, 5},
                  {2, 4, 5},   {2, 3, 5},   {2, 3, 3}, {1, 4, 5}, {1, 3, 5}, {1, 3, 3}};
    size_t rungs = sizeof ladder / sizeof *ladder;
    for (size_t i = 0; i < rungs; i++) {
        double cost = ladder[i].grid * block_s[PHASE_GRID] +
                      ladder[i].compare * block_s[PHASE_COMPARE] +
                      ladder[i].confirm * block_s[PHASE_CONFIRM];
        if (cost <= seconds || i == rungs - 1) {
            reps[PHASE_GRID] = ladder[i].grid;
            reps[PHASE_COMPARE] = ladder[i].compare;
            reps[PHASE_CONFIRM] = ladder[i].confirm;
            return cost <= seconds;
        }
    }
    return false;
}
