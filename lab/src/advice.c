/*
 * advice.c - see advice.h.
 */
#include "advice.h"

#include "moderate.h"
#include "text.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const sample_value_t values[ADVICE_MEASURES] = {sample_speed, adviser_peak, adviser_end};

/* ---- rows ---- */

/* Failed samples of the cell; and the mean of its rare work. */
static void take_samples(const samples_t *all, const char *cell, size_t *failed, double *rare) {
    double sum = 0, count = 0;
    for (size_t i = 0; i < all->count; i++) {
        if (strcmp(all->items[i].cell, cell) == 0) {
            double value = sample_rare_work(&all->items[i]);
            *failed += sample_failed(&all->items[i]);
            sum += isnan(value) ? 0 : value;
            count += !isnan(value);
        }
    }
    *rare = count > 0 ? sum / count : NAN;
}

static advice_row_t compare(const adviser_t *adviser, size_t advised, size_t candidate,
                            size_t base) {
    const samples_t *all = adviser->execution.samples;
    advice_row_t out = {.advised = advised, .candidate = candidate};
    for (size_t part = 0; part < ADVISE_PARTS; part++) {
        const workload_t *workload = adviser_part(adviser, part);
        for (size_t m = 0; m < ADVICE_MEASURES; m++) {
            out.ratio[part][m] = INTERVAL_NONE;
        }
        if (!workload) {
            continue;
        }
        char *mine = adviser_cell(adviser, PHASE_CONFIRM, workload, advised, candidate);
        char *other = adviser_cell(adviser, PHASE_CONFIRM, workload, base, 0);
        double rare = NAN, usual = NAN;
        size_t ignored = 0;
        for (size_t m = 0; m < ADVICE_MEASURES; m++) {
            out.ratio[part][m] = pairs_ratio(all, mine, other, values[m], UINT_MAX);
        }
        take_samples(all, mine, &out.failed, &rare);
        take_samples(all, other, &ignored, &usual);
        out.rare = part == PART_WHOLE ? rare - usual : fmax(out.rare, rare - usual);
        free(mine);
        free(other);
    }
    return out;
}

static void moderate_all(advice_row_t *rows, size_t count, size_t part, size_t measure) {
    interval_t **list = text_alloc((count + 1) * sizeof *list);
    for (size_t i = 0; i < count; i++) {
        list[i] = &rows[i].ratio[part][measure];
    }
    moderate_rows(list, count);
    free(list);
}

/* A row differs where all parts do, so its p is the largest of theirs. */
static double p_of(const adviser_t *adviser, const advice_row_t *row, size_t measure) {
    double out = 0;
    for (size_t part = 0; part < ADVISE_PARTS; part++) {
        out = adviser_part(adviser, part) ? fmax(out, row->ratio[part][measure].p) : out;
    }
    return out;
}

static bool has_figure(const advice_row_t *row, size_t measure) {
    return row->ratio[PART_WHOLE][measure].pairs > 0;
}

/* Shown to take no more? Of memory at the end there may be no figure. */
static bool takes_no_more(const interval_t *r, double margin) {
    return stats_suffices(r[ADVICE_PEAK]) && stats_not_higher(r[ADVICE_PEAK], margin) &&
           (r[ADVICE_END].pairs == 0 || stats_not_higher(r[ADVICE_END], margin));
}

/* A setting that reads no memory, or one under which a sample failed, shows nothing. */
static void conclude(const adviser_t *adviser, advice_row_t *row, double margin) {
    bool fine = row->failed == 0;
    bool less_peak = fine, less_end = fine;
    row->faster = row->as_fast = row->as_lean = fine;
    for (size_t part = 0; part < ADVISE_PARTS; part++) {
        const interval_t *r = row->ratio[part];
        if (!adviser_part(adviser, part)) {
            continue;
        }
        row->faster &= row->verdict[part][ADVICE_SPEED] == VERDICT_HIGHER;
        less_peak &= row->verdict[part][ADVICE_PEAK] == VERDICT_LOWER;
        less_end &= row->verdict[part][ADVICE_END] == VERDICT_LOWER;
        row->as_fast &= stats_suffices(r[ADVICE_SPEED]) && stats_not_lower(r[ADVICE_SPEED], margin);
        row->as_lean &= takes_no_more(r, margin);
    }
    row->leaner = row->as_lean && (less_peak || less_end);
    row->as_fast &= !(row->rare > margin);
}

