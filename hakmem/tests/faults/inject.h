/*
 * inject.h - makes the system calls of the OS layer fail, in a test program alone.
 *
 * The program is linked with the objects of the library as they are shipped, and with ld's
 * --wrap=NAME for each function of libc that core/os/os.c calls: the linker leads these calls here.
 * So there is nothing in the library to leave out of a release.
 *
 * HAK_FAULT=NAME:N:MODE:ERRNO says which call fails: the N-th of that name (MODE once), that and
 * all after it (MODE on), or with NAME commit every mprotect that would make more than N bytes
 * accessible, which is what vm.overcommit_memory=2 does.
 */
#ifndef INJECT_H
#define INJECT_H

#include <stdbool.h>
#include <stdint.h>

enum { INJECT_NAMES = 9 };
extern const char *const inject_names[INJECT_NAMES];

uint64_t inject_calls(unsigned name); /* how often it was called so far */
uint64_t inject_failed(void);         /* calls that were made to fail */
void inject_stop(void);               /* from now on nothing fails */

/* What was made to fail since the last call of this, of mmap and mprotect: these can refuse memory.
 * `lost`: a step of the heap that was not made good by a smaller one before it was given up. */
typedef struct inject_report {
    unsigned mmaps, mprotects, lost;
    bool of_metadata; /* the last was for a chunk of hakmem's own records */
    bool once;        /* MODE */
} inject_report_t;
inject_report_t inject_take_report(void);

/* The heap has refused the request: a step that now succeeds at the same place is another try. */
void inject_give_up(void);

#endif
