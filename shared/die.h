/*
 * die.h - how every tool of the repository speaks of an error, and how it ends on one.
 *
 * One line on stderr, "<program>: <message>", then exit 1 (EXIT_USAGE for a bad command line). The
 * message names the file or option that is at fault.
 *
 * There are two ways to end. die, for the drivers: nothing is flushed and nothing allocates through
 * malloc, so a driver may die in the middle of a measured part, with its heap in any state. fail,
 * for lab and paper: what they have printed so far still gets out.
 */
#ifndef SHARED_DIE_H
#define SHARED_DIE_H

#include <stdarg.h>

enum { EXIT_USAGE = 2 };

void warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void warn_list(const char *format, va_list args) __attribute__((format(printf, 1, 0)));

void die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* The same, with ": <strerror(errno)>" appended. */
void die_errno(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

void die_usage(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

void fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

#endif
