/*
 * adviser_kept.h - what the search has come to, for the manifest: a later version of the lab may
 * search otherwise, but must report the same of a run that is over.
 */
#ifndef LAB_ADVISER_KEPT_H
#define LAB_ADVISER_KEPT_H

#include "adviser.h"

json_t *adviser_found(const adviser_t *adviser);
/* Into one that is started and has run nothing. */
void adviser_read(adviser_t *adviser, const json_t *found);

#endif
