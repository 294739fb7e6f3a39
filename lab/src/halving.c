/*
 * halving.c - see halving.h.
 */
#include "halving.h"

#include "text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of the other good that a point of one goal costs. */
static const double other_share = 0.1;
/* Of the margin, for each knob that is changed; and what a value must gain to be combined. */
static const double change_share = 0.1, combine_share = 0.5;
/* Of the margin: what a setting may be behind another, and be as good. */
static const double tie_share = 0.5;

const char *goal_name(goal_t goal) {
    static const char *const names[GOALS] = {"fastest", "leanest", "balanced"};
    return names[goal];
}

static void add(candidates_t *all, choice_t choice) {
    all->items = text_grow(all->items, all->count, sizeof *all->items);
    all->items[all->count] =
        (candidate_t){.choice = choice, .score = {NAN, NAN, NAN}, .alive = all->count > 0};
    all->count++;
}

static bool has(const candidates_t *all, const choice_t *choice) {
    for (size_t i = 0; i < all->count; i++) {
        if (memcmp(&all->items[i].choice, choice, sizeof *choice) == 0) {
            return true;
        }
    }
    return false;
}

void halving_singles(const knob_table_t *knobs, bool threads, candidates_t *out) {
    *out = (candidates_t){0};
    add(out, (choice_t){0});
    out->items[0].score = (score_t){0, 0, 0};
    for (size_t value = 0; value < KNOB_VALUES_MOST; value++) {
        for (size_t i = 0; i < knobs->count; i++) {
            if (value < knobs->items[i].count && (threads || !knobs->items[i].threads)) {
                choice_t choice = {0};
                choice.of[i] = (unsigned char)(value + 1);
                add(out, choice);
            }
        }
    }
}

double halving_memory(score_t score) {
    double known = !isnan(score.peak) + !isnan(score.end);
    double sum = (isnan(score.peak) ? 0 : score.peak) + (isnan(score.end) ? 0 : score.end);
    return known > 0 ? sum / known : 0; /* of what nothing is known, nothing counts */
}

/* What it takes more by where it takes most; fmax of NAN and another is the other. */
static double worst_memory(score_t score) {
    double worst = fmax(score.peak, score.end);
    return isnan(worst) ? 0 : worst;
}

double halving_score(score_t score, unsigned changes, goal_t goal, double margin) {
    double equal = log1p(margin), cost = change_share * equal * changes;
    double memory = halving_memory(score), worst = worst_memory(score);
    if (isnan(score.speed)) {
        return NAN;
    }
    if (goal == GOAL_FASTEST) {
        return score.speed - other_share * fmax(memory, 0) - cost;
    }
    if (goal == GOAL_LEANEST) {
        return -memory + other_share * fmin(score.speed, 0) - cost - (worst < equal ? 0 : 1);
    }
    bool no_worse = score.speed > -equal && worst < equal;
    return score.speed - memory - cost - (no_worse ? 0 : 1);
}

static double score_of(const candidate_t *c, goal_t goal, double margin) {
    return halving_score(c->score, knobs_changed(&c->choice), goal, margin);
}

/* ---- who stays ---- */

static bool is_better(const candidate_t *c, goal_t goal, double margin) {
    double equal = log1p(margin);
    bool takes_no_more = worst_memory(c->score) < equal;
    bool faster = c->score.speed > equal;
    bool leaner = takes_no_more && (c->score.peak < -equal || c->score.end < -equal);
    return goal == GOAL_FASTEST   ? faster
           : goal == GOAL_LEANEST ? leaner
                                  : c->score.speed > -equal && takes_no_more && (faster || leaner);
}

/* Of those in question that are as good as the best but for a part of the margin, the one that
 * changes least; 0: there is none. */
static size_t pick(const candidates_t *all, goal_t goal, double margin, const bool *asked) {
    size_t out = 0;
    double best = -INFINITY;
    for (size_t i = 1; i < all->count; i++) {
        double score = score_of(&all->items[i], goal, margin);
        best = asked[i] && score > best ? score : best; /* NAN is above nothing */
    }
    for (size_t i = 1; i < all->count; i++) {
        const candidate_t *c = &all->items[i], *so_far = &all->items[out];
        double score = score_of(c, goal, margin);
        unsigned changes = knobs_changed(&c->choice), least = knobs_changed(&so_far->choice);
        bool milder = out == 0 || changes < least ||
                      (changes == least && score > score_of(so_far, goal, margin));
        if (asked[i] && milder && score >= best - tie_share * log1p(margin)) {
            out = i;
        }
    }
    return out;
}

