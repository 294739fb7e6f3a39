/*
 * claims.h - hakmem's standing on each workload: against the fastest and the leanest of the other
 * allocators, against each of them, and whether the claims of the catalogue hold.
 *
 * The fastest other allocator is the one with the highest median throughput over the repetitions of
 * COMPARE, the leanest the one with the lowest median of anonymous bytes, by peak and by the steady
 * reading each its own. Ratios are hakmem over that one, paired by launch; a verdict on them
 * is corrected for all comparisons with all others (stats.h).
 * Less than a page counts as a page, so that no ratio is of nothing.
 *
 * A claim compares a figure with a bound:
 *   speed_of_best          throughput over that of the fastest other, at least
 *   memory_of_leanest      peak, and steady, bytes over those of the leanest other, both at most
 *   time_over_glibc_us     wall time per operation less glibc's, in microseconds, at most
 *   memory_over_glibc_kib  peak less glibc's, in KiB, at most
 *   steady_over_requested  steady over what that allows, x times the requested bytes and
 *                          steady_extra_kib on top: at most 1
 *   steady_over_tenth      steady over the reading after a tenth of the run, at most
 * It holds when the figure's whole 95 % interval keeps to the bound, misses when no part of it
 * does, and is undecided between. With less than three pairs it is untested. What hakmem did not
 * survive it cannot claim: one failed sample of its own, and all claims on the workload miss.
 */
#ifndef LAB_CLAIMS_H
#define LAB_CLAIMS_H

#include "analysis.h"

/* A claim of several parts is as bad as its worst: in this order. */
typedef enum finding {
    FINDING_HOLDS,
    FINDING_UNDECIDED,
    FINDING_UNTESTED,
    FINDING_MISSES,
    FINDINGS
} finding_t;

typedef enum rivalry { RIVAL_SPEED, RIVAL_PEAK, RIVAL_STEADY, RIVALS } rivalry_t;

typedef struct rival {
    const char *allocator; /* NULL: no other one has a sample that counts */
    interval_t ratio;      /* hakmem over it */
    double floor;
    double p; /* of the ratio, corrected for all comparisons with all others */
    verdict_t verdict;
} rival_t;

typedef struct claim_part {
    const char *name;    /* "speed", "peak", "steady", "time" */
    const char *against; /* an allocator; "" where hakmem's own samples decide */
    interval_t figure;
    finding_t finding;
} claim_part_t;

typedef struct claim {
    claim_key_t key;
    double bound, extra_kib;
    claim_part_t parts[2];
    size_t part_count;
    finding_t finding;
} claim_t;

/* hakmem against one other allocator. */
typedef struct other {
    const char *allocator;
    rival_t against[RIVALS];
} other_t;

typedef struct standing {
    const char *workload, *title, *group;
    size_t group_place; /* of the group, from 0 */
    size_t reps;        /* hakmem's samples */
    size_t hakmem_failed;
    char *failures;         /* "jemalloc 2 of 7 (2 timeout)", or "" */
    rival_t rivals[RIVALS]; /* the fastest, and the leanest by peak and by steady */
    other_t *others;        /* all of them, as in the table of allocators */
    size_t other_count;
    claim_t claims[CLAIM_KEYS];
    size_t claim_count;
} standing_t;

typedef struct standings {
    standing_t *items; /* the workloads of COMPARE by group, "other" last */
    size_t count;
    size_t findings[FINDINGS]; /* how many claims of each */
    size_t groups;
} standings_t;

void claims_judge(const analysis_t *analysis, standings_t *out);

const char *rivalry_name(rivalry_t rivalry); /* "speed", "peak", "steady" */
const char *finding_word(finding_t finding);

#endif
