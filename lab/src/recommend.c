/*
 * recommend.c - suggestion from the grid, decision from the confirmation. See recommend.h.
 */
#include "recommend.h"

#include "text.h"

#include <math.h>
#include <string.h>

/* A pair that makes a workload slower than this is not suggested for its memory. What is only a
 * little slower the confirmation finds out. */
static const double slowest_suggested = 0.95;

typedef struct names {
    const char *items[256];
    size_t count;
} names_t;

static void grid_workloads(const analysis_t *analysis, names_t *out) {
    out->count = 0;
    for (size_t i = 0; i < analysis->count && out->count < 256; i++) {
        const cell_stats_t *cell = &analysis->cells[i];
        bool known = out->count > 0 && strcmp(out->items[out->count - 1], cell->workload) == 0;
        if (cell->phase == PHASE_GRID && !known) {
            out->items[out->count++] = cell->workload;
        }
    }
}

static const cell_stats_t *hakmem_cell(const analysis_t *analysis, phase_t phase,
                                       const char *workload, dec_t mid, dec_t large) {
    return analysis_find(analysis, phase, workload, "hakmem", mid, large);
}

/* What two launches of the default pair differed by on this very grid, twice over, or `least`. Of
 * the grid alone: what it suggests must not change while it is being confirmed. */
static double screen_floor(const analysis_t *analysis, const char *workload, measure_t measure,
                           double least) {
    const cell_stats_t *twin = analysis_find(analysis, PHASE_GRID, workload, "hakmem-again",
                                             WMAX_MID_DEFAULT, WMAX_LARGE_DEFAULT);
    double floor = twin ? expm1(2 * fabs(log(twin->ratio[measure].mid))) : NAN;
    return floor > least ? floor : least;
}

/* Of so many errors of its own launch, by what its turns vary, a cell must be off: it is one of
 * twenty, and the best of them is looked at. */
static const double screen_errors = 3;

static double cell_floor(const cell_stats_t *cell, double floor, measure_t measure) {
    double own = expm1(screen_errors * cell->ratio[measure].within);
    return own > floor ? own : floor; /* NAN: it has no turns */
}

/* A ratio inside the floor counts as none. */
static double beyond_floor(double ratio, double floor) {
    return ratio > 1 + floor || ratio < 1 / (1 + floor) ? ratio : 1;
}

bool recommend_beyond(const analysis_t *analysis, const cell_stats_t *cell, measure_t measure) {
    double ratio = cell->ratio[measure].mid;
    return !isnan(ratio) &&
           beyond_floor(ratio, cell_floor(cell,
                                          screen_floor(analysis, cell->workload, measure,
                                                       analysis_margin(analysis)),
                                          measure)) != 1;
}

typedef enum axis { AXIS_MID, AXIS_LARGE } axis_t;

/* What a bound makes of a workload's figure, in place of the default one: the median over the cells
 * that have it, each over the cell that differs in this bound alone. NAN: there are none. Of twenty
 * cells with a launch each some are off by a tenth, the default's like any. */
static double effect_of(const analysis_t *analysis, const char *workload, measure_t measure,
                        axis_t axis, dec_t bound) {
    double ratios[64];
    size_t count = 0;
    for (size_t i = 0; i < analysis->count && count < 64; i++) {
        const cell_stats_t *c = &analysis->cells[i];
        if (c->phase != PHASE_GRID || strcmp(c->workload, workload) != 0 ||
            strcmp(c->allocator, "hakmem") != 0 ||
            bound != (axis == AXIS_MID ? c->wmax_mid : c->wmax_large)) {
            continue;
        }
        const cell_stats_t *other = hakmem_cell(
            analysis, PHASE_GRID, workload, axis == AXIS_MID ? WMAX_MID_DEFAULT : c->wmax_mid,
            axis == AXIS_MID ? c->wmax_large : WMAX_LARGE_DEFAULT);
        double ratio = other ? c->ratio[measure].mid / other->ratio[measure].mid : NAN;
        if (!isnan(ratio)) {
            ratios[count++] = ratio;
        }
    }
    return stats_median(ratios, count);
}

