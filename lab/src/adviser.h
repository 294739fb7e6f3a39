/*
 * adviser.h - measures settings of several allocators on one workload: the search, then fresh
 * launches of what it found.
 *
 *   first      every allocator at its default, a few launches side by side: what a sample costs,
 *              and how the allocators compare
 *   search     round by round (halving.h): of each allocator its default and the candidates that
 *              are alive, in turns or back to back; a ratio is always to a default that ran beside
 *   confirm    the default of every allocator and at most three settings of each, all of them side
 *              by side, on launches of which the search has seen none: of the whole workload, and
 *              of the part of it that was held out
 *
 * The phases are those of a sweep, COMPARE, GRID and CONFIRM, and so is the executor. All that is
 * decided on the way follows from the samples, their durations among them, and from no clock, so a
 * run that was killed goes on as it would have (sequence.h). How many fresh launches there are is
 * decided by the time that is left and not by what they show.
 *
 * Where the budget is short, the search gets fewer candidates first, then fewer rounds; then the
 * least promising settings are not confirmed, and so not recommended.
 */
#ifndef LAB_ADVISER_H
#define LAB_ADVISER_H

#include "execute.h"
#include "halving.h"
#include "pairs.h"

typedef struct advised {
    const allocator_t *allocator;
    knob_table_t knobs;
    candidates_t candidates;
    size_t singles;              /* the candidates below it are single knobs */
    size_t untried;              /* singles that the budget had no room for */
    double sample_s, peak_bytes; /* of its default in the first launches; NAN: it failed */
    bool out;                    /* it failed at its default */
    size_t nominees[GOALS];      /* candidates to be confirmed, each once */
    size_t nominee_count;
} advised_t;

/* The parts of a workload. */
typedef struct advise_parts {
    const workload_t *search, *whole, *held_out; /* NULL: nothing can be held out */
} advise_parts_t;

enum { PART_WHOLE, PART_HELD_OUT, ADVISE_PARTS };

typedef struct adviser {
    const options_t *options;
    advise_parts_t parts;
    advised_t *items;
    size_t count;
    size_t status_quo; /* whose default the last word is measured by: glibc's, or the first's */
    plan_t plan;
    execution_t execution; /* its plan is that one */
    double memory_bytes;   /* that processes which are alive at once may take together */
    double reserve_s;      /* of the budget, for what is not of samples */
    double spent_s;
    unsigned reps[PHASES];
    unsigned launches; /* of each part, to confirm */
} adviser_t;

/* Allocators without knobs take part with their defaults. `knobs` of each is set by the caller. */
void adviser_start(adviser_t *adviser);
/* All three. False when interrupted. */
bool adviser_run(adviser_t *adviser);

/* Candidates that have none get theirs: the allocator under another name, with the environment. */
void adviser_set_allocators(advised_t *advised);

/* The name of a candidate's cell in a phase. */
char *adviser_cell(const adviser_t *adviser, phase_t phase, const workload_t *workload,
                   size_t advised, size_t candidate);
/* The default of the first, measured a second time beside all that is confirmed. */
char *adviser_twin(const adviser_t *adviser, const workload_t *workload);
const workload_t *adviser_part(const adviser_t *adviser, size_t part);

/* Memory at its peak, and at the end of what was timed; NAN where it does not count. */
double adviser_peak(const sample_t *sample);
double adviser_end(const sample_t *sample);
/* What the search knows of a candidate over the default of the status quo. */
score_t adviser_estimate(const adviser_t *adviser, size_t advised, size_t candidate);

#endif