static void judge(const adviser_t *adviser, advice_row_t *rows, size_t count) {
    double margin = adviser->options->margin / 100;
    double *p = text_alloc((count * ADVICE_MEASURES + 1) * sizeof *p);
    for (size_t part = 0; part < ADVISE_PARTS; part++) {
        for (size_t m = 0; m < ADVICE_MEASURES; m++) {
            moderate_all(rows, count, part, m);
        }
    }
    size_t asked = 0, at = 0;
    for (size_t i = 0; i < count * ADVICE_MEASURES; i++) {
        p[asked] = p_of(adviser, &rows[i / ADVICE_MEASURES], i % ADVICE_MEASURES);
        asked += has_figure(&rows[i / ADVICE_MEASURES], i % ADVICE_MEASURES);
    }
    stats_holm(p, asked);
    for (size_t i = 0; i < count; i++) {
        for (size_t m = 0; m < ADVICE_MEASURES; m++) {
            double corrected = has_figure(&rows[i], m) ? p[at++] : 1;
            for (size_t part = 0; part < ADVISE_PARTS; part++) {
                rows[i].verdict[part][m] = stats_verdict(rows[i].ratio[part][m], corrected, margin);
            }
        }
        conclude(adviser, &rows[i], margin);
    }
    free(p);
}

static void add_row(advice_row_t **rows, size_t *count, advice_row_t row) {
    *rows = text_grow(*rows, *count, sizeof **rows);
    (*rows)[(*count)++] = row;
}

static void make_rows(advice_t *advice) {
    const adviser_t *adviser = advice->adviser;
    size_t quo = adviser->status_quo;
    add_row(&advice->last, &advice->last_count, compare(adviser, quo, 0, quo));
    for (size_t a = 0; a < adviser->count; a++) {
        const advised_t *one = &adviser->items[a];
        if (!one->out && a != quo) {
            add_row(&advice->last, &advice->last_count,
                    compare(adviser, a, 0, adviser->status_quo));
        }
        for (size_t i = 0; i < one->nominee_count; i++) {
            add_row(&advice->own, &advice->own_count, compare(adviser, a, one->nominees[i], a));
            add_row(&advice->last, &advice->last_count,
                    compare(adviser, a, one->nominees[i], adviser->status_quo));
        }
    }
    judge(adviser, advice->own, advice->own_count);
    judge(adviser, advice->last + 1, advice->last_count - 1); /* the first is 1 by itself */
}

static void make_twin(advice_t *advice) {
    const adviser_t *adviser = advice->adviser;
    char *twin = adviser_twin(adviser, adviser->parts.whole);
    char *base = adviser_cell(adviser, PHASE_CONFIRM, adviser->parts.whole, 0, 0);
    for (size_t m = 0; m < ADVICE_MEASURES; m++) {
        advice->twin.ratio[PART_WHOLE][m] =
            pairs_ratio(adviser->execution.samples, twin, base, values[m], UINT_MAX);
    }
    free(twin);
    free(base);
}

/* ---- points ---- */

static bool reaches(const advice_row_t *row, goal_t goal) {
    return goal == GOAL_FASTEST   ? row->faster
           : goal == GOAL_LEANEST ? row->leaner
                                  : row->as_fast && row->as_lean && (row->faster || row->leaner);
}

