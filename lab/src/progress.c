/*
 * progress.c - the progress line. See progress.h.
 */
#include "progress.h"

#include "file.h"
#include "text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

void progress_start(progress_t *progress, bool quiet) {
    *progress = (progress_t){.quiet = quiet,
                             .terminal = isatty(STDERR_FILENO),
                             .unit = "samples",
                             .start_ns = clock_now_ns()};
}

void progress_add(progress_t *progress, size_t samples, double seconds) {
    progress->total += samples;
    progress->left_s += seconds;
    progress->tenths_said = progress->total ? (unsigned)(progress->done * 10 / progress->total) : 0;
}

void progress_drop(progress_t *progress, double seconds) {
    progress->total -= seconds > 0;
    progress->left_s = progress->left_s > seconds ? progress->left_s - seconds : 0;
}

void progress_expect(progress_t *progress, double most_s) {
    progress->most_s = most_s;
}

/* "37/812 samples, 0 failed, 12.1 s, at most 3 min 20 s left" */
static char *state(const progress_t *p) {
    double elapsed_s = (double)(clock_now_ns() - p->start_ns) / 1e9;
    /* Expectations that were wrong so far will be wrong by as much. */
    double wrong_by = p->expected_s > 0 ? p->taken_s / p->expected_s : 1;
    double left_s = p->most_s > 0 ? fmax(0, p->most_s - elapsed_s) : p->left_s * wrong_by;
    return text_format("%zu/%zu %s, %zu failed, %s, %s %s left", p->done, p->total, p->unit,
                       p->failed, text_duration(elapsed_s), p->most_s > 0 ? "at most" : "about",
                       text_duration(left_s));
}

static int columns(void) {
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 80;
}

void progress_cell(progress_t *progress, const char *cell) {
    if (progress->quiet || !progress->terminal) {
        return;
    }
    char *now = state(progress), *line = text_format("%s: %s", now, cell);
    fprintf(stderr, "\r\033[K%.*s", columns() - 1, line);
    fflush(stderr);
    free(line);
    free(now);
}

void progress_done(progress_t *progress, double expected_s, double taken_s, bool failed) {
    progress->expected_s += expected_s;
    progress->taken_s += taken_s;
    progress->done++;
    progress->failed += failed;
    progress->left_s = progress->left_s > expected_s ? progress->left_s - expected_s : 0;
    unsigned tenths = (unsigned)(progress->done * 10 / progress->total);
    if (!progress->quiet && !progress->terminal && tenths > progress->tenths_said) {
        char *now = state(progress);
        fprintf(stderr, "%s\n", now);
        free(now);
        progress->tenths_said = tenths;
    }
}

void progress_note(progress_t *progress, const char *format, ...) {
    if (progress->quiet) {
        return;
    }
    va_list args;
    va_start(args, format);
    progress_end(progress);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
}

void progress_end(progress_t *progress) {
    if (progress->terminal && !progress->quiet) {
        fputs("\r\033[K", stderr);
    }
}