/* Of a pair: what its two bounds make of the figure. A grid without their neighbours tells by the
 * cell itself. */
static double on_grid(const analysis_t *analysis, const cell_stats_t *cell, measure_t measure) {
    double effect = effect_of(analysis, cell->workload, measure, AXIS_MID, cell->wmax_mid) *
                    effect_of(analysis, cell->workload, measure, AXIS_LARGE, cell->wmax_large);
    return isnan(effect) ? cell->ratio[measure].mid : effect;
}

/* How far the memory of cells is from what their bounds make of it, as a logarithm, in the median:
 * with several threads it is another one in each launch. Not of pairs that are much slower, which
 * leave pools that others use. */
static double scatter_of_memory(const analysis_t *analysis, const char *workload) {
    double off[256];
    size_t count = 0;
    for (size_t i = 0; i < analysis->count && count < 256; i++) {
        const cell_stats_t *c = &analysis->cells[i];
        if (c->phase == PHASE_GRID && strcmp(c->workload, workload) == 0 &&
            strcmp(c->allocator, "hakmem") == 0 &&
            on_grid(analysis, c, MEASURE_THROUGHPUT) >= slowest_suggested) {
            double ratio = c->ratio[MEASURE_PEAK].mid / on_grid(analysis, c, MEASURE_PEAK);
            off[count] = fabs(log(ratio));
            count += !isnan(ratio);
        }
    }
    return count == 0 ? 0 : stats_median(off, count);
}

/* So many times what cells scatter by a pair must be off: it is one of twenty, and the best of them
 * is looked at. */
static const double screen_scatters = 4;

/* A ratio of memory that counts: beyond half the margin, since the confirmation decides. */
static double memory_floor(const analysis_t *analysis, const char *workload) {
    double floor = screen_floor(analysis, workload, MEASURE_PEAK, analysis_margin(analysis) / 2);
    double scatter = expm1(screen_scatters * scatter_of_memory(analysis, workload));
    return scatter > floor ? scatter : floor;
}

typedef struct score {
    double throughput, peak; /* beyond the floor, geometric means over the workloads */
    double floor;            /* of the throughput */
    /* Measured everywhere, nowhere much slower, and of use to more than half of them: of six
     * workloads one is lucky in many a cell. */
    bool admissible;
} score_t;

static score_t score_pair(const analysis_t *analysis, const char *const *workloads, size_t count,
                          dec_t mid, dec_t large) {
    double speed = 0, peak = 0, floors = 0, margin = analysis_margin(analysis);
    size_t helped = 0;
    for (size_t i = 0; i < count; i++) {
        const cell_stats_t *cell = hakmem_cell(analysis, PHASE_GRID, workloads[i], mid, large);
        if (!cell || cell->failed > 0 || isnan(cell->ratio[MEASURE_THROUGHPUT].mid)) {
            return (score_t){0};
        }
        const interval_t *r = cell->ratio;
        double floor =
            cell_floor(cell, screen_floor(analysis, workloads[i], MEASURE_THROUGHPUT, margin),
                       MEASURE_THROUGHPUT);
        double faster = beyond_floor(r[MEASURE_THROUGHPUT].mid, floor);
        if (on_grid(analysis, cell, MEASURE_THROUGHPUT) < slowest_suggested) {
            return (score_t){0};
        }
        double more = isnan(r[MEASURE_PEAK].mid)
                          ? 1
                          : beyond_floor(on_grid(analysis, cell, MEASURE_PEAK),
                                         memory_floor(analysis, workloads[i]));
        helped += faster > 1 || more < 1;
        speed += log(faster);
        peak += log(more);
        floors += floor;
    }
    double n = (double)count;
    return (score_t){exp(speed / n), exp(peak / n), floors / n, 2 * helped > count};
}

static double distance_from_default(dec_t mid, dec_t large) {
    return fabs(log((double)mid / WMAX_MID_DEFAULT)) +
           fabs(log((double)large / WMAX_LARGE_DEFAULT));
}

/* What a pair is suggested for. */
typedef enum aim { AIM_MEMORY, AIM_SPEED_PER_BYTE } aim_t;

