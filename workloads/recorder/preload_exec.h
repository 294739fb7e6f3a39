/*
 * preload_exec.h - exec and its kind, as libhakrec.so puts them before libc's.
 */
#ifndef WORKLOADS_PRELOAD_EXEC_H
#define WORKLOADS_PRELOAD_EXEC_H

/* Finds libc's own; before anything else runs. */
void exec_start(void);

#endif
