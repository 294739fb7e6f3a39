/*
 * pairs.c - see pairs.h.
 */
#include "pairs.h"

#include "text.h"

#include <stdlib.h>
#include <string.h>

enum { LEAST_TURNS = 3 };

/* What is not above 0 has no logarithm. */
static double above_zero(double value) {
    return value > 0 && isfinite(value) ? value : NAN;
}

static double turn_speed(const sample_t *s, const turn_t *turn) {
    return above_zero(turn->ops / (s->driver_threads > 1 ? turn->wall_ns : turn->cpu_ns) * 1e9);
}

double sample_speed(const sample_t *s) {
    if (!sample_counts_as_time(s)) {
        return NAN;
    }
    if (s->rounds == 0) {
        return above_zero(s->ops / s->wall_ns * 1e9);
    }
    double *speeds = text_alloc((s->turn_count + 1) * sizeof *speeds);
    for (size_t i = 0; i < s->turn_count; i++) {
        speeds[i] = turn_speed(s, &s->turns[i]);
    }
    double out = stats_median(speeds, s->turn_count);
    free(speeds);
    return out;
}

double sample_start_speed(const sample_t *s) {
    return sample_counts_as_time(s) && s->rounds > 0 ? above_zero(s->start_ops / s->start_ns * 1e9)
                                                     : NAN;
}

static const sample_t *sample_of(const samples_t *all, const char *cell, unsigned rep) {
    for (size_t i = 0; i < all->count; i++) {
        if (all->items[i].rep == rep && strcmp(all->items[i].cell, cell) == 0) {
            return &all->items[i];
        }
    }
    return NULL;
}

/* Logarithms of the ratios of turns of the same blocks. */
static size_t turn_logs(const sample_t *mine, const sample_t *other, bool disturbed, double *out) {
    size_t count = 0, j = 0;
    for (size_t i = 0; i < mine->turn_count; i++) {
        const turn_t *turn = &mine->turns[i];
        while (j < other->turn_count && other->turns[j].block < turn->block) {
            j++;
        }
        bool paired = j < other->turn_count && other->turns[j].block == turn->block;
        if (paired && (disturbed || !turn->disturbed)) {
            double ratio = log(turn_speed(mine, turn) / turn_speed(other, &other->turns[j]));
            out[count] = ratio;
            count += isfinite(ratio);
        }
    }
    return count;
}

/* Of one launch, into `out`, which has room for its turns. */
static size_t launch_logs(const sample_t *mine, const sample_t *other, sample_value_t value,
                          double *out) {
    if (value == sample_speed && mine->rounds > 0 && other->rounds > 0) {
        if (!sample_counts_as_time(mine) || !sample_counts_as_time(other)) {
            return 0;
        }
        size_t count = turn_logs(mine, other, false, out);
        return count >= LEAST_TURNS ? count : turn_logs(mine, other, true, out);
    }
    *out = log(value(mine) / value(other));
    return isfinite(*out) ? 1 : 0;
}

interval_t pairs_ratio(const samples_t *samples, const char *cell, const char *other,
                       sample_value_t value, unsigned below, uint64_t seed) {
    return pairs_ratio_of(samples, cell, other, value, 0, below, seed);
}

interval_t pairs_ratio_of(const samples_t *all, const char *cell, const char *other,
                          sample_value_t value, unsigned from, unsigned below, uint64_t seed) {
    launch_values_t *launches = text_alloc((all->count + 1) * sizeof *launches);
    size_t count = 0;
    for (size_t i = 0; i < all->count; i++) {
        const sample_t *mine = &all->items[i];
        if (mine->rep < from || mine->rep >= below || strcmp(mine->cell, cell) != 0) {
            continue;
        }
        const sample_t *theirs = sample_of(all, other, mine->rep);
        if (theirs) {
            double *logs = text_alloc((mine->turn_count + 1) * sizeof *logs);
            launches[count++] = (launch_values_t){logs, launch_logs(mine, theirs, value, logs)};
        }
    }
    interval_t out = stats_ratio(launches, count, seed);
    for (size_t i = 0; i < count; i++) {
        free((double *)(uintptr_t)launches[i].values);
    }
    free(launches);
    return out;
}

size_t pairs_values(const samples_t *all, const char *cell, const char *other, sample_value_t value,
                    unsigned below, double *a, double *b) {
    size_t pairs = 0;
    for (size_t i = 0; i < all->count; i++) {
        const sample_t *mine = &all->items[i];
        if (mine->rep >= below || strcmp(mine->cell, cell) != 0) {
            continue;
        }
        const sample_t *theirs = sample_of(all, other, mine->rep);
        a[pairs] = value(mine);
        b[pairs] = theirs ? value(theirs) : NAN;
        pairs += !isnan(a[pairs]) && !isnan(b[pairs]);
    }
    return pairs;
}
