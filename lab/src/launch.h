/*
 * launch.h - runs one program in a process of its own, with a fresh environment and a time limit.
 *
 * Nothing of the lab's environment reaches the program: it gets exactly the variables given. The
 * lab is small and holds no locks or threads when it forks; the drivers read their own RssAnon and
 * reset their own peak, so the parent's resident set (which ru_maxrss would inherit) plays no
 * part. The program leads a process group: on a timeout, or on Ctrl-C, the whole group is ended
 * and waited for, so nothing of one sample runs beside the next. Should the lab itself be killed,
 * the kernel ends the program too.
 *
 * A batch is for samples that end with a long rest: the next one starts as soon as the one before
 * says `rest_line`, so only rests overlap. The anonymous memory of a program can be read from
 * outside meanwhile, by /proc/PID/statm, which costs the program nothing.
 */
#ifndef LAB_LAUNCH_H
#define LAB_LAUNCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { LAUNCH_TAIL_BYTES = 2000, LAUNCH_WATCH_MS = 5, LAUNCH_CHANNEL = 3 };

/* Anonymous bytes (resident less file pages) at a time of the monotonic clock. */
typedef struct resident_point {
    uint64_t clock_ns, bytes;
} resident_point_t;

typedef struct launch {
    char *const *argv;
    char *const *envp;
    const char *folder; /* to run in */
    double timeout_s;
    bool watch_memory;     /* every LAUNCH_WATCH_MS */
    const char *rest_line; /* what it prints when its work is over; NULL: it does not rest */
    bool speaks;           /* it has a socket at descriptor LAUNCH_CHANNEL (launch_start) */
} launch_t;

typedef struct outcome {
    bool started; /* false: fork or pipe failed */
    bool timed_out;
    bool interrupted; /* Ctrl-C: not a sample */
    int wait_status;  /* as of waitpid */
    uint64_t elapsed_ns;
    char output_tail[LAUNCH_TAIL_BYTES + 1]; /* the end of its stdout and stderr */
    resident_point_t *points;                /* where the reading changed, and the last one */
    size_t point_count;
} outcome_t;

outcome_t launch_run(const launch_t *launch);

/* Runs `count` programs, one at a time but for rests, of which `most` may overlap. `ended` gets
 * each outcome, in the order in which they end; its points are its own then. After Ctrl-C it gets
 * those that were under way, as interrupted. */
void launch_batch(const launch_t *list, size_t count, size_t most,
                  void (*ended)(void *context, size_t place, outcome_t *outcome), void *context);

/* A program that is spoken to while it runs: some may be alive at once. Lines are messages of a
 * SOCK_SEQPACKET. */
typedef struct launched launched_t;

launched_t *launch_start(const launch_t *launch); /* `launch` is copied, what it points to is not */
pid_t launch_pid(const launched_t *program);
bool launch_say(launched_t *program, const char *line);
/* The next line that it says. False: it ended, took longer than that, or Ctrl-C. */
bool launch_hear(launched_t *program, char *line, size_t room, double timeout_s);
/* Waits for its end, at most its time limit; frees it. */
outcome_t launch_end(launched_t *program);

/* From now on SIGINT, SIGTERM and SIGHUP end the running program and make launch_interrupted()
 * true. */
void launch_catch_signals(void);
bool launch_interrupted(void);

#endif
