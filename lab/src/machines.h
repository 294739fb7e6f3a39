/*
 * machines.h - what holds on all machines of a merged run (merge.h), and what does not.
 *
 * Each machine is analysed by itself, as a run of its own: ratios are pairs of one launch, so no
 * comparison crosses machines. Machine is a factor of what is found. A row is an allocator on a
 * workload, by speed or peak memory:
 *
 *   holds        the same verdict on every machine that measured it, two at least
 *   differs      two machines have verdicts, and not the same one
 *   open         some machine could not decide, and those that could agree
 *   interaction  does the ratio to hakmem itself depend on the machine? Welch's test of equal means
 *                under unequal errors (Biometrika 38, 1951) on the logarithms of the machines'
 *                ratios, with their errors and degrees of freedom, corrected by Holm's procedure
 *                over all rows of the measure; and only if the largest ratio is above the least by
 *                more than the margin. A verdict may hold although the ratio depends on the
 *                machine, and differ for want of launches although it does not.
 *
 * Recommended settings hold if every machine recommends the same pair; a machine on which the pair
 * was not confirmed for want of launches leaves it open.
 */
#ifndef LAB_MACHINES_H
#define LAB_MACHINES_H

#include "recommend.h"

typedef enum hold { HOLD_ALL, HOLD_NOT, HOLD_OPEN, HOLDS } hold_t;

typedef struct machine_view {
    const char *name, *label;
    run_info_t info;
    samples_t samples;
    analysis_t analysis;
    recommendations_t recommendations;
    const char *best; /* key of the allocator of the first sentence; NULL: nothing is compared */
} machine_view_t;

typedef struct across {
    const char *workload, *allocator;
    measure_t measure;
    const cell_stats_t **cells; /* by machine; NULL: not measured there */
    hold_t hold;
    double p;      /* of the interaction, corrected; NAN: too little is known */
    double factor; /* the largest ratio over the least */
    bool interacts;
} across_t;

typedef struct advice {
    const char *workload;           /* NULL: for all of them together */
    const recommendation_t **items; /* by machine; NULL: it has no grid there */
    hold_t hold;
} advice_t;

typedef struct machines {
    const char *folder;
    machine_view_t *items;
    size_t count;
    across_t *rows;
    size_t row_count;
    advice_t *advice;
    size_t advice_count;
} machines_t;

/* `margin`: 0.02 = 2 %; negative: that of each run. */
void machines_make(const char *folder, double margin, machines_t *out);

const char *hold_word(hold_t hold); /* "holds", "differs", "open" */

/* p of equal ratios; NAN with less than two whose error is known. */
double machines_interaction(const interval_t *ratios, size_t count);

#endif
