/*
 * child.h - runs the test program once more, under libhakmem.so and chosen options.
 *
 * Options are read once, at start-up, so that a test of an option needs a process of its own. The
 * program calls itself: main() without arguments is the test, with arguments it is the program
 * under test. Output goes to memory files, so that no amount of it can block the child.
 */
#ifndef CHILD_H
#define CHILD_H

#include <stddef.h>

typedef struct child {
    int exit_code; /* -1 when a signal ended it */
    int signal;    /* 0 when it exited */
    char *out;     /* what it wrote to stdout and stderr, each ended by '\0' */
    char *err;
} child_t;

typedef struct child_setup {
    const char *const *env;     /* "NAME=value", ended by NULL; may be NULL */
    const char *also_preload;   /* a second library for LD_PRELOAD, or NULL */
    size_t address_space_bytes; /* RLIMIT_AS from before the exec on; 0: none */
} child_setup_t;

/* Runs this program with the arguments `mode` and `arg` (NULL: none). */
child_t child_run(const child_setup_t *setup, const char *mode, const char *arg);

/* The usual case: only options. */
#define CHILD_RUN(mode, ...)                                                                       \
    child_run(&(child_setup_t){.env = (const char *const[]){__VA_ARGS__, NULL}}, mode, NULL)

/* Fails the test, with the child's stderr, unless the child exited 0. */
void child_expect_success(const child_t *child);
void child_free(child_t *child);

/* How often `text` occurs in `where`. */
unsigned count_text(const char *where, const char *text);

/* The library under test: HAK_TEST_LIB, else the one that the Makefile of hakmem builds. */
const char *hak_library(void);

/* A path for a temporary file of this process; static storage, removed at exit. */
const char *temp_path(void);

#endif
