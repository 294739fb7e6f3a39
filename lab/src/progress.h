/*
 * progress.h - how far the run is: one line that is rewritten on a terminal, a plain line for
 * every tenth of the samples elsewhere, nothing with --quiet. On stderr, beside the results.
 */
#ifndef LAB_PROGRESS_H
#define LAB_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct progress {
    bool quiet, terminal;
    const char *unit; /* what is counted: "samples" */
    uint64_t start_ns;
    size_t done, total;
    double left_s;     /* sum of the expected costs of the samples to come */
    double expected_s; /* and of those that are done, which took taken_s */
    double taken_s;
    double
        most_s; /* of the whole run: then that is what the time left is taken from; 0: not known */
    size_t failed;
    unsigned tenths_said;
} progress_t;

void progress_start(progress_t *progress, bool quiet);
/* More work became known. */
void progress_add(progress_t *progress, size_t samples, double seconds);
/* A sample will not be made after all. */
void progress_drop(progress_t *progress, double seconds);
/* The run ends by then at the latest; 0: not known. */
void progress_expect(progress_t *progress, double most_s);
void progress_cell(progress_t *progress, const char *cell);
void progress_done(progress_t *progress, double expected_s, double taken_s, bool failed);
/* Something worth a line of its own; clears the progress line first. */
void progress_note(progress_t *progress, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void progress_end(progress_t *progress);

#endif
