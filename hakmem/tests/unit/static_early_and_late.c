/*
 * static_early_and_late.c - support/early_and_late.h, linked with libhakmem.a.
 */
#include "early_and_late.h"
