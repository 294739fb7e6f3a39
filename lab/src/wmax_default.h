/*
 * wmax_default.h - the allocator's own defaults of W_MAX, which every grid holds as the reference.
 *
 * They stand in one place, the table of options (hakmem/core/hakmem_options.def), and are read from
 * it when the lab is built.
 */
#ifndef LAB_WMAX_DEFAULT_H
#define LAB_WMAX_DEFAULT_H

#include "decimals.h"

#define WMAX_MID_DEFAULT   wmax_default_mid()
#define WMAX_LARGE_DEFAULT wmax_default_large()

dec_t wmax_default_mid(void);
dec_t wmax_default_large(void);
/* "MID/LARGE", as settings are written for people. */
const char *wmax_default_pair(void);

#endif
