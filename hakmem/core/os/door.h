/*
 * door.h - who is at work in the heap, so that fork finds it at rest.
 *
 * Every slow path enters by the door and leaves by it; the fast path, and what else touches only
 * what is the thread's own, does not. fork closes the door and waits until nobody is inside; all
 * locks are free then, and stay so. A thread that comes meanwhile is turned away, and does without
 * the heap (box/beside.h): it must not wait. libc's fork takes further locks of its own after the
 * handlers of pthread_atfork have run (streams and their list, the name service's, that of the
 * handlers), and a thread that holds one of them may just be calling malloc or free.
 *
 * Those inside wait for nothing but hakmem's locks and the kernel, so the wait for them ends.
 * Forks of several threads go one by one.
 */
#ifndef HAK_DOOR_H
#define HAK_DOOR_H

#include "../base/base.h"

/* false: a fork is on its way, and the caller is outside. May be nested; inside always true, as it
 * is for the thread that forks: all is at rest but what that does itself. */
bool door_enter(void);
/* … after the fork. For what no thread does with a lock of libc's held. */
void door_enter_late(void);
void door_leave(void);

/* Whether this thread is inside, or about to be: a signal handler asks whether it interrupted
 * hakmem at work. */
bool door_is_inside(void);
bool door_is_closed(void);

/* Not to be written elsewhere: how deep this thread is inside. Volatile: only a handler on the same
 * thread looks. */
extern _Thread_local volatile uint16_t door_depth HAK_HIDDEN
    __attribute__((tls_model("initial-exec")));
/* One of so many that threads are spread over, always the same for one thread: their variables lie
 * at least a page apart. */
enum { DOOR_SHARDS = 64 };
static inline unsigned door_shard(void) {
    uint64_t page = (uintptr_t)&door_depth >> HAK_PAGE_SHIFT;
    return (unsigned)(page * 0x9E3779B97F4A7C15u >> 58);
}

/* Of who must not do something before all have been out once that were inside at a moment: call it
 * from inside, first with 0, then from time to time with what it returned. At last that is
 * DOOR_ALL_OUT, and all that they did is seen. */
#define DOOR_ALL_OUT UINT64_MAX
uint64_t door_look(uint64_t out);

/* Closes it, when all are out that are inside: call from outside. */
void door_close(void);
void door_open(void);
/* … in the child of a fork: of those who were about to enter, or waited, nobody is there. */
void door_open_in_child(void);

#endif
