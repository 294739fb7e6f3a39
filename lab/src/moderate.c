/*
 * moderate.c - see moderate.h. Names of variables as in Smyth's paper.
 */
#include "moderate.h"

#include "text.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sf_psi.h>
#include <stdlib.h>

/* Rows that agree very well would let one row's own launches count for nothing; below one launch
 * the prior is worth nothing itself. */
static const double most_freedom = 20, least_freedom = 1;
/* Memory is read in pages: launches that agree to the byte are no nearer to the truth than that. */
static const double least_variance = 5e-4 * 5e-4;
/* Not of the population, whatever that is like. Rows with turns are comparable beforehand; of
 * others nothing tells which ones scatter, so two launches that agree by chance have to agree well.
 */
static const double gross_outlier = 30, quantile_turns = 0.999, quantile_alone = 0.95;

static bool counts(const interval_t *row) {
    return row->pairs >= 2 && row->freedom > 0 && isfinite(row->error) && isfinite(row->mid);
}

/* Variance of a launch. */
static double variance(const interval_t *row) {
    double own = row->error * row->error * (double)row->pairs;
    return own > least_variance ? own : least_variance;
}

static double expected(const interval_t *row, double usual) {
    double within = row->within * row->within * (double)row->pairs;
    return isnan(within) ? usual : within > least_variance ? within : least_variance;
}

static double usual_of(const interval_t *rows, size_t count) {
    double *values = text_alloc((count + 1) * sizeof *values);
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        if (counts(&rows[i]) && !isnan(rows[i].within)) {
            values[used++] = expected(&rows[i], NAN);
        }
    }
    double out = used > 0 ? stats_median(values, used) : 1;
    free(values);
    return out;
}

/* The x > 0 with trigamma(x) = y, by Newton's method on 1 / trigamma (the paper's appendix). */
static double inverse_trigamma(double y) {
    double x = 0.5 + 1 / y;
    for (int i = 0; i < 50; i++) {
        double at = gsl_sf_psi_n(1, x);
        double step = at * (1 - at / y) / gsl_sf_psi_n(2, x);
        x += step;
        if (fabs(step) < 1e-8 * x) {
            break;
        }
    }
    return x;
}

/* Variance over what is expected of it. */
static double over_expected(const interval_t *row, double usual) {
    return variance(row) / expected(row, usual);
}

/* About the scale, whatever a minority of the rows does: at the median row, its variance over that
 * of the median of its distribution. */
static double rough_scale(const interval_t *rows, size_t count, double usual) {
    double *values = text_alloc((count + 1) * sizeof *values);
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        if (counts(&rows[i])) {
            double freedom = rows[i].freedom;
            values[used++] =
                over_expected(&rows[i], usual) / (gsl_cdf_chisq_Pinv(0.5, freedom) / freedom);
        }
    }
    double out = stats_median(values, used);
    free(values);
    return out;
}

prior_t moderate_prior(const interval_t *rows, size_t count) {
    double sum = 0, squares = 0, noise = 0, n = 0;
    double usual = usual_of(rows, count), rough = rough_scale(rows, count, usual);
    for (size_t i = 0; i < count; i++) {
        double over = over_expected(&rows[i], usual);
        if (counts(&rows[i]) && over < gross_outlier * rough) {
            double half = rows[i].freedom / 2;
            double e = log(over) - gsl_sf_psi(half) + log(half);
            sum += e;
            squares += e * e;
            noise += gsl_sf_psi_n(1, half);
            n++;
        }
    }
    if (n < MODERATE_LEAST_ROWS) {
        return (prior_t){0, 1, usual};
    }
    double mean = sum / n, spread = (squares - n * mean * mean) / (n - 1) - noise / n;
    double freedom = spread > 0 ? 2 * inverse_trigamma(spread) : most_freedom;
    freedom = freedom < most_freedom ? freedom : most_freedom;
    return (prior_t){freedom, exp(mean + gsl_sf_psi(freedom / 2) - log(freedom / 2)), usual};
}

static bool is_outlier(const interval_t *row, prior_t prior) {
    double quantile = isnan(row->within) ? quantile_alone : quantile_turns;
    return over_expected(row, prior.usual) >
           prior.scale * gsl_cdf_fdist_Pinv(quantile, row->freedom, prior.freedom);
}

interval_t moderate(interval_t row, prior_t prior) {
    if (!counts(&row) || prior.freedom < least_freedom || is_outlier(&row, prior)) {
        return row;
    }
    double freedom = prior.freedom + row.freedom;
    double s2 =
        (prior.freedom * prior.scale * expected(&row, prior.usual) + row.freedom * variance(&row)) /
        freedom;
    interval_t out =
        stats_interval_of(log(row.mid), sqrt(s2 / (double)row.pairs), freedom, row.pairs);
    out.within = row.within;
    return out;
}

void moderate_rows(interval_t *const *rows, size_t count) {
    interval_t *plain = text_alloc((count + 1) * sizeof *plain);
    for (size_t i = 0; i < count; i++) {
        plain[i] = *rows[i];
    }
    prior_t prior = moderate_prior(plain, count);
    for (size_t i = 0; i < count; i++) {
        *rows[i] = moderate(plain[i], prior);
    }
    free(plain);
}