/* How many times better than the default; nothing that counts: 1 or less. */
static double value_of(score_t score, aim_t aim) {
    if (!score.admissible) {
        return 0;
    }
    return aim == AIM_MEMORY ? 1 / score.peak : score.throughput / score.peak;
}

/* Values within this factor of each other tie. */
static double tie_of(const analysis_t *analysis, score_t score, aim_t aim) {
    return 1 + (aim == AIM_MEMORY ? analysis_margin(analysis) / 2 : score.floor);
}

/* The best pair over `workloads`; false when none beats the default. */
static bool suggest_for(const analysis_t *analysis, const char *const *workloads, size_t count,
                        aim_t aim, recommendation_t *out) {
    double best = 1, best_distance = 0;
    /* First the best value, then the mildest pair that ties with it. */
    for (int pass = 0; pass < 2; pass++) {
        double top = best;
        for (size_t i = 0; i < analysis->count; i++) {
            const cell_stats_t *c = &analysis->cells[i];
            if (c->phase != PHASE_GRID || strcmp(c->workload, workloads[0]) != 0 ||
                strcmp(c->allocator, "hakmem") != 0) {
                continue;
            }
            score_t s = score_pair(analysis, workloads, count, c->wmax_mid, c->wmax_large);
            double value = value_of(s, aim);
            double distance = distance_from_default(c->wmax_mid, c->wmax_large);
            if (pass == 0 ? value > best
                          : value > 1 && value * tie_of(analysis, s, aim) >= top &&
                                distance < best_distance) {
                best = pass == 0 ? value : best;
                best_distance = distance;
                out->mid = c->wmax_mid;
                out->large = c->wmax_large;
            }
        }
    }
    return best > 1;
}

/* Memory comes first: it hardly differs between launches, while the fastest of twenty cells with a
 * launch each is another one in each run. */
static bool suggest(const analysis_t *analysis, const char *const *workloads, size_t count,
                    recommendation_t *out) {
    return suggest_for(analysis, workloads, count, AIM_MEMORY, out) ||
           suggest_for(analysis, workloads, count, AIM_SPEED_PER_BYTE, out);
}

static void fill_screen(const analysis_t *analysis, const char *const *workloads, size_t count,
                        recommendation_t *out) {
    double speed[256], peak[256];
    for (size_t i = 0; i < count; i++) {
        const cell_stats_t *c =
            hakmem_cell(analysis, PHASE_GRID, workloads[i], out->mid, out->large);
        speed[i] = c ? c->ratio[MEASURE_THROUGHPUT].mid : NAN; /* NULL: not on the grid */
        peak[i] = c ? c->ratio[MEASURE_PEAK].mid : NAN;
    }
    out->screen_throughput = stats_geometric_mean(speed, count);
    out->screen_peak = stats_geometric_mean(peak, count);
}

static bool takes_no_more(interval_t memory, double margin) {
    return memory.pairs == 0 || stats_not_higher(memory, margin);
}

/* Sure to be no worse than the default by more than the margin, in speed and in memory? */
static bool is_no_worse(const cell_stats_t *cell, double margin) {
    return cell->failed == 0 && stats_not_lower(cell->ratio[MEASURE_THROUGHPUT], margin) &&
           takes_no_more(cell->ratio[MEASURE_PEAK], margin) &&
           takes_no_more(cell->ratio[MEASURE_STEADY], margin);
}

static bool is_better(const cell_stats_t *cell) {
    return cell->verdict[MEASURE_THROUGHPUT] == VERDICT_HIGHER ||
           cell->verdict[MEASURE_PEAK] == VERDICT_LOWER ||
           cell->verdict[MEASURE_STEADY] == VERDICT_LOWER;
}

/* Ratios of one measure. */
typedef struct ratios {
    interval_t items[256];
    size_t count;
} ratios_t;

static void add_known(ratios_t *to, interval_t ratio) {
    to->items[to->count] = ratio;
    to->count += ratio.pairs > 0;
}

/* Decides on its pair from the confirmation's samples: no worse anywhere, and better in speed or in
 * memory. */
