/*
 * sentences_grid.c - what the W_MAX grid showed, and what became of its suggestions. See
 * sentences.h.
 */
#include "sentences.h"

#include "tex.h"

#include <math.h>
#include <string.h>

static char *tally(const run_t *run, measure_t measure) {
    size_t of[OUTCOMES] = {0}, all = 0;
    for (size_t i = 0; i < run->analysis.count; i++) {
        const cell_stats_t *c = &run->analysis.cells[i];
        if (run_is_of_grid(c, NULL) && c != run_grid_default(run, c->workload)) {
            of[run_outcome(c, measure)]++;
            all++;
        }
    }
    /* the default wins where the other setting is slower, or needs more */
    bool memory = measure == MEASURE_PEAK;
    return text_format("of %zu settings other than the default, over all workloads of the grid, "
                       "the verdict is \\emph{%s} for %zu, \\emph{%s} for %zu, "
                       "\\emph{equivalent} for %zu and \\emph{undecided} for %zu",
                       all, memory ? "less" : "faster", of[OUTCOME_LOSS],
                       memory ? "more" : "slower", of[OUTCOME_WIN], of[OUTCOME_EQUAL],
                       of[OUTCOME_OPEN]);
}

static char *axis(const run_t *run, const char *workload, bool large) {
    dec_t values[DEC_LIST_MAX];
    size_t count = 0;
    char *items[DEC_LIST_MAX];
    for (size_t i = 0; i < run->analysis.count; i++) {
        const cell_stats_t *c = &run->analysis.cells[i];
        dec_t value = large ? c->wmax_large : c->wmax_mid;
        size_t at = 0;
        while (at < count && values[at] < value) {
            at++;
        }
        if (!run_is_of_grid(c, workload) || count == DEC_LIST_MAX ||
            (at < count && values[at] == value)) {
            continue;
        }
        memmove(values + at + 1, values + at, (count - at) * sizeof *values);
        values[at] = value;
        count++;
    }
    for (size_t i = 0; i < count; i++) {
        items[i] = tex_wmax(values[i]);
    }
    return text_join(items, count);
}

static char *change_with_interval(interval_t ratio) {
    return text_format("%s~[%s, %s]", tex_change(ratio.mid), tex_change(ratio.lo),
                       tex_change(ratio.hi));
}

static char *recommendation(const recommendation_t *r, const char *workload) {
    char *pair = text_format("%s/%s", tex_wmax(r->mid), tex_wmax(r->large));
    char *screen = text_format("%s throughput, %s peak memory", tex_change(r->screen_throughput),
                               tex_change(r->screen_peak));
    if (r->decision == DECISION_UNTESTED) {
        return text_format("%s: %s stood out on the grid (%s), but there are too few fresh "
                           "launches to confirm it",
                           workload, pair, screen);
    }
    char *fresh = text_format("throughput %s, peak memory per requested byte %s",
                              change_with_interval(r->throughput), change_with_interval(r->peak));
    if (r->decision == DECISION_CHANGE) {
        return text_format("%s: %s is confirmed: %s", workload, pair, fresh);
    }
    return text_format("%s: %s stood out on the grid (%s), but fresh launches do not confirm it: "
                       "%s",
                       workload, pair, screen, fresh);
}

static void recommendations(const run_t *run) {
    const recommendations_t *all = &run->recommendations;
    char **kept = text_alloc((all->count + 1) * sizeof *kept), *items = "";
    size_t same = 0, changes = 0;
    for (size_t i = 0; i < all->count; i++) {
        const recommendation_t *r = &all->items[i];
        char *shown = r->workload ? text_format("\\texttt{%s}", tex_escape(r->workload))
                                  : text_format("all together");
        changes += r->workload && r->decision == DECISION_CHANGE;
        if (r->decision == DECISION_SAME) {
            kept[same++] = shown;
        } else {
            items = text_format("%s\\item %s.\n", items, recommendation(r, shown));
        }
    }
    if (same > 0) {
        items = text_format("%s\\item %s: no pair stood out of the noise; keep the default.\n",
                            items, text_join(kept, same));
    }
    if (all->count == 0) {
        fail("%s: nothing is recommended", run->folder);
    }
    macro_text("Recommendations", text_format("\\begin{itemize}\n%s\\end{itemize}", items));
    macro_text("ConfirmedCount", text_count(changes, "none"));
}

/* The workload that the detailed figures show: the first one with a grid. */
static const char *lead(const run_t *run) {
    for (size_t w = 0; w < run_workloads(run); w++) {
        const char *name = run_workload(run, w, "name");
        if (run_grid_default(run, name)) {
            return name;
        }
    }
    fail("%s: no workload has the default pair in its grid", run->folder);
}

/* Rounded down: a class beyond the product is not allowed. */
static void strict_example(dec_t wmax, const usable_t *own) {
    double request = (double)usable_requests[USABLE_33K],
           bound = floor(dec_double(wmax) * request + 1e-6);
    double block = (double)own->bytes[USABLE_33K];
    macro_text("StrictExample",
               text_format("With \\Wmax{} at %s, for example, a request of %s bytes admits classes "
                           "up to %s bytes, and the %s bytes that hakmem gives by default are %s.",
                           tex_wmax(wmax), tex_number(request, 0), tex_number(bound, 0),
                           tex_number(block, 0),
                           block > bound ? "out of bounds" : "within bounds"));
}

void sentences_grid(const run_t *run, const usable_t *usable) {
    const char *workload = lead(run);
    macro_text("LeadName", workload);
    macro_text("Lead", tex_escape(workload));
    macro_text("MidAxis", axis(run, workload, false));
    macro_text("LargeAxis", axis(run, workload, true));
    macro_text("GridSpeedTally", tally(run, MEASURE_THROUGHPUT));
    macro_text("GridMemoryTally", tally(run, MEASURE_PEAK));
    dec_t least = WMAX_MOST;
    for (size_t i = 0; i < run->analysis.count; i++) {
        const cell_stats_t *c = &run->analysis.cells[i];
        least = run_is_of_grid(c, NULL) && c->wmax_mid < least ? c->wmax_mid : least;
    }
    strict_example(least, usable);
    recommendations(run);
}
