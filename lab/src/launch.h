/*
 * launch.h - runs one program in a process of its own, with a fresh environment and a time limit.
 *
 * Nothing of the lab's environment reaches the program: it gets exactly the variables given. The
 * lab is small and holds no locks or threads when it forks; the drivers read their own RssAnon and
 * reset their own peak, so the parent's resident set (which ru_maxrss would inherit) plays no
 * part. The program leads a process group: on a timeout, or on Ctrl-C, the whole group is ended
 * and waited for, so nothing of one sample runs beside the next.
 */
#ifndef LAB_LAUNCH_H
#define LAB_LAUNCH_H

#include <stdbool.h>
#include <stdint.h>

enum { LAUNCH_TAIL_BYTES = 2000 };

typedef struct launch {
    char *const *argv;
    char *const *envp;
    const char *folder; /* to run in */
    double timeout_s;
} launch_t;

typedef struct outcome {
    bool started; /* false: fork or pipe failed */
    bool timed_out;
    bool interrupted; /* Ctrl-C: not a sample */
    int wait_status;  /* as of waitpid */
    uint64_t elapsed_ns;
    char output_tail[LAUNCH_TAIL_BYTES + 1]; /* the end of its stdout and stderr */
} outcome_t;

outcome_t launch_run(const launch_t *launch);

/* From now on SIGINT and SIGTERM end the running program and make launch_interrupted() true. */
void launch_catch_signals(void);
bool launch_interrupted(void);

#endif
