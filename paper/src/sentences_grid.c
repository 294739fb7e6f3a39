/*
 * sentences_grid.c - what the W_MAX grid showed, and what became of its suggestions. See
 * sentences.h.
 */
#include "sentences.h"

#include "text.h"

#include <math.h>
#include <string.h>

static bool in_grid(const cell_t *cell) {
    return strcmp(cell->phase, "grid") == 0 && strcmp(cell->allocator, "hakmem") == 0;
}

static char *tally(const run_t *run, bool memory) {
    size_t better = 0, worse = 0, same = 0, few = 0;
    for (size_t i = 0; i < run->cell_count; i++) {
        const cell_t *c = &run->cells[i];
        const char *verdict = memory ? c->peak.verdict : c->speed.verdict;
        if (!in_grid(c) || c == run_grid_default(run, c->workload)) {
            continue;
        }
        better += strcmp(verdict, memory ? "less" : "faster") == 0;
        worse += strcmp(verdict, memory ? "more" : "slower") == 0;
        same += strcmp(verdict, "no difference") == 0;
        few += strcmp(verdict, "too few") == 0;
    }
    return text_format(
        "of %zu settings other than the default, over all workloads of the grid, "
        "the verdict is \\emph{%s} for %zu, \\emph{%s} for %zu, \\emph{no difference} "
        "for %zu and \\emph{too few pairs} for %zu",
        better + worse + same + few, memory ? "less" : "faster", better, memory ? "more" : "slower",
        worse, same, few);
}

static char *axis(const run_t *run, const char *workload, bool large) {
    double values[64];
    size_t count = 0;
    char *items[64];
    for (size_t i = 0; i < run->cell_count; i++) {
        const cell_t *c = &run->cells[i];
        double value = large ? c->wmax_large : c->wmax_mid;
        size_t at = 0;
        while (at < count && values[at] < value) {
            at++;
        }
        if (!in_grid(c) || strcmp(c->workload, workload) != 0 || count == 64 ||
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

static char *change_with_interval(const csv_t *t, size_t row, const char *name) {
    double mid = csv_number(t, row, text_format("%s_ratio", name));
    if (isnan(mid)) {
        fail("%s: line %zu: a tested pair has no '%s_ratio'", t->path, row + 2, name);
    }
    return text_format("%s~[%s, %s]", tex_change(mid),
                       tex_change(csv_number(t, row, text_format("%s_ratio_lo", name))),
                       tex_change(csv_number(t, row, text_format("%s_ratio_hi", name))));
}

static char *recommendation(const csv_t *t, size_t row, const char *workload) {
    const char *decision = csv_text(t, row, "decision");
    char *pair = text_format("%s/%s", tex_wmax(csv_number(t, row, "wmax_mid")),
                             tex_wmax(csv_number(t, row, "wmax_large")));
    char *screen = text_format("%s throughput, %s peak memory",
                               tex_change(csv_number(t, row, "screen_throughput_ratio")),
                               tex_change(csv_number(t, row, "screen_peak_ratio")));
    if (strcmp(decision, "untested") == 0) {
        return text_format("%s: %s stood out on the grid (%s), but there are too few fresh pairs "
                           "to confirm it",
                           workload, pair, screen);
    }
    char *fresh = text_format("throughput %s, peak memory per requested byte %s",
                              change_with_interval(t, row, "throughput"),
                              change_with_interval(t, row, "peak"));
    if (strcmp(decision, "change") == 0) {
        return text_format("%s: %s is confirmed: %s", workload, pair, fresh);
    }
    if (strcmp(decision, "unconfirmed") != 0) {
        fail("%s: line %zu: unknown decision '%s'", t->path, row + 2, decision);
    }
    return text_format("%s: %s stood out on the grid (%s), but fresh samples do not confirm it: %s",
                       workload, pair, screen, fresh);
}

static void recommendations(const run_t *run) {
    const csv_t *t = &run->recommendations;
    char **kept = text_grow(NULL, (t->rows + 1) * sizeof *kept), *items = "";
    size_t same = 0, changes = 0, others = 0;
    for (size_t i = 0; i < t->rows; i++) {
        const char *name = csv_text(t, i, "workload");
        char *shown = strcmp(name, "all") == 0 ? text_format("all together")
                                               : text_format("\\texttt{%s}", tex_escape(name));
        changes += strcmp(name, "all") != 0 && strcmp(csv_text(t, i, "decision"), "change") == 0;
        if (strcmp(csv_text(t, i, "decision"), "same") == 0) {
            kept[same++] = shown;
            continue;
        }
        items = text_format("%s\\item %s.\n", items, recommendation(t, i, shown));
        others++;
    }
    if (same > 0) {
        items = text_format("%s\\item %s: no pair stood out of the noise; keep the default.\n",
                            items, text_join(kept, same));
    }
    if (same + others == 0) {
        fail("%s has no rows", t->path);
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
static void strict_example(double wmax, const usable_t *own) {
    double request = (double)usable_requests[USABLE_33K], bound = floor(wmax * request + 1e-6);
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
    macro_text("GridSpeedTally", tally(run, false));
    macro_text("GridMemoryTally", tally(run, true));
    double least = INFINITY;
    for (size_t i = 0; i < run->cell_count; i++) {
        least = in_grid(&run->cells[i]) ? fmin(least, run->cells[i].wmax_mid) : least;
    }
    strict_example(least, usable);
    recommendations(run);
}
