/*
 * die.c - error messages without stdio; see die.h.
 *
 * The line is put together in a buffer on the stack and leaves in one write(2), so lines of several
 * processes that share a stderr do not mix. A message longer than the buffer is cut.
 */
#include "die.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_BYTES = 4096 };

static size_t bounded(int printed, size_t room) {
    if (printed < 0)
        return 0;
    return (size_t)printed < room ? (size_t)printed : room - 1;
}

static void say(const char *format, va_list args, int error_code) {
    char line[LINE_BYTES];
    size_t used = bounded(snprintf(line, sizeof line, "%s: ", program_invocation_short_name), 128);
    used += bounded(vsnprintf(line + used, sizeof line - used, format, args), sizeof line - used);
    if (error_code != 0) {
        used +=
            bounded(snprintf(line + used, sizeof line - used, ": %s", strerrordesc_np(error_code)),
                    sizeof line - used);
    }
    line[used++] = '\n';
    /* Nobody is left to tell when stderr itself cannot be written to. */
    if (write(STDERR_FILENO, line, used) < 0)
        return;
}

void warn_list(const char *format, va_list args) {
    say(format, args, 0);
}

/* A list of arguments is said, and is over. */
#define SAY(format, error_code)                                                                    \
    do {                                                                                           \
        va_list args;                                                                              \
        va_start(args, format);                                                                    \
        say(format, args, error_code);                                                             \
        va_end(args);                                                                              \
    } while (0)

void warn(const char *format, ...) {
    SAY(format, 0);
}

void die(const char *format, ...) {
    SAY(format, 0);
    _exit(EXIT_FAILURE);
}

void die_errno(const char *format, ...) {
    int error_code = errno;
    SAY(format, error_code);
    _exit(EXIT_FAILURE);
}

void die_usage(const char *format, ...) {
    SAY(format, 0);
    _exit(EXIT_USAGE);
}

void fail(const char *format, ...) {
    SAY(format, 0);
    exit(EXIT_FAILURE);
}
