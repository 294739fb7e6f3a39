/*
 * program.h - whether the loader would preload a library into a program.
 *
 * It would not into a static program, into one for another machine or C library, and into one that
 * runs with more rights than its user. Of a script, what counts is its interpreter. A file that
 * cannot be read is given the benefit of the doubt.
 */
#ifndef HAKMEM_PROGRAM_H
#define HAKMEM_PROGRAM_H

/* What execvp would start for this name; NULL: nothing. */
char *program_find(const char *name);

/* Why not, as the end of a sentence; NULL: it would. */
const char *program_trouble(const char *path);

#endif
