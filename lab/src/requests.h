/*
 * requests.h - the tails of the requests to whole programs, as their load generators tell them,
 * over the repetitions of the comparison.
 *
 * A generator tells some of the parts, or nothing; what it does not tell is NAN. Each sample gives
 * one figure per part, and shown is the median over the samples, with its 95 % interval where three
 * or more carry one. Ratios are to hakmem, paired by repetition; their verdicts are held against
 * the margin and corrected for all of them in the run. The maximum has
 * neither: it is one request of each sample, and tells nothing that could be compared.
 *
 * The generators wait for an answer before they ask again, so a stall counts once per client, not
 * once per request that would have come meanwhile.
 */
#ifndef LAB_REQUESTS_H
#define LAB_REQUESTS_H

#include "analysis.h"

typedef enum request_part {
    REQUEST_P50,
    REQUEST_P90,
    REQUEST_P99,
    REQUEST_P999,
    REQUEST_MAX,
    REQUEST_PARTS
} request_part_t;

/* Of one allocator on one workload. */
typedef struct request_tail {
    const char *workload, *allocator;
    interval_t ns[REQUEST_PARTS];    /* `pairs`: samples */
    interval_t ratio[REQUEST_PARTS]; /* to hakmem */
    double floor[REQUEST_PARTS];     /* relative noise floor of that ratio; NAN without one */
    double p[REQUEST_PARTS];         /* corrected */
    verdict_t verdict[REQUEST_PARTS];
} request_tail_t;

typedef struct request_tails {
    request_tail_t *items; /* by workload, allocator; the A/A twin has no row */
    size_t count;
} request_tails_t;

/* Of the workloads whose samples tell of requests. */
void requests_make(const analysis_t *analysis, request_tails_t *out);

const char *request_part_name(request_part_t part); /* "p99.9" */
/* For people: "too few", "no difference", "slower", "faster". */
const char *request_word(verdict_t verdict);
/* "412 us", "1.35 ms"; "-" for NAN. */
char *request_time(double ns);

#endif
