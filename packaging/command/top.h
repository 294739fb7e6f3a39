/*
 * top.h - `hakmem top`: the live classes, the waste and the failures of a running process, again
 * and again, on the standard output.
 */
#ifndef HAKMEM_TOP_H
#define HAKMEM_TOP_H

#include <stdbool.h>
#include <sys/types.h>

typedef struct top_setup {
    double interval_seconds;
    bool once, as_json;
} top_setup_t;

/* Until the process ends; the exit status. */
int top_show(pid_t process, const top_setup_t *setup);

#endif
