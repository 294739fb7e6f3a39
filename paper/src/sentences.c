/*
 * sentences.c - the comparison and the usable sizes. See sentences.h; the grid is in
 * sentences_grid.c, the quality of the run in sentences_quality.c.
 */
#include "sentences.h"

#include "tex.h"

#include <math.h>
#include <string.h>

static bool is_peer(const cell_stats_t *cell) {
    return cell->phase == PHASE_COMPARE && strcmp(cell->allocator, "hakmem") != 0 &&
           strcmp(cell->allocator, "hakmem-again") != 0;
}

static char *tally_sentence(const run_t *run, bool heavy, measure_t measure) {
    size_t kinds[OUTCOMES] = {0}, all = 0;
    for (size_t i = 0; i < run->analysis.count; i++) {
        const cell_stats_t *c = &run->analysis.cells[i];
        if (is_peer(c) && run_is_heavy(run, c->workload) == heavy) {
            kinds[run_outcome(c, measure)]++;
            all++;
        }
    }
    if (all == 0) {
        return "there is no comparison in this run";
    }
    return text_format("of %zu comparisons with a peer, hakmem %s in %zu and %s in %zu; %zu are "
                       "equivalent within the margin, and %zu are undecided",
                       all, measure == MEASURE_PEAK ? "needed less memory" : "was faster",
                       kinds[OUTCOME_WIN], measure == MEASURE_PEAK ? "more" : "slower",
                       kinds[OUTCOME_LOSS], kinds[OUTCOME_EQUAL], kinds[OUTCOME_OPEN]);
}

static char *ratio_text(interval_t r) {
    return text_format("%s~[%s, %s]", tex_short(r.mid), tex_short(r.lo), tex_short(r.hi));
}

/* The peer's row of the given kind that is furthest from 1; NULL if there is none. */
static const cell_stats_t *extreme(const run_t *run, outcome_kind_t kind, measure_t measure) {
    const cell_stats_t *out = NULL;
    for (size_t i = 0; i < run->analysis.count; i++) {
        const cell_stats_t *c = &run->analysis.cells[i];
        if (is_peer(c) && run_outcome(c, measure) == kind &&
            (!out || fabs(log(c->ratio[measure].mid)) > fabs(log(out->ratio[measure].mid)))) {
            out = c;
        }
    }
    return out;
}

static char *extreme_sentence(const run_t *run, outcome_kind_t kind, measure_t measure) {
    const cell_stats_t *c = extreme(run, kind, measure);
    if (!c) {
        return text_format("no peer %s beyond doubt on any workload",
                           measure == MEASURE_PEAK
                               ? (kind == OUTCOME_WIN ? "needed more memory" : "needed less memory")
                               : (kind == OUTCOME_WIN ? "was slower" : "was faster"));
    }
    return text_format("the widest difference %s is with %s on \\texttt{%s}, which %s %s times as "
                       "%s",
                       kind == OUTCOME_WIN ? "in its favour" : "against it",
                       tex_escape(run_allocator_name(run, c->allocator)), tex_escape(c->workload),
                       measure == MEASURE_PEAK ? "needed" : "was", ratio_text(c->ratio[measure]),
                       measure == MEASURE_PEAK ? "much memory" : "fast");
}

/* All losses, by name: "to tcmalloc on small (1.31 [..])". */
static char *loss_list(const run_t *run, measure_t measure) {
    char **items = text_alloc((run->analysis.count + 1) * sizeof *items);
    size_t count = 0;
    for (size_t i = 0; i < run->analysis.count; i++) {
        const cell_stats_t *c = &run->analysis.cells[i];
        if (is_peer(c) && run_outcome(c, measure) == OUTCOME_LOSS) {
            items[count++] = text_format("to %s on \\texttt{%s} (%s)",
                                         tex_escape(run_allocator_name(run, c->allocator)),
                                         tex_escape(c->workload), ratio_text(c->ratio[measure]));
        }
    }
    if (count == 0) {
        return text_format("hakmem loses none of these comparisons in %s",
                           measure == MEASURE_PEAK ? "peak memory" : "throughput");
    }
    return text_format("hakmem loses in %s %s",
                       measure == MEASURE_PEAK ? "peak memory" : "throughput",
                       text_join(items, count));
}

