/*
 * sentences_quality.c - how far the run can be trusted: failed samples, proof, noise. See
 * sentences.h.
 */
#include "sentences.h"

#include "tex.h"

#include <math.h>
#include <string.h>

static void samples(const run_t *run) {
    size_t all = 0, failed = 0, unproven = 0;
    for (size_t i = 0; i < run->analysis.count; i++) {
        all += run->analysis.cells[i].samples;
        failed += run->analysis.cells[i].failed;
        unproven += strstr(run->analysis.cells[i].failures, "unproven") != NULL ||
                    strstr(run->analysis.cells[i].failures, "bypassed") != NULL;
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
static void noise_range(const run_t *run, measure_t measure, const char *macro) {
    double least = INFINITY, most = -INFINITY;
    for (size_t w = 0; w < run_workloads(run); w++) {
        const char *workload = run_workload(run, w, "name");
        const cell_stats_t *twin = run_cell(run, workload, "hakmem-again");
        if (twin && twin->ratio[MEASURE_THROUGHPUT].pairs > 0) {
            double floor = run_noise(run, PHASE_COMPARE, workload, measure);
            least = fmin(least, floor);
            most = fmax(most, floor);
        }
    }
    if (least > most) {
        fail("%s: the comparison has no A/A pairs", run->folder);
    }
    macro_text(macro, text_format("%s to %s", tex_percent(least, 1), tex_percent(most, 1)));
}

/* The most launches that a ratio of the comparison is of. */
static void launches(const run_t *run) {
    size_t most = 0;
    for (size_t i = 0; i < run->analysis.count; i++) {
        const cell_stats_t *c = &run->analysis.cells[i];
        size_t pairs = c->ratio[MEASURE_THROUGHPUT].pairs;
        most = c->phase == PHASE_COMPARE && pairs > most ? pairs : most;
    }
    macro_number("Launches", (double)most, 0);
    macro_number("Margin", 100 * run->info.margin, run->info.margin * 100 < 1 ? 1 : 0);
}

void sentences_quality(const run_t *run) {
    samples(run);
    noise_range(run, MEASURE_THROUGHPUT, "NoiseSpeed");
    noise_range(run, MEASURE_PEAK, "NoiseMemory");
    launches(run);
}
