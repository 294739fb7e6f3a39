/*
 * pairs.c - see pairs.h.
 */
#include "pairs.h"

#include "text.h"

#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST_TURNS = 3, RARE_TURNS = 10 };

/* What is not above 0 has no logarithm. */
static double above_zero(double value) {
    return value > 0 && isfinite(value) ? value : NAN;
}

/* Per operation. */
static double turn_ns(const sample_t *s, const turn_t *turn) {
    return above_zero((s->driver_threads > 1 ? turn->wall_ns : turn->cpu_ns) / turn->ops);
}

/* Of undisturbed blocks, or where they are few of all: into `ns`. */
static size_t turns_of(const sample_t *s, double *ns) {
    size_t count = 0;
    for (int disturbed = 0; disturbed <= 1 && count < LEAST_TURNS; disturbed++) {
        count = 0;
        for (size_t i = 0; i < s->turn_count; i++) {
            ns[count] = turn_ns(s, &s->turns[i]);
            count += !isnan(ns[count]) && (disturbed || !s->turns[i].disturbed);
        }
    }
    return count;
}

double sample_speed(const sample_t *s) {
    if (!sample_counts_as_time(s)) {
        return NAN;
    }
    if (s->rounds == 0) {
        return above_zero(s->ops / s->wall_ns * 1e9);
    }
    double *ns = text_alloc((s->turn_count + 1) * sizeof *ns);
    double out = 1e9 / stats_median(ns, turns_of(s, ns));
    free(ns);
    return out;
}

double sample_rare_work(const sample_t *s) {
    double *ns = text_alloc((s->turn_count + 1) * sizeof *ns);
    size_t count = sample_counts_as_time(s) ? turns_of(s, ns) : 0;
    double out =
        count >= RARE_TURNS ? gsl_stats_mean(ns, 1, count) / stats_median(ns, count) - 1 : NAN;
    free(ns);
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
            out[count] = log(turn_ns(other, &other->turns[j]) / turn_ns(mine, turn));
            count += isfinite(out[count]);
        }
    }
    return count;
}

/* Of one launch. */
static launch_value_t centre_of_blocks(const double *logs, size_t count) {
    double centre = stats_centre(logs, count), n = (double)count;
    double deviation = stats_deviation(logs, count, centre) * sqrt(n / (n - 1));
    return (launch_value_t){centre, count > 1 ? stats_centre_error(count, deviation) : NAN};
}

static launch_value_t launch_value(const sample_t *mine, const sample_t *other,
                                   sample_value_t value) {
    if (value != sample_speed || mine->rounds == 0 || other->rounds == 0) {
        double ratio = log(value(mine) / value(other));
        return (launch_value_t){isfinite(ratio) ? ratio : NAN, NAN};
    }
    if (!sample_counts_as_time(mine) || !sample_counts_as_time(other)) {
        return (launch_value_t){NAN, NAN};
    }
    double *logs = text_alloc((mine->turn_count + 1) * sizeof *logs);
    size_t count = turn_logs(mine, other, false, logs);
    count = count >= LEAST_TURNS ? count : turn_logs(mine, other, true, logs);
    launch_value_t out = centre_of_blocks(logs, count);
    free(logs);
    return out;
}

interval_t pairs_ratio(const samples_t *samples, const char *cell, const char *other,
                       sample_value_t value, unsigned below) {
    return pairs_ratio_of(samples, cell, other, value, 0, below);
}

interval_t pairs_ratio_of(const samples_t *all, const char *cell, const char *other,
                          sample_value_t value, unsigned from, unsigned below) {
    launch_value_t *launches = text_alloc((all->count + 1) * sizeof *launches);
    size_t count = 0;
    for (size_t i = 0; i < all->count; i++) {
        const sample_t *mine = &all->items[i];
        if (mine->rep < from || mine->rep >= below || strcmp(mine->cell, cell) != 0) {
            continue;
        }
        const sample_t *theirs = sample_of(all, other, mine->rep);
        if (theirs) {
            launches[count++] = launch_value(mine, theirs, value);
        }
    }
    interval_t out = stats_ratio(launches, count);
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
