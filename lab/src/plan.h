/*
 * plan.h - what is measured: cells, and the order of the samples.
 *
 * A cell is one setting of one allocator on one workload. A block is one repetition of one
 * workload: all its cells of a phase run once, next to each other in time, in an order drawn from
 * the seed, the workload and the repetition and nothing else; so an interrupted run continues with
 * the same order, and neither a drifting machine nor a neighbour in the order favours one side (all
 * of A before all of B would). Where the workload can be cut into rounds, the block is a panel, in
 * turns (panel.h); else its processes run whole, back to back.
 *
 * The phases, in time:
 *   LATENCY  one block; every allocator on every workload of the sweep, with per-operation timing
 *            and a quarter of the operations. Its times never count as throughput.
 *   MEMORY   likewise, watched from outside and inside, with 5 s of rest after the drain; rests
 *            overlap. Its times count as nothing.
 *   CALLS    likewise, a quarter of the operations, under a tracer that counts system calls.
 *   SCALING  every allocator on the workloads of the sweep that have threads, with 1, 2, 4, …
 *            threads, up to twice the cores.
 *   GRID     hakmem over W_MAX_MID x W_MAX_LARGE on the 33 KB-heavy workloads
 *   COMPARE  every allocator on every workload, hakmem at its defaults
 *   CONFIRM  the pairs that the grid suggests against the default pair, on fresh samples: the best
 *            of many cells looks better than it is, so what chose it cannot also prove it.
 * check-power has COMPARE alone, of hakmem, its twin, and hakmem with delays of known size.
 * In GRID, COMPARE and CONFIRM the reference setting runs twice per block, the second time as
 * "hakmem-again": the A/A twin, a row of each table.
 */
#ifndef LAB_PLAN_H
#define LAB_PLAN_H

#include "baselines.h"
#include "catalogue.h"
#include "decimals.h"

#include <stdbool.h>
#include <stddef.h>

typedef enum phase {
    PHASE_LATENCY,
    PHASE_MEMORY,
    PHASE_CALLS,
    PHASE_SCALING,
    PHASE_GRID,
    PHASE_COMPARE,
    PHASE_CONFIRM,
    PHASES
} phase_t;

typedef struct cell {
    char *id; /* "grid/mid33/hakmem/1.60/1.30", "compare/mid33/jemalloc" */
    phase_t phase;
    const workload_t *workload;
    const allocator_t *allocator;
    bool again;     /* the second measurement of the same setting */
    bool reference; /* by its turns those of its panel are measured, hakmem or not */
    dec_t wmax_mid; /* 0: not set, the allocator's default */
    dec_t wmax_large;
    unsigned threads;       /* 0: as the workload and the user say */
    unsigned delay_percent; /* check-power: slower by a known delay of so much */
    uint64_t delay_ps;      /* of each operation; 0: not known yet */
    bool idle;              /* it needs no further repetition (stopping.h) */
    double cost_s;          /* of one sample: expected, then measured */
    bool cost_known;        /* it was measured */
} cell_t;

typedef struct plan {
    cell_t *cells;
    size_t count;
    unsigned reps[PHASES];
    uint64_t seed;
} plan_t;

/* Of a row of the comparison that stays undecided; check-power tells what so many find. */
enum { PLAN_LAUNCHES_MOST = 40 };

typedef struct wmax_pair {
    const workload_t *workload;
    dec_t mid, large;
} wmax_pair_t;

const char *phase_name(phase_t phase);
bool phase_parse(const char *name, phase_t *out);
/* LATENCY, MEMORY and CALLS: measured once, beside the repetitions. */
bool phase_is_once(phase_t phase);
/* LATENCY and CALLS: with a part of the operations. */
bool phase_is_short(phase_t phase);

/* Cells of all phases but CONFIRM, as far as the command has them. */
void plan_build(const options_t *options, const catalogue_t *workloads,
                const allocator_list_t *allocators, plan_t *out);

/* CONFIRM cells: per workload the reference twice, and its pairs. */
void plan_add_confirm(plan_t *plan, const allocator_t *hakmem, const wmax_pair_t *pairs,
                      size_t count);

/* Repetition `rep` of a phase on one workload, cells that are idle left out: indexes of cells in
 * random order into `order` (room for plan->count). */
size_t plan_block(const plan_t *plan, phase_t phase, const workload_t *workload, unsigned rep,
                  size_t *order);
/* The workloads that have cells of the phase, each once: into `out` (room for plan->count), in an
 * order drawn from seed and repetition. */
size_t plan_workloads(const plan_t *plan, phase_t phase, unsigned rep, const workload_t **out);

/* "hakmem", "hakmem-again", "hakmem+2%": as in samples. */
char *cell_allocator(const cell_t *cell);
/* Is it measured in turns (panel.h)? */
bool cell_takes_turns(const cell_t *cell);

/* Sum of cost_s over the cells of a phase that are not idle, of one workload or (NULL) of all: what
 * one repetition takes. */
double plan_block_cost(const plan_t *plan, phase_t phase, const workload_t *workload);
size_t plan_cell_count(const plan_t *plan, phase_t phase);

#endif
