/*
 * team.h - runs a workload on some threads and measures it.
 *
 * A driver says what each thread does in three phases; team_measure does the rest, the same way for
 * every workload:
 *
 *   threads start, their stacks are touched                      not measured
 *   base reading of the resident set, peak reset
 *   fill   build the live set                                    not timed, but in the peak
 *   run    the work                                              timed: barrier to barrier
 *   rest_ms of rest; steady reading, with the live set alive
 *   drain  free everything                                       not timed
 *   100 ms of rest, drain reading; in a run for memory (memory.h) more, up to 5 s later
 *
 * In turns (turns.h) the first run is the start, measured with the fill; then the members run again
 * and again as the lab says, and the sample's figures are the sums of the turns that count. Each
 * round must do the same work, which is checked. The peak is that of the start: as much work in
 * every process, while the number of rounds depends on its speed.
 *
 * Member 0 is the main thread: a workload of one thread runs in a process of one thread, where
 * glibc and others have shortcuts that real single-threaded programs get too. Threads stay alive
 * until the last reading, so that what an allocator keeps for them is in it.
 */
#ifndef WORKLOADS_TEAM_H
#define WORKLOADS_TEAM_H

#include "common/sample.h"

typedef void team_phase_t(void *context, unsigned member);

/* Of each operation in turns, this many picoseconds of arithmetic more: a difference of known size,
 * by which the lab learns what it can detect. It is done after each round. 0: none. */
extern uint64_t team_delay_ps;
void team_delay_parse(const char *text); /* of --delay-ps */
#define TEAM_DELAY_HELP "slow each operation of a turn down by this much: for the lab"

/* What all members together have done since the process began. */
typedef struct team_tally {
    uint64_t ops, checksum, null_returns;
} team_tally_t;

typedef struct team_job {
    void *context;
    team_phase_t *fill; /* may be NULL */
    team_phase_t *run;
    team_phase_t *drain;
    /* By the main thread while the others wait, beside the base and the steady reading, of which it
     * is no part; may be NULL. */
    void (*look)(void *context, memory_point_t point);
    team_tally_t (*tally)(void *context); /* while no member works; NULL: `run` cannot be repeated,
                                             and there are no turns */
    unsigned
        rest_ms; /* what an allocator gives back on its own in that time is not in the reading */
} team_job_t;

enum { TEAM_MEMBERS_MAX = 1024 };

/* Fills the measured figures of `sample`; the driver adds ops, requested bytes and checksum. */
void team_measure(const team_job_t *job, unsigned members, sample_t *sample);

/* Each member says once, in its run, that a tenth of its work is done. Member 0's word takes a
 * reading of the resident set, which costs some microseconds; that of others is ignored. */
void team_note_tenth(void);

#endif
