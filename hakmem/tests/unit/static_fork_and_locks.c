/*
 * static_fork_and_locks.c - support/fork_and_locks.h, linked with libhakmem.a.
 *
 * On the machine's own kernel: qemu's answers differ.
 */
#include "fork_and_locks.h"
