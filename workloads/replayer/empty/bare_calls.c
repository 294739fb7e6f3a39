/*
 * bare_calls.c - what a call of the empty allocator costs by itself: bin/bare_calls.
 *
 *   LD_PRELOAD=bin/libempty.so bin/bare_calls --result=FILE
 *
 * A loop of malloc and free, measured as a replay is; each counts as an operation. overhead.sh
 * takes it off what a replay costs.
 */
#include "shared/die.h"
#include "common/team.h"

#include <stdlib.h>
#include <string.h>

enum { PAIRS = 10000000, BLOCK_BYTES = 64 };

static void run(void *context, unsigned member) {
    (void)context;
    (void)member;
    for (unsigned i = 0; i < PAIRS; i++)
        free(malloc(BLOCK_BYTES));
}

static void drain(void *context, unsigned member) {
    (void)context;
    (void)member;
}

int main(int argc, char **argv) {
    static sample_t sample = {.workload = "bare_calls", .ops = 2 * (uint64_t)PAIRS};
    static const char option[] = "--result=";
    if (argc != 2 || strncmp(argv[1], option, strlen(option)) != 0)
        die_usage("bare_calls takes one argument, --result=FILE");
    team_job_t job = {.run = run, .drain = drain};
    team_measure(&job, 1, &sample);
    sample_report(&sample, argv[1] + strlen(option));
    return 0;
}
