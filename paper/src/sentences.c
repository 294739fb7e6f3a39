/*
 * sentences.c - the comparison and the usable sizes. See sentences.h; the grid is in
 * sentences_grid.c, the quality of the run in sentences_quality.c.
 */
#include "sentences.h"

#include "text.h"

#include <math.h>
#include <string.h>

/* A verdict on a peer, from hakmem's side. */
typedef enum { WIN, LOSS, NONE, FEW, KINDS } kind_t;

static kind_t kind_of(const char *verdict) {
    if (strcmp(verdict, "too few") == 0) {
        return FEW;
    }
    if (strcmp(verdict, "no difference") == 0) {
        return NONE;
    }
    return strcmp(verdict, "slower") == 0 || strcmp(verdict, "more") == 0 ? WIN : LOSS;
}

static const measure_t *measure_of(const cell_t *cell, bool memory) {
    return memory ? &cell->peak : &cell->speed;
}

static bool is_peer(const cell_t *cell) {
    return strcmp(cell->phase, "compare") == 0 && strcmp(cell->allocator, "hakmem") != 0 &&
           strcmp(cell->allocator, "hakmem-again") != 0;
}

static char *tally_sentence(const run_t *run, bool heavy, bool memory) {
    size_t kinds[KINDS] = {0}, all = 0;
    for (size_t i = 0; i < run->cell_count; i++) {
        const cell_t *c = &run->cells[i];
        if (is_peer(c) && run_is_heavy(run, c->workload) == heavy) {
            kinds[kind_of(measure_of(c, memory)->verdict)]++;
            all++;
        }
    }
    if (all == 0) {
        return "there is no comparison in this run";
    }
    return text_format("of %zu comparisons with a peer, hakmem %s in %zu and %s in %zu; in %zu no "
                       "difference could be told, and %zu had too few valid pairs for a verdict",
                       all, memory ? "needed less memory" : "was faster", kinds[WIN],
                       memory ? "more" : "slower", kinds[LOSS], kinds[NONE], kinds[FEW]);
}

static char *ratio_text(const measure_t *m) {
    return text_format("%s~[%s, %s]", tex_short(m->ratio), tex_short(m->lo), tex_short(m->hi));
}

/* The peer's row of the given kind that is furthest from 1; NULL if there is none. */
static const cell_t *extreme(const run_t *run, kind_t kind, bool memory) {
    const cell_t *out = NULL;
    for (size_t i = 0; i < run->cell_count; i++) {
        const cell_t *c = &run->cells[i];
        const measure_t *m = measure_of(c, memory);
        if (is_peer(c) && kind_of(m->verdict) == kind &&
            (!out || fabs(log(m->ratio)) > fabs(log(measure_of(out, memory)->ratio)))) {
            out = c;
        }
    }
    return out;
}

static char *extreme_sentence(const run_t *run, kind_t kind, bool memory) {
    const cell_t *c = extreme(run, kind, memory);
    if (!c) {
        return text_format("no peer %s beyond noise on any workload",
                           memory ? (kind == WIN ? "needed more memory" : "needed less memory")
                                  : (kind == WIN ? "was slower" : "was faster"));
    }
    return text_format("the widest difference %s is with %s on \\texttt{%s}, which %s %s times as "
                       "%s",
                       kind == WIN ? "in its favour" : "against it",
                       tex_escape(run_allocator_name(run, c->allocator)), tex_escape(c->workload),
                       memory ? "needed" : "was", ratio_text(measure_of(c, memory)),
                       memory ? "much memory" : "fast");
}

/* All losses, by name: "to tcmalloc on small (1.31 [..])". */
static char *loss_list(const run_t *run, bool memory) {
    char **items = text_grow(NULL, (run->cell_count + 1) * sizeof *items);
    size_t count = 0;
    for (size_t i = 0; i < run->cell_count; i++) {
        const cell_t *c = &run->cells[i];
        if (is_peer(c) && kind_of(measure_of(c, memory)->verdict) == LOSS) {
            items[count++] = text_format(
                "to %s on \\texttt{%s} (%s)", tex_escape(run_allocator_name(run, c->allocator)),
                tex_escape(c->workload), ratio_text(measure_of(c, memory)));
        }
    }
    if (count == 0) {
        return text_format("hakmem loses none of these comparisons beyond noise in %s",
                           memory ? "peak memory" : "throughput");
    }
    return text_format("hakmem loses in %s %s", memory ? "peak memory" : "throughput",
                       text_join(items, count));
}

/* On how many workloads it is ahead of, behind, or level with the best of the peers. */
static char *best_sentence(const run_t *run, bool memory) {
    size_t ahead = 0, behind = 0, open = 0;
    for (size_t w = 0; w < run_workloads(run); w++) {
        size_t kinds[KINDS] = {0};
        for (size_t i = 0; i < run->cell_count; i++) {
            const cell_t *c = &run->cells[i];
            if (is_peer(c) && strcmp(c->workload, run_workload(run, w, "name")) == 0) {
                kinds[kind_of(measure_of(c, memory)->verdict)]++;
            }
        }
        ahead += kinds[WIN] > 0 && kinds[LOSS] + kinds[NONE] + kinds[FEW] == 0;
        behind += kinds[LOSS] > 0;
        open += kinds[LOSS] == 0 && kinds[NONE] + kinds[FEW] > 0;
    }
    return text_format("on %zu of %zu workloads hakmem %s every peer, on %zu at least one peer %s "
                       "hakmem, and on %zu no peer is ahead but not every difference could be told",
                       ahead, run_workloads(run),
                       memory ? "needs less memory than" : "is faster than", behind,
                       memory ? "needs less than" : "is faster than", open);
}

void sentences_comparison(const run_t *run) {
    macro_text("HeavySpeedTally", tally_sentence(run, true, false));
    macro_text("HeavyMemoryTally", tally_sentence(run, true, true));
    macro_text("OtherSpeedTally", tally_sentence(run, false, false));
    macro_text("OtherMemoryTally", tally_sentence(run, false, true));
    macro_text("BestSpeed", extreme_sentence(run, WIN, false));
    macro_text("WorstSpeed", extreme_sentence(run, LOSS, false));
    macro_text("BestMemory", extreme_sentence(run, WIN, true));
    macro_text("WorstMemory", extreme_sentence(run, LOSS, true));
    macro_text("SpeedLosses", loss_list(run, false));
    macro_text("MemoryLosses", loss_list(run, true));
    macro_text("SpeedAgainstBest", best_sentence(run, false));
    macro_text("MemoryAgainstBest", best_sentence(run, true));
}

/* "hakmem gives 36,864 bytes (11.7 % waste), ..." */
void sentences_usable(const run_t *run, const usable_t *usable) {
    size_t count = run_allocators(run), changed = 0;
    char **items = text_grow(NULL, count * sizeof *items);
    char **names = text_grow(NULL, count * sizeof *names);
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
