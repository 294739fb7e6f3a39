/*
 * early_and_late.c - support/early_and_late.h, under LD_PRELOAD.
 */
#include "early_and_late.h"
