/*
 * figures.h - what a running process publishes of its memory (hakmem/core/stats/published.h),
 * taken without a word to it.
 *
 * The file is found by the memory map of the process, so that it is the process's own, of this
 * program and not of one before an exec, and wherever the process sees it: also in a container.
 */
#ifndef HAKMEM_FIGURES_H
#define HAKMEM_FIGURES_H

#include "stats/published.h"

#include <sys/types.h>

typedef enum {
    FIGURES_TAKEN,
    FIGURES_ENDED, /* there is no such process */
    FIGURES_NONE,  /* there are none to be had; `trouble` says why */
} figures_result_t;

/* `trouble` is a whole sentence without its end; on the heap. */
figures_result_t figures_take(pid_t process, published_t *out, char **trouble);

/* Removes what processes that are no more left behind; of `process`, the path of its file, else
 * NULL. Others' files, and those of another namespace of process ids, are let be. */
char *figures_clean_up(pid_t process);

#endif
