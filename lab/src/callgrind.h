/*
 * callgrind.h - reads what valgrind --tool=callgrind wrote: how many instructions the allocator
 * took, and how many all the rest.
 *
 * Of the allocator is what is executed between a call that enters it and the return from that:
 * its own code (`library`), and what it calls (`called`: memset for calloc, memcpy for realloc, the
 * wrappers of system calls). callgrind tells the costs of each call with all that is below it, so
 * the calls that lead from outside into the allocator add up to both.
 *
 * A library of its own is the allocator's as a whole. Code in sections other than .text has no
 * object in the file: a function with a name there is the allocator's (tcmalloc's malloc; others
 * have next to nothing there), and of one that has an address only (a stub of a procedure linkage
 * table) the mappings of the process say whose it is. In the C library the allocator is malloc,
 * free and their relatives, by name, and what these call.
 *
 * The format: https://valgrind.org/docs/manual/cl-format.html; names are written once, as
 * "(number) name", and then by number.
 */
#ifndef LAB_CALLGRIND_H
#define LAB_CALLGRIND_H

#include <stdbool.h>

typedef struct callgrind_counts {
    double library, called, outside; /* instructions; of the C library, `library` holds both */
} callgrind_counts_t;

/* `library`: the real path; `is_libc`: it is the C library. `maps_path`: a copy of /proc/PID/maps;
 * an absent one has no lines. False where there is no such file, or nothing was counted in it. */
bool callgrind_read(const char *path, const char *maps_path, const char *library, bool is_libc,
                    callgrind_counts_t *out);

#endif
