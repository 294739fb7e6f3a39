/*
 * fork_and_locks.c - support/fork_and_locks.h, under LD_PRELOAD.
 */
#include "fork_and_locks.h"
