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
/* A launch with its start, warm-up and turns. */
static const double turns_s = 0.5;
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

char *cell_allocator(const cell_t *cell) {
    return cell->delay_percent
               ? text_format("%s+%u%%", cell->allocator->key, cell->delay_percent)
               : text_format("%s%s", cell->allocator->key, cell->again ? "-again" : "");
}

static void add(plan_t *plan, cell_t cell) {
    char mid[DEC_TEXT], large[DEC_TEXT];
    cell.id = text_format("%s/%s/%s", phase_names[cell.phase], cell.workload->name,
                          cell_allocator(&cell));
    if (cell.wmax_mid) {
        dec_print(cell.wmax_mid, mid);
        dec_print(cell.wmax_large, large);
        cell.id = text_format("%s/%s/%s", cell.id, mid, large);
    }
    if (cell.threads) {
        cell.id = text_format("%s/%ut", cell.id, cell.threads);
    }
    cell.cost_s = cell_takes_turns(&cell) ? turns_s : cell.workload->expected_s + sample_overhead_s;
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
    bool is_plain = options->command == COMMAND_SWEEP && !options->full && options->unnamed;
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
        if (workload->sweep && options->command != COMMAND_CHECK_NOISE &&
            options->command != COMMAND_CHECK_POWER) {
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

/* hakmem, its twin, and both with delays of known size. */
static void add_delays(plan_t *plan, const workload_t *workload, const allocator_t *hakmem) {
    static const unsigned percents[] = {1, 2, 4};
    for (size_t i = 0; i < sizeof percents / sizeof *percents; i++) {
        add(plan, (cell_t){.phase = PHASE_COMPARE,
                           .workload = workload,
                           .allocator = hakmem,
                           .delay_percent = percents[i],
                           .idle = true}); /* until the time of an operation is known */
    }
}

/* The grid is for 33 KB-heavy workloads; whoever names both a workload and an axis wants it there
 * too. */
static bool has_grid(const options_t *options, const workload_t *workload) {
    bool asked = options->grid_given && options->workloads.count > 0 && !options->unnamed;
    return options->command == COMMAND_SWEEP && (workload->heavy33 || asked);
}

void plan_build(const options_t *options, const catalogue_t *workloads,
                const allocator_list_t *allocators, plan_t *out) {
    *out = (plan_t){.seed = options->seed};
    for (size_t w = 0; w < workloads->count; w++) {
        add_comparison(out, options, &workloads->items[w], allocators);
        if (options->command == COMMAND_CHECK_POWER) {
            add_delays(out, &workloads->items[w], &allocators->items[0]);
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

/* Of nothing but seed, repetition, phase and a name. */
static void shuffle(const plan_t *plan, phase_t phase, const char *name, unsigned rep, void *items,
                    size_t count, size_t bytes) {
    uint64_t hash = plan->seed * 0x9e3779b97f4a7c15u + rep * 16u + phase;
    for (const char *c = name; *c; c++) {
        hash = (hash ^ (unsigned char)*c) * 0x100000001b3u;
    }
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    gsl_rng_set(rng, (unsigned long)(hash ^ hash >> 32));
    if (count > 1) { /* GSL ends the program on an empty array */
        gsl_ran_shuffle(rng, items, count, bytes);
    }
    gsl_rng_free(rng);
}

size_t plan_block(const plan_t *plan, phase_t phase, const workload_t *workload, unsigned rep,
                  size_t *order) {
    size_t count = 0;
    for (size_t i = 0; i < plan->count; i++) {
        const cell_t *cell = &plan->cells[i];
        if (cell->phase == phase && cell->workload == workload && !cell->idle) {
            order[count++] = i;
        }
    }
    shuffle(plan, phase, workload->name, rep, order, count, sizeof *order);
    return count;
}

size_t plan_workloads(const plan_t *plan, phase_t phase, unsigned rep, const workload_t **out) {
    size_t count = 0;
    for (size_t i = 0; i < plan->count; i++) {
        const cell_t *cell = &plan->cells[i];
        bool known = false;
        for (size_t j = 0; j < count && !known; j++) {
            known = out[j] == cell->workload;
        }
        if (cell->phase == phase && !known) {
            out[count++] = cell->workload;
        }
    }
    shuffle(plan, phase, "", rep, out, count, sizeof *out);
    return count;
}

bool cell_takes_turns(const cell_t *cell) {
    return cell->workload->rounds > 0 &&
           (cell->phase == PHASE_GRID || cell->phase == PHASE_COMPARE ||
            cell->phase == PHASE_CONFIRM);
}

double plan_block_cost(const plan_t *plan, phase_t phase, const workload_t *workload) {
    double sum = 0;
    for (size_t i = 0; i < plan->count; i++) {
        const cell_t *cell = &plan->cells[i];
        bool counts =
            cell->phase == phase && !cell->idle && (!workload || cell->workload == workload);
        sum += counts ? cell->cost_s : 0;
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