static void decide(const analysis_t *analysis, const char *const *workloads, size_t count,
                   recommendation_t *out) {
    ratios_t speed = {.count = 0}, peak = {.count = 0}, steady = {.count = 0};
    double margin = analysis_margin(analysis);
    bool no_worse = true, better = false;
    out->decision = DECISION_UNTESTED;
    for (size_t i = 0; i < count; i++) {
        const cell_stats_t *c =
            hakmem_cell(analysis, PHASE_CONFIRM, workloads[i], out->mid, out->large);
        if (!c || !stats_suffices(c->ratio[MEASURE_THROUGHPUT])) {
            return;
        }
        add_known(&speed, c->ratio[MEASURE_THROUGHPUT]);
        add_known(&peak, c->ratio[MEASURE_PEAK]);
        add_known(&steady, c->ratio[MEASURE_STEADY]);
        no_worse &= is_no_worse(c, margin);
        better |= is_better(c);
    }
    out->throughput = stats_geometric_interval(speed.items, speed.count);
    out->peak = stats_geometric_interval(peak.items, peak.count);
    out->steady = stats_geometric_interval(steady.items, steady.count);
    if (count > 1) { /* one workload's gain is not a reason to set a pair for all of them */
        double less = 1 / (1 + margin);
        better = out->throughput.lo > 1 + margin || out->peak.hi < less || out->steady.hi < less;
    }
    out->decision = better && no_worse ? DECISION_CHANGE : DECISION_UNCONFIRMED;
}

size_t recommend_milder(bounds_t pair, bounds_t out[2]) {
    out[0] = (bounds_t){WMAX_MID_DEFAULT, pair.large};
    out[1] = (bounds_t){pair.mid, WMAX_LARGE_DEFAULT};
    return pair.mid != WMAX_MID_DEFAULT && pair.large != WMAX_LARGE_DEFAULT ? 2 : 0;
}

/* Of a pair that is confirmed: speed per byte, as a logarithm; bytes: the mean of those at the peak
 * and at the end, as far as they are known. */
static double log_gain(const recommendation_t *pair) {
    const interval_t memory[] = {pair->peak, pair->steady};
    double sum = 0, known = 0;
    for (size_t i = 0; i < sizeof memory / sizeof *memory; i++) {
        sum += memory[i].pairs > 0 ? log(memory[i].mid) : 0;
        known += memory[i].pairs > 0;
    }
    return log(pair->throughput.mid) - (known > 0 ? sum / known : 0);
}

/* What is recommended although another pair may gain more: it changes less, and the other's gain is
 * not larger by more than the margin, or twice the error of their difference. */
static bool is_preferred(const recommendation_t *pair, const recommendation_t *to, double margin) {
    if (pair->decision != DECISION_CHANGE || to->decision != DECISION_CHANGE) {
        return pair->decision == DECISION_CHANGE;
    }
    double errors = 2 * hypot(pair->throughput.error, to->throughput.error);
    double slack = fmax(log1p(margin), errors);
    bool is_closer =
        distance_from_default(pair->mid, pair->large) < distance_from_default(to->mid, to->large);
    double more = log_gain(pair) - log_gain(to);
    return is_closer ? more >= -slack : more > slack;
}

static recommendation_t recommend_for(const analysis_t *analysis, const char *const *workloads,
                                      size_t count) {
    recommendation_t out = {.decision = DECISION_SAME,
                            .suggested = {WMAX_MID_DEFAULT, WMAX_LARGE_DEFAULT},
                            .mid = WMAX_MID_DEFAULT,
                            .large = WMAX_LARGE_DEFAULT,
                            .screen_throughput = 1,
                            .screen_peak = 1,
                            .throughput = INTERVAL_NONE,
                            .peak = INTERVAL_NONE,
                            .steady = INTERVAL_NONE};
    bounds_t milder[2];
    if (!suggest(analysis, workloads, count, &out)) {
        return out;
    }
    out.suggested = (bounds_t){out.mid, out.large};
    fill_screen(analysis, workloads, count, &out);
    decide(analysis, workloads, count, &out);
    size_t others = recommend_milder(out.suggested, milder);
    for (size_t i = 0; i < others; i++) {
        recommendation_t other = out;
        other.mid = milder[i].mid;
        other.large = milder[i].large;
        decide(analysis, workloads, count, &other);
        if (is_preferred(&other, &out, analysis_margin(analysis))) {
            fill_screen(analysis, workloads, count, &other);
            out = other;
        }
    }
    return out;
}

