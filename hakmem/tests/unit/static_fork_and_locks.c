/*
 * static_fork_and_locks.c - support/fork_and_locks.h, linked with libhakmem.a.
 */
#include "fork_and_locks.h"