/* On how many workloads it is ahead of, behind, or level with the best of the peers. */
static char *best_sentence(const run_t *run, measure_t measure) {
    size_t ahead = 0, behind = 0, open = 0;
    for (size_t w = 0; w < run_workloads(run); w++) {
        size_t kinds[OUTCOMES] = {0};
        for (size_t i = 0; i < run->analysis.count; i++) {
            const cell_stats_t *c = &run->analysis.cells[i];
            if (is_peer(c) && strcmp(c->workload, run_workload(run, w, "name")) == 0) {
                kinds[run_outcome(c, measure)]++;
            }
        }
        ahead += kinds[OUTCOME_WIN] > 0 &&
                 kinds[OUTCOME_LOSS] + kinds[OUTCOME_EQUAL] + kinds[OUTCOME_OPEN] == 0;
        behind += kinds[OUTCOME_LOSS] > 0;
        open += kinds[OUTCOME_LOSS] == 0 && kinds[OUTCOME_EQUAL] + kinds[OUTCOME_OPEN] > 0;
    }
    return text_format("on %zu of %zu workloads hakmem %s every peer, on %zu at least one peer %s "
                       "hakmem, and on %zu no peer is ahead but not every difference is decided",
                       ahead, run_workloads(run),
                       measure == MEASURE_PEAK ? "needs less memory than" : "is faster than",
                       behind, measure == MEASURE_PEAK ? "needs less than" : "is faster than",
                       open);
}

void sentences_comparison(const run_t *run) {
    macro_text("HeavySpeedTally", tally_sentence(run, true, MEASURE_THROUGHPUT));
    macro_text("HeavyMemoryTally", tally_sentence(run, true, MEASURE_PEAK));
    macro_text("OtherSpeedTally", tally_sentence(run, false, MEASURE_THROUGHPUT));
    macro_text("OtherMemoryTally", tally_sentence(run, false, MEASURE_PEAK));
    macro_text("BestSpeed", extreme_sentence(run, OUTCOME_WIN, MEASURE_THROUGHPUT));
    macro_text("WorstSpeed", extreme_sentence(run, OUTCOME_LOSS, MEASURE_THROUGHPUT));
    macro_text("BestMemory", extreme_sentence(run, OUTCOME_WIN, MEASURE_PEAK));
    macro_text("WorstMemory", extreme_sentence(run, OUTCOME_LOSS, MEASURE_PEAK));
    macro_text("SpeedLosses", loss_list(run, MEASURE_THROUGHPUT));
    macro_text("MemoryLosses", loss_list(run, MEASURE_PEAK));
    macro_text("SpeedAgainstBest", best_sentence(run, MEASURE_THROUGHPUT));
    macro_text("MemoryAgainstBest", best_sentence(run, MEASURE_PEAK));
}

/* "hakmem gives 36,864 bytes (11.7 % waste), ..." */
void sentences_usable(const run_t *run, const usable_t *usable) {
    size_t count = run_allocators(run), changed = 0;
    char **items = text_alloc(count * sizeof *items);
    char **names = text_alloc(count * sizeof *names);
    size_t least = 0, most = 0;
    for (size_t a = 0; a < count; a++) {
        size_t bytes = usable[a].bytes[USABLE_33K];
        items[a] = text_format("%s %s (%s)", tex_escape(run_allocator_name(run, usable[a].key)),
                               tex_number((double)bytes, 0),
                               tex_percent(usable_waste(usable_requests[USABLE_33K], bytes), 1));
        if (!usable[a].same_file) {
            names[changed++] = tex_escape(run_allocator_name(run, usable[a].key));
        }
        least = bytes < usable[least].bytes[USABLE_33K] ? a : least;
        most = bytes > usable[most].bytes[USABLE_33K] ? a : most;
    }
    macro_number("Request", (double)usable_requests[USABLE_33K], 0);
    macro_text("UsableList", text_join(items, count));
    macro_number("UsableMost", (double)usable[most].bytes[USABLE_33K], 0);
    macro_text(
        "WasteMost",
        tex_percent(usable_waste(usable_requests[USABLE_33K], usable[most].bytes[USABLE_33K]), 1));
    macro_text("UsableFiles",
               changed == 0 ? "The libraries are those of the run, by their hashes."
                            : text_format("The libraries are those of the run, by their hashes, "
                                          "but for %s, replaced since.",
                                          text_join(names, changed)));
}
