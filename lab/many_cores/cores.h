/*
 * cores.h - cores with clocks of their own, on which threads run in simulated time.
 *
 * Each core is a thread of the process. One runs at a time: always the one whose clock is behind
 * all others', and it goes on until it is at something that cores share (a line that changes hands,
 * a lock), and behind another. So what is shared is reached in the order of the clocks, whatever
 * the machine does, and the same program gives the same figures each time.
 *
 * A core may run ahead on lines that it has, until it calls core_turn: programs do so once for each
 * operation.
 *
 * An access costs access_ns, a locked one locked_ns, and what the line takes to come. A core that
 * wants a lock which another holds waits until that one's clock is at the release. The first to
 * come is the first to be served.
 */
#ifndef MANY_CORES_CORES_H
#define MANY_CORES_CORES_H

#include <stddef.h>

#include "lines.h"

enum { RANKS = 8 };

typedef struct costs {
    double access_ns, locked_ns, shared_ns, transfer_ns, call_ns;
} costs_t;

typedef struct core_figures {
    uint64_t ops;             /* as the program counts them */
    double begin_ns, end_ns;  /* of what is counted */
    uint64_t accesses;        /* of the allocator */
    uint64_t transfers;       /* of lines of the allocator's */
    uint64_t block_transfers; /* of lines in the program's blocks */
    uint64_t calls;           /* system calls */
    double transfer_ns;       /* what these transfers took, with the wait for a line on its way */
    struct {
        uint64_t taken, waited;
        double wait_ns, held_ns;
    } locks[RANKS];
} core_figures_t;

/* Runs `body` on so many cores; it returns when all have. `figures`: one for each core. */
void cores_run(unsigned cores, uint64_t seed, const costs_t *costs, void (*body)(unsigned core),
               core_figures_t *figures);

/* For the thread of a core. Whether the caller is one: */
bool core_is_simulated(void);
unsigned core_id(void);
uint64_t core_draw(void); /* a random number of the core's own */
double core_now_ns(void);
void core_work(double ns); /* of the program */
void core_count_ops(uint64_t ops);
void core_turn(void); /* lets those go first that are behind */
/* Waits for all; what was counted until then is forgotten. */
void core_begin_counting(void);
/* `from`: the instruction behind it, for core_places. */
void core_access(uintptr_t address, bool writes, bool locked, const void *from);
void core_touch(const void *block, bool writes); /* the program's access */
void core_system_call(void);
/* Where in the program lines of the allocator's came from other cores, most first; how many places
 * there are. Of the last simulation. */
typedef struct core_place {
    const void *from;
    uint64_t transfers;
} core_place_t;
size_t core_places(const core_place_t **places);
/* Runs `body` in a new thread on this core, and ends it. */
void core_life(void (*body)(unsigned core));

void core_lock(const void *lock, unsigned rank);
bool core_try_lock(const void *lock, unsigned rank);
void core_unlock(const void *lock, unsigned rank);

#endif
