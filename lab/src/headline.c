/*
 * headline.c - see headline.h.
 */
#include "headline.h"

#include "averages.h"
#include "text.h"

#include <math.h>
#include <string.h>

typedef enum gain { GAIN_UNDECIDED, GAIN_MORE, GAIN_LESS, GAIN_NONE } gain_t;

static gain_t gain_of(interval_t ratio, double margin) {
    double most = 1 + margin, least = 1 / most;
    return isnan(ratio.mid) || !stats_suffices(ratio) ? GAIN_UNDECIDED
           : ratio.lo > most                          ? GAIN_MORE
           : ratio.hi < least                         ? GAIN_LESS
           : ratio.lo >= least && ratio.hi <= most    ? GAIN_NONE
                                                      : GAIN_UNDECIDED;
}

/* "faster (+42.0 % [+39.1, +45.2])"; `more` and `less`: what one calls it. */
static char *gain_text(interval_t ratio, double margin, const char *what, const char *more,
                       const char *less) {
    gain_t gain = gain_of(ratio, margin);
    char *figure = isnan(ratio.mid) ? text_copy("not measured") : stats_change_text(ratio);
    return gain == GAIN_MORE   ? text_format("%s (%s)", more, figure)
           : gain == GAIN_LESS ? text_format("%s (%s)", less, figure)
           : gain == GAIN_NONE
               ? text_format("equivalent in %s within %.3g %% (%s)", what, 100 * margin, figure)
               : text_format("undecided in %s (%s)", what, figure);
}

static char *both_gains(interval_t speed, interval_t peak, double margin) {
    return text_format(
        "%s and %s", gain_text(speed, margin, "speed", "faster", "slower"),
        gain_text(peak, margin, "peak memory", "larger at its peak", "smaller at its peak"));
}

/* How the sentence begins: as strong as what is decided. */
static char *opening(interval_t speed, interval_t peak, double margin, const char *who) {
    gain_t s = gain_of(speed, margin), p = gain_of(peak, margin);
    bool gains = s == GAIN_MORE || p == GAIN_LESS, loses = s == GAIN_LESS || p == GAIN_MORE;
    return gains && !loses ? text_format("Take %s", who)
           : gains         ? text_format("Take %s if %s", who,
                                 s == GAIN_MORE ? "speed is worth memory to you"
                                                        : "memory is worth speed to you")
           : s == GAIN_NONE && p == GAIN_NONE
               ? text_format("It makes no difference whether you take %s", who)
               : text_format("Nothing is decided yet; what looks best is %s", who);
}

static char *pair_text(dec_t mid, dec_t large) {
    char a[DEC_TEXT], b[DEC_TEXT];
    dec_print(mid, a);
    dec_print(large, b);
    return text_format("%s/%s", a, b);
}

/* What the user had set, or the defaults. */
static char *own_settings(const analysis_t *analysis) {
    const char *name, *gap = "";
    json_t *value;
    char *out = text_copy("");
    json_object_foreach(json_object_get(analysis->info->manifest, "hakmem_options"), name, value) {
        out = text_format("%s%s%s=%s", out, gap, name, json_string_value(value));
        gap = " ";
    }
    return *out ? text_format("with %s", out)
                : text_format("at its defaults (W_MAX %s)",
                              pair_text(WMAX_MID_DEFAULT, WMAX_LARGE_DEFAULT));
}

/* For all workloads; NULL: no other settings than the default are recommended. */
static const recommendation_t *change_for_all(const recommendations_t *all) {
    const recommendation_t *last = all->count > 0 ? &all->items[all->count - 1] : NULL;
    return last && last->decision == DECISION_CHANGE ? last : NULL;
}

static char *changed_settings(const recommendation_t *change) {
    char mid[DEC_TEXT], large[DEC_TEXT];
    dec_print(change->mid, mid);
    dec_print(change->large, large);
    return text_format("hakmem with HAKMEM_WMAX_MID=%s HAKMEM_WMAX_LARGE=%s", mid, large);
}

/* The least peak that another allocator has on the workload; NAN: there is none. */
static double leanest_other(const analysis_t *analysis, const char *workload) {
    double out = NAN;
    for (size_t i = 0; i < analysis->count; i++) {
        const cell_stats_t *c = &analysis->cells[i];
        bool other = c->phase == PHASE_COMPARE && strcmp(c->workload, workload) == 0 &&
                     strncmp(c->allocator, "hakmem", strlen("hakmem")) != 0;
        out = other ? fmin(out, c->peak_bytes) : out; /* fmin passes NAN by */
    }
    return out;
}

/* What takes less than a MiB differs by nothing that matters. */
static double at_least_a_mib(double bytes) {
    return isnan(bytes) ? NAN : fmax(bytes, 1 << 20);
}