void halving_keep(candidates_t *all, double margin, size_t count) {
    bool *asked = text_alloc((all->count + 1) * sizeof *asked);
    for (size_t i = 1; i < all->count; i++) {
        asked[i] = all->items[i].alive;
        all->items[i].alive = false;
    }
    for (size_t kept = 0; kept < count; kept++) {
        size_t place = pick(all, (goal_t)(kept % GOALS), margin, asked);
        if (place == 0) {
            break;
        }
        asked[place] = false;
        all->items[place].alive = true;
    }
    free(asked);
}

size_t halving_alive(const candidates_t *all) {
    size_t out = 0;
    for (size_t i = 1; i < all->count; i++) {
        out += all->items[i].alive;
    }
    return out;
}

size_t halving_best(const candidates_t *all, goal_t goal, double margin) {
    bool *asked = text_alloc((all->count + 1) * sizeof *asked);
    for (size_t i = 1; i < all->count; i++) {
        asked[i] = all->items[i].alive && is_better(&all->items[i], goal, margin);
    }
    size_t out = pick(all, goal, margin, asked);
    free(asked);
    return out;
}

/* ---- combinations ---- */

/* The value of a knob that alone gains most; 0: none gains. */
static unsigned char best_value(const candidates_t *all, size_t knob, goal_t goal, double margin,
                                double *gain) {
    unsigned char out = 0;
    *gain = combine_share * log1p(margin);
    for (size_t i = 1; i < all->count; i++) {
        const candidate_t *c = &all->items[i];
        double score = score_of(c, goal, margin);
        if (knobs_changed(&c->choice) == 1 && c->choice.of[knob] && score > *gain) {
            *gain = score;
            out = c->choice.of[knob];
        }
    }
    return out;
}

typedef struct gain {
    size_t knob;
    unsigned char value;
    double gain;
} gain_t;

static int by_gain(const void *left, const void *right) {
    const gain_t *a = left, *b = right;
    return (a->gain < b->gain) - (a->gain > b->gain);
}

static size_t gains_of(const knob_table_t *knobs, const candidates_t *all, goal_t goal,
                       double margin, gain_t *out) {
    size_t count = 0;
    for (size_t i = 0; i < knobs->count; i++) {
        out[count] = (gain_t){.knob = i};
        out[count].value = best_value(all, i, goal, margin, &out[count].gain);
        count += out[count].value != 0;
    }
    qsort(out, count, sizeof *out, by_gain);
    return count;
}

static size_t add_new(candidates_t *all, choice_t choice, size_t room) {
    if (room == 0 || has(all, &choice)) {
        return 0;
    }
    add(all, choice);
    return 1;
}

/* The best values together, more and more of them; then the best so far with one of them more. */
static size_t combine_for(const knob_table_t *knobs, candidates_t *all, goal_t goal, double margin,
                          size_t room) {
    enum { TOGETHER_MOST = 5, MORE_MOST = 2 };
    gain_t gains[KNOBS_MOST];
    size_t count = gains_of(knobs, all, goal, margin, gains), added = 0, more = 0;
    size_t best = halving_best(all, goal, margin);
    choice_t base = all->items[best].choice, together = {0};
    for (size_t i = 0; i < count && i < TOGETHER_MOST; i++) {
        together.of[gains[i].knob] = gains[i].value;
        added += i > 0 ? add_new(all, together, room - added) : 0;
    }
    for (size_t i = 0; best && i < count && more < MORE_MOST; i++) {
        choice_t choice = base;
        choice.of[gains[i].knob] = gains[i].value;
        size_t one = add_new(all, choice, room - added);
        added += one;
        more += one;
    }
    return added;
}

size_t halving_combine(const knob_table_t *knobs, candidates_t *all, double margin, size_t most) {
    size_t added = 0;
    for (goal_t goal = 0; goal < GOALS; goal++) {
        size_t room = (most - added) / (GOALS - goal);
        added += combine_for(knobs, all, goal, margin, room);
    }
    return added;
}
