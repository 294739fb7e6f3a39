/*
 * die.h - how every tool of the suite stops on an error.
 *
 * One line on stderr, "<program>: <message>", then exit 1 (EXIT_USAGE for a bad command line). The
 * message names the file or option that is at fault. Nothing here allocates through malloc, so a
 * driver may die in the middle of a measured part.
 */
#ifndef WORKLOADS_DIE_H
#define WORKLOADS_DIE_H

enum { EXIT_USAGE = 2 };

void die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* The same, with ": <strerror(errno)>" appended. */
void die_errno(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

void die_usage(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

void warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