/* Of a comparison in which nothing has a speed; NULL: there is none, either. */
static char *about_memory(const analysis_t *analysis) {
    double logs = 0;
    size_t count = 0, more = 0;
    for (size_t i = 0; i < analysis->count; i++) {
        const cell_stats_t *c = &analysis->cells[i];
        double ratio = c->phase == PHASE_COMPARE && strcmp(c->allocator, "hakmem") == 0
                           ? at_least_a_mib(c->peak_bytes) /
                                 at_least_a_mib(leanest_other(analysis, c->workload))
                           : NAN;
        if (ratio > 0) {
            logs += log(ratio);
            count++;
            more += ratio > 1 + analysis_margin(analysis);
        }
    }
    return count == 0
               ? NULL
               : text_format("Memory only: at its peak hakmem %s takes %.2f times as much as "
                             "the leanest other, on the mean over %zu workloads, and more "
                             "than that one by more than %.3g %% on %zu.",
                             own_settings(analysis), exp(logs / (double)count), count,
                             100 * analysis_margin(analysis), more);
}

static char *about_settings(const analysis_t *analysis, const recommendations_t *all) {
    double margin = analysis_margin(analysis);
    const recommendation_t *change = change_for_all(all);
    if (change) {
        return text_format(
            "%s: over its defaults that is %s; 95 %% intervals, from %zu pairs or more.",
            opening(change->throughput, change->peak, margin, changed_settings(change)),
            both_gains(change->throughput, change->peak, margin), change->throughput.pairs);
    }
    char *memory = about_memory(analysis);
    return all->count > 0
               ? text_format("hakmem: %s.", recommend_sentence(&all->items[all->count - 1]))
           : memory
               ? memory
               : text_copy("Nothing is compared in this run: neither allocators nor settings.");
}

/* Speed per byte, over hakmem's; 0 where one of them is not known. */
static double score(const average_t *a) {
    double value = a->ratio[MEASURE_THROUGHPUT].mid / a->ratio[MEASURE_PEAK].mid;
    return isfinite(value) ? value : 0;
}

static interval_t inverse(interval_t r) {
    r.mid = 1 / r.mid;
    double lo = 1 / r.hi;
    r.hi = 1 / r.lo;
    r.lo = lo;
    return r;
}

static char *workloads_text(const average_t *a) {
    return a->workloads == 1 ? text_copy("one workload")
                             : text_format("%zu workloads", a->workloads);
}

static char *name_of(const analysis_t *analysis, const average_t *a) {
    return text_copy(manifest_row(analysis->info->allocators, "key", a->allocator, "name"));
}

/* The best of the others; NULL: there is none. */
static const average_t *best_other(const averages_t *all) {
    const average_t *best = NULL;
    for (size_t i = 0; i < all->count; i++) {
        bool other = strcmp(all->items[i].allocator, "hakmem") != 0 &&
                     !text_ends(all->items[i].allocator, "-again");
        best = other && (!best || score(&all->items[i]) > score(best)) ? &all->items[i] : best;
    }
    return best;
}

const char *headline_allocator(const analysis_t *analysis) {
    averages_t all;
    averages_make(analysis, &all);
    const average_t *best = best_other(&all);
    return !best ? NULL : score(best) <= 1 ? "hakmem" : best->allocator;
}

char *headline(const analysis_t *analysis, const recommendations_t *recommendations) {
    averages_t all;
    averages_make(analysis, &all);
    const average_t *best = best_other(&all);
    if (!best) {
        return about_settings(analysis, recommendations);
    }
    bool is_hakmem = score(best) <= 1;
    interval_t speed = best->ratio[MEASURE_THROUGHPUT], peak = best->ratio[MEASURE_PEAK];
    if (is_hakmem) {
        speed = inverse(speed);
        peak = inverse(peak);
    }
    double margin = analysis_margin(analysis);
    const recommendation_t *change = change_for_all(recommendations);
    char *who = !is_hakmem ? name_of(analysis, best)
                : change   ? changed_settings(change)
                           : text_format("hakmem %s", own_settings(analysis));
    char *gained = change && is_hakmem
                       ? text_format("over its defaults that is %s; these are, ",
                                     both_gains(change->throughput, change->peak, margin))
                       : text_copy("");
    return text_format("%s: %sover %s %s %s, %s; 95 %% intervals, from %zu pairs or more.",
                       opening(speed, peak, margin, who), gained, workloads_text(best),
                       is_hakmem ? "against the best other," : "against hakmem",
                       is_hakmem ? name_of(analysis, best) : own_settings(analysis),
                       both_gains(speed, peak, margin), speed.pairs);
}
