/*
 * moderate.h - errors of few launches, moderated by what all rows of a run know together.
 *
 * Four launches of a row tell its ratio, and next to nothing about how far four launches scatter:
 * they may agree by chance. So a t test of three degrees of freedom asks for twelve errors before
 * it believes one of forty comparisons. But forty rows, measured alike, tell well how launches
 * scatter, and how much rows differ in that. Each row's variance is drawn towards what was to be
 * expected, by as many degrees of freedom as the rows' agreement is worth: the moderated t of
 * Smyth (Statistical Applications in Genetics and Molecular Biology 3, 2004), made for a few
 * measurements of each of many genes. A row that scatters far more than the others (F test, 1 in
 * 1000; without turns 5 %) is none of them, and keeps its plain t (Phipson et al., Annals of
 * Applied Statistics 10, 2016); where all scatter differently the prior weighs little.
 *
 * What is expected of a row is a multiple of what its turns vary within the launches
 * (interval_t's `within`), which many turns tell well; of rows without turns the same for all. A
 * row that is too slow for more than a turn a launch is taken for the median one.
 */
#ifndef LAB_MODERATE_H
#define LAB_MODERATE_H

#include "stats.h"

/* What the rows of a family have in common. */
typedef struct prior {
    double freedom; /* what it is worth, in launches; 0: nothing */
    double scale; /* variance of a launch, over that expected by its turns; without turns: itself */
    double usual; /* what is expected of the median row, by its turns; without turns: 1 */
} prior_t;

/* Of the rows that have two launches at least; of fewer than MODERATE_LEAST_ROWS, none. */
enum { MODERATE_LEAST_ROWS = 5 };
prior_t moderate_prior(const interval_t *rows, size_t count);

/* All rows of a family, in place. */
void moderate_rows(interval_t *const *rows, size_t count);

/* The row with error, freedom, p and interval as moderated. Rows of less than two launches, and all
 * without a prior, stay as they are. The ratios are logarithms' exponentials, as of pairs.h. */
interval_t moderate(interval_t row, prior_t prior);

#endif
