/*
 * fork_and_locks.c - support/fork_and_locks.h, under LD_PRELOAD.
 *
 * On the machine's own kernel: in the child of a fork qemu waits for locks of its own, which other
 * threads held.
 */
#include "fork_and_locks.h"
