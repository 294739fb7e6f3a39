/*
 * sentences.h - the sentences of the paper that depend on how the numbers fell.
 *
 * Each stays true whichever way that was: a tally of all verdicts, or the extreme of one kind, or
 * the statement that there was none. Wins and losses are named from the same rule, so that neither
 * can be left out.
 */
#ifndef PAPER_SENTENCES_H
#define PAPER_SENTENCES_H

#include "run.h"
#include "usable.h"

void sentences_usable(const run_t *run, const usable_t *usable);
void sentences_comparison(const run_t *run);
void sentences_grid(const run_t *run, const usable_t *usable);
void sentences_quality(const run_t *run); /* failed samples, proof, noise */

#endif
