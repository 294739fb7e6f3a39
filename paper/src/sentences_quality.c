/*
 * sentences_quality.c - how far the run can be trusted: failed samples, proof, noise. See
 * sentences.h.
 */
#include "sentences.h"

#include "text.h"

#include <math.h>
#include <string.h>

static void samples(const run_t *run) {
    size_t all = 0, failed = 0, unproven = 0;
    for (size_t i = 0; i < run->cell_count; i++) {
        all += run->cells[i].samples;
        failed += run->cells[i].failed;
        unproven += strstr(run->cells[i].failures, "unproven") != NULL ||
                    strstr(run->cells[i].failures, "bypassed") != NULL;
    }
    macro_number("Samples", (double)all, 0);
    macro_text("FailedSentence",
               failed == 0 ? "All of them ended well"
                           : text_format("%zu of them failed; they count as failures, not as times",
                                         failed));
    macro_text("ProofSentence",
               unproven == 0 ? "No sample of this run was served by another library than it "
                               "should have been, and none was bypassed"
                             : text_format("In %zu cells of this run a sample was served by "
                                           "another library, or bypassed, and counts as failed",
                                           unproven));
}

/* Of the comparison's noise floors, where the A/A setting gave pairs. */
static void noise_range(const run_t *run, const char *column, const char *macro) {
    double least = INFINITY, most = -INFINITY;
    for (size_t i = 0; i < run->noise.rows; i++) {
        if (strcmp(csv_text(&run->noise, i, "phase"), "compare") == 0 &&
            csv_number(&run->noise, i, "pairs") > 0) {
            least = fmin(least, csv_number(&run->noise, i, column));
            most = fmax(most, csv_number(&run->noise, i, column));
        }
    }
    if (least > most) {
        fail("%s: the comparison has no A/A pairs", run->noise.path);
    }
    macro_text(macro, text_format("%s to %s", tex_percent(least, 1), tex_percent(most, 1)));
}

static void coverage(const run_t *run) {
    double pairs = 0, bound = NAN;
    for (size_t i = 0; i < run->noise.rows; i++) {
        if (strcmp(csv_text(&run->noise, i, "phase"), "compare") == 0 &&
            csv_number(&run->noise, i, "pairs") > pairs) {
            pairs = csv_number(&run->noise, i, "pairs");
            bound = csv_number(&run->noise, i, "interval_coverage_bound");
        }
    }
    macro_number("Pairs", pairs, 0);
    macro_text("Coverage", tex_percent(bound, 0));
}

void sentences_quality(const run_t *run) {
    samples(run);
    noise_range(run, "throughput_floor", "NoiseSpeed");
    noise_range(run, "peak_floor", "NoiseMemory");
    coverage(run);
}
