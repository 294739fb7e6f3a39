/*
 * lifecycle.c - the ends of a process: start before other constructors, fork, statistics at exit.
 *
 * fork closes the door, so that the child finds the heap at rest, whatever the other threads were
 * about; these do without the heap meanwhile (os/door.h, box/beside.h). The handlers are registered
 * first of all (the library is linked with -z initfirst), so that those of the program and its
 * libraries, which may allocate, run before ours on the way in and after ours on the way out.
 */
#include "lifecycle.h"

#include <pthread.h>

#include "../cache/background.h"
#include "../cache/thread_cache.h"
#include "../gate/front_gate.h"
#include "../harden/harden.h"
#include "../os/door.h"
#include "../os/fatal.h"
#include "../os/os.h"
#include "../report/ace_failure.h"
#include "../start/start.h"
#include "../stats/publish.h"
#include "../stats/stats.h"

const char lifecycle_linked = 1;

/* A handler whose signal interrupted this thread within hakmem forks: it cannot wait for itself to
 * leave. In a process of one thread the child, as the parent, then goes on where the signal came;
 * with several, it may only call what is safe in a handler. */
static _Thread_local bool fork_left_door __attribute__((tls_model("initial-exec")));

static void fork_prepare(void) {
    fork_left_door = door_is_inside(); /* also where the signal interrupted another fork */
    if (!fork_left_door) {
        door_close();
    }
}

static bool fork_closed_door(void) {
    bool closed = !fork_left_door;
    fork_left_door = false;
    return closed;
}

static void fork_parent(void) {
    if (fork_closed_door()) {
        door_open();
        gate_free_waiting();
    }
}

static void fork_child(void) {
    ace_failure_reset();
    background_in_child();
    if (fork_closed_door()) {
        cache_fork_child();
        door_open_in_child();
        gate_free_waiting();
        publish_in_child();
    }
}

/* Level 2 of hardening: what nobody freed, or took again, is looked at in the end. */
static void check_all_blocks(void) {
    if (hak_options.harden < HARDEN_ALL || door_is_inside()) { /* inside: exit in a handler */
        return;
    }
    const void *block;
    door_close();
    const char *damage = harden_find_damage(&block);
    door_open();
    gate_free_waiting();
    HAK_CHECK(damage == NULL, damage, block);
}

/* glibc's loader calls constructors with what main gets; being first, this one comes before libc's
 * own start-up. Others (musl) set `environ` before any constructor, and give these nothing. */
__attribute__((constructor(101))) static void start_process(int count, char **arguments,
                                                            char **environment) {
    (void)count, (void)arguments, (void)environment;
#ifdef __GLIBC__
    os_give_environment(environment);
#endif
    start_once();
    publish_start();
    background_prepare();
    pthread_atfork(fork_prepare, fork_parent, fork_child);
}

__attribute__((destructor)) static void end_process(void) {
    background_end();
    check_all_blocks();
    stats_at_exit();
    publish_end();
}
