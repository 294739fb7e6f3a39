/*
 * lifecycle.c - the ends of a process: start before other constructors, fork, statistics at exit.
 *
 * fork takes every lock in the order of rank, so that the child finds all structures at rest. The
 * handlers are registered first of all (the library is linked with -z initfirst), so that those of
 * the program and its libraries, which may allocate, run before ours on the way in and after ours
 * on the way out.
 */
#include "lifecycle.h"

#include <pthread.h>

#include "../box/front_gate.h"
#include "../cache/upkeep.h"
#include "../harden/harden.h"
#include "../os/fatal.h"
#include "../os/lock.h"
#include "../os/os.h"
#include "../report/ace_failure.h"
#include "../span/meta.h"
#include "../stats/stats.h"

const char lifecycle_linked = 1;

/* A handler whose signal interrupted this thread within hakmem forks: its own locks cannot be
 * waited for. In a process of one thread the child, as the parent, then goes on where the signal
 * came, and releases them itself; with several, it may only call what is safe in a handler. */
static _Thread_local bool fork_left_locks __attribute__((tls_model("initial-exec")));

static void fork_prepare(void) {
    if (lock_is_inside()) { /* also where the signal interrupted another fork */
        fork_left_locks = true;
        return;
    }
    cache_fork(true, false);
    depot_fork(true, false);
    heap_fork(true, false);
    meta_fork(true, false);
    harden_fork(true, false);
}

static void fork_done(bool in_child) {
    harden_fork(false, in_child);
    meta_fork(false, in_child);
    heap_fork(false, in_child);
    depot_fork(false, in_child);
    cache_fork(false, in_child);
}

static bool fork_took_locks(void) {
    bool took = !fork_left_locks;
    fork_left_locks = false;
    return took;
}

static void fork_parent(void) {
    if (fork_took_locks()) {
        fork_done(false);
    }
}

static void fork_child(void) {
    ace_failure_reset();
    if (!fork_took_locks()) {
        return;
    }
    fork_done(true);
    upkeep_fork_child();
}

/* Level 2 of hardening: what nobody freed, or took again, is looked at in the end. */
static void check_all_blocks(void) {
    if (hak_options.harden < HARDEN_ALL || lock_is_inside()) { /* inside: exit in a handler */
        return;
    }
    const void *block;
    fork_prepare();
    const char *damage = harden_find_damage(&block);
    fork_parent();
    HAK_CHECK(damage == NULL, damage, block);
}

/* glibc's loader calls constructors with what main gets; being first, this one comes before libc's
 * own start-up. */
__attribute__((constructor(101))) static void start_process(int count, char **arguments,
                                                            char **environment) {
    (void)count, (void)arguments;
    os_give_environment(environment);
    gate_start();
    pthread_atfork(fork_prepare, fork_parent, fork_child);
}

__attribute__((destructor)) static void end_process(void) {
    check_all_blocks();
    stats_at_exit();
}
