/*
 * demand.h - how much idle memory a program has shown to need: the rule by which upkeep gives
 * memory back that was let go of in bulk.
 *
 * Keeping an idle page is rent, getting it back costs a fault: what stays idle for an interval
 * (HAKMEM_PURGE_DELAY_MS) is not worth its rent (Karlin et al., "Competitive snoopy caching",
 * 1988). A program that swings shows by what it takes again how much of its idle memory it needs:
 * that much is kept, whether it was kept or given back the first time, and for as long as the
 * swings recur within two intervals; it is known for up to three.
 *
 * Who falls silent may not call again. So what a large or old heap lets go of goes at once, unless
 * somebody watches (cache/background.h): then all of it has its interval.
 *
 * Pure functions of levels and time, without a clock of their own. Not thread-safe.
 */
#ifndef HAK_DEMAND_H
#define HAK_DEMAND_H

#include "../base/base.h"

/* Bytes: in the hands of the program and of threads; idle, and most likely in memory; free, and not
 * in memory. */
typedef struct hak_levels {
    size_t used, idle, clean;
} hak_levels_t;

/* Begins as all zero. Pairs: of the interval that runs, and of the one before. */
typedef struct hak_demand {
    hak_levels_t last;
    size_t rise;          /* taken of what was idle, less what was let go of since */
    size_t needed[3];     /* the highest rise; also of the one before that pair */
    size_t given_back[2]; /* by the caller */
    size_t highest[2];    /* the highest level in use */
    size_t least_idle[2];
    size_t grown_to;       /* the level that use grew to last, by a third or more … */
    uint64_t grown_ms;     /* … and when */
    size_t fell_to;        /* in use at the last give-back, while use falls; 0: it does not */
    uint64_t since_ms;     /* the interval that runs */
    uint64_t regret_to_ms; /* until then nothing more is given back */
    uint64_t due_ms;       /* when idle memory is to go back, unless it is needed; 0: none is … */
    size_t due_bytes;      /* … and so much at most */
    bool is_watched;   /* by the caller: somebody looks again, even if the program falls silent */
    uint64_t fault_ns; /* what it costs to fault a page in, by the caller; 0: not known */
} hak_demand_t;

/* Takes note of the levels. How many idle bytes are to be given back now; `at_rest`, when the
 * program says that it will wait, all but what it has shown to need. */
size_t demand_look(hak_demand_t *demand, const hak_levels_t *now, uint64_t now_ms,
                   uint64_t interval_ms, bool at_rest);
/* So many were. */
void demand_note_given_back(hak_demand_t *demand, size_t bytes);

#endif
