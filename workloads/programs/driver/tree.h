/*
 * tree.h - what a process and all its descendants use, from /proc.
 *
 * Processes come and go while it looks: one that is gone counts nothing. Memory that a fork shares
 * counts once for each process, as RssAnon does.
 */
#ifndef WORKLOADS_PROGRAMS_TREE_H
#define WORKLOADS_PROGRAMS_TREE_H

#include <stdint.h>
#include <sys/types.h>

typedef struct tree {
    unsigned processes;
    uint64_t anon_bytes;      /* of all together, now */
    uint64_t anon_peak_bytes; /* the highest that one of them ever had */
    uint64_t user_ns, sys_ns, minor_faults, major_faults; /* with children that were waited for */
} tree_t;

tree_t tree_read(pid_t root);

#endif