/* As the search saw it, over its own default. */
static double own_score(const advice_t *advice, const advice_row_t *row, goal_t goal) {
    const candidate_t *c = &advice->adviser->items[row->advised].candidates.items[row->candidate];
    return halving_score(c->score, knobs_changed(&c->choice), goal,
                         advice->adviser->options->margin / 100);
}

/* The first that reaches the goal, in the search's order; if none does, the search's first. */
static void make_points(advice_t *advice, size_t advised) {
    for (goal_t goal = 0; goal < GOALS; goal++) {
        advice_point_t *point = &advice->points[advised][goal];
        double best = -INFINITY;
        *point = (advice_point_t){.reason = REASON_SAME};
        for (size_t i = 0; i < advice->own_count; i++) {
            const advice_row_t *row = &advice->own[i];
            double score = own_score(advice, row, goal);
            bool good = reaches(row, goal);
            bool better =
                point->reason == REASON_NONE ? good && score > best : good || score > best;
            if (row->advised == advised && better) {
                best = score;
                *point = (advice_point_t){good ? REASON_NONE : REASON_NOT_SHOWN, row};
            }
        }
        /* another goal's setting that never looked like this goal's is no news of it */
        if (point->reason == REASON_NOT_SHOWN && !(best > 0)) {
            *point = (advice_point_t){.reason = REASON_SAME};
        }
    }
}

bool advice_in_the_running(const advice_t *advice, const advice_row_t *row) {
    bool out = row->candidate == 0;
    for (goal_t goal = 0; goal < GOALS; goal++) {
        const advice_point_t *point = &advice->points[row->advised][goal];
        out |= point->reason == REASON_NONE && point->row->candidate == row->candidate;
    }
    return out;
}

static double last_score(const advice_t *advice, const advice_row_t *row, goal_t goal) {
    const adviser_t *adviser = advice->adviser;
    return halving_score(adviser_estimate(adviser, row->advised, row->candidate), 0, goal,
                         adviser->options->margin / 100);
}

static void make_word(advice_t *advice) {
    for (goal_t goal = 0; goal < GOALS; goal++) {
        advice_point_t *point = &advice->word[goal];
        double best = -INFINITY;
        for (size_t i = 0; i < advice->last_count; i++) {
            const advice_row_t *row = &advice->last[i];
            double score = last_score(advice, row, goal);
            if (advice_in_the_running(advice, row) && reaches(row, goal) && score > best) {
                best = score;
                *point = (advice_point_t){REASON_NONE, row};
            }
        }
        if (!point->row) {
            *point = (advice_point_t){.reason = REASON_SAME};
        }
    }
}

bool advice_on_front(const advice_t *advice, const advice_row_t *row) {
    const interval_t *mine = row->ratio[PART_WHOLE];
    bool out = advice_in_the_running(advice, row) && mine[ADVICE_SPEED].mid > 0 &&
               mine[ADVICE_PEAK].mid > 0;
    for (size_t i = 0; i < advice->last_count && out; i++) {
        const advice_row_t *other = &advice->last[i];
        const interval_t *by = other->ratio[PART_WHOLE];
        bool beats = by[ADVICE_SPEED].mid >= mine[ADVICE_SPEED].mid &&
                     by[ADVICE_PEAK].mid <= mine[ADVICE_PEAK].mid &&
                     (by[ADVICE_SPEED].mid > mine[ADVICE_SPEED].mid ||
                      by[ADVICE_PEAK].mid < mine[ADVICE_PEAK].mid);
        out = !(advice_in_the_running(advice, other) && beats);
    }
    return out;
}

void advice_make(const adviser_t *adviser, advice_t *out) {
    *out = (advice_t){.adviser = adviser,
                      .points = text_alloc((adviser->count + 1) * sizeof *out->points)};
    make_rows(out);
    make_twin(out);
    for (size_t a = 0; a < adviser->count; a++) {
        make_points(out, a);
    }
    make_word(out);
}
