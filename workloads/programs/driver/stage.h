/*
 * stage.h - runs a stage of a program's script: "bash SCRIPT STAGE", in the work folder, with
 * STAGE.out and STAGE.err there for its output. A command has one stage, itself: it runs where the
 * driver was started, under the allocator from its first program on.
 */
#ifndef WORKLOADS_PROGRAMS_STAGE_H
#define WORKLOADS_PROGRAMS_STAGE_H

#include <stdbool.h>
#include <sys/resource.h>
#include <sys/types.h>

typedef struct script {
    const char *name, *path, *folder;
    char *const *command; /* instead of a script; NULL: there is none */
} script_t;

pid_t stage_start(const script_t *script, const char *stage);

/* Waits at most so long (-1: without end); false: it runs on. `used` may be NULL. */
bool stage_wait(pid_t process, int most_ms, int *status, struct rusage *used);

/* Ends the driver unless the status is a success, with the last line that the stage wrote. */
void stage_expect(const script_t *script, const char *stage, int status);

/* Start, wait, expect. */
void stage_run(const script_t *script, const char *stage);

/* The first bytes of what the stage printed. */
void stage_output(const script_t *script, const char *stage, char *text, size_t room);

#endif