void recommend(const analysis_t *analysis, recommendations_t *out) {
    names_t names;
    grid_workloads(analysis, &names);
    *out = (recommendations_t){text_alloc((names.count + 1) * sizeof *out->items), 0};
    for (size_t i = 0; i < names.count; i++) {
        out->items[out->count] = recommend_for(analysis, &names.items[i], 1);
        out->items[out->count++].workload = names.items[i];
    }
    if (names.count > 0) {
        out->items[out->count++] = recommend_for(analysis, names.items, names.count);
    }
}

/* ---- what to confirm ---- */

static const workload_t *workload_named(const plan_t *plan, const char *name) {
    for (size_t i = 0; i < plan->count; i++) {
        if (strcmp(plan->cells[i].workload->name, name) == 0) {
            return plan->cells[i].workload;
        }
    }
    fail("the run's samples name a workload that it does not have: %s", name);
}

/* Once. Returns how many there are then. */
static size_t add_pair(wmax_pair_t *to, size_t count, const workload_t *workload, bounds_t pair) {
    for (size_t i = 0; i < count; i++) {
        if (to[i].workload == workload && to[i].mid == pair.mid && to[i].large == pair.large) {
            return count;
        }
    }
    to[count] = (wmax_pair_t){workload, pair.mid, pair.large};
    return count + 1;
}

size_t recommend_to_confirm(const recommendations_t *all, const plan_t *plan, wmax_pair_t **out) {
    const recommendation_t *common = all->count > 0 ? &all->items[all->count - 1] : NULL;
    wmax_pair_t *to = text_alloc(4 * (all->count + 1) * sizeof *to);
    size_t count = 0;
    for (size_t i = 0; i + 1 < all->count; i++) {
        const recommendation_t *own = &all->items[i];
        const workload_t *workload = workload_named(plan, own->workload);
        if (own->decision != DECISION_SAME) {
            bounds_t milder[2];
            size_t others = recommend_milder(own->suggested, milder);
            count = add_pair(to, count, workload, own->suggested);
            for (size_t m = 0; m < others; m++) {
                count = add_pair(to, count, workload, milder[m]);
            }
        }
        if (common->decision != DECISION_SAME) {
            count = add_pair(to, count, workload, common->suggested);
        }
    }
    *out = to;
    return count;
}

/* "throughput +5 % […], memory at its peak per requested byte -3 % […], at the end -8 % […]" */
static char *confirmed_text(const recommendation_t *item) {
    char *out = text_format("throughput %s, peak memory per requested byte %s",
                            stats_change_text(item->throughput), stats_change_text(item->peak));
    return item->steady.pairs == 0
               ? out
               : text_format("%s, at the end %s", out, stats_change_text(item->steady));
}

char *recommend_sentence(const recommendation_t *item) {
    char mid[DEC_TEXT], large[DEC_TEXT];
    dec_print(item->mid, mid);
    dec_print(item->large, large);
    char *pair = text_format("%s/%s", mid, large);
    const char *keep = wmax_default_pair();
    switch (item->decision) {
    case DECISION_CHANGE:
        return text_format("%s: %s", pair, confirmed_text(item));
    case DECISION_UNCONFIRMED:
        return text_format("keep %s: %s looked like %+.1f %% throughput, %+.1f %% memory, but "
                           "fresh samples do not show it to be better and nowhere worse: %s",
                           keep, pair, (item->screen_throughput - 1) * 100,
                           (item->screen_peak - 1) * 100, confirmed_text(item));
    case DECISION_UNTESTED:
        return text_format("keep %s: %s looks like %+.1f %% throughput, %+.1f %% memory, "
                           "but too few fresh launches bear it out",
                           keep, pair, (item->screen_throughput - 1) * 100,
                           (item->screen_peak - 1) * 100);
    default:
        return text_format("keep %s: no other pair looked better by more than the margin", keep);
    }
}
