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

/* Whether this thread is inside, or about to be: a signal handler asks whether it interrupted
 * hakmem at work. */
bool door_is_inside(void);

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

/* Those inside are counted by shards, a cache line each, so that threads at work in different
 * classes do not contend for one. Sequentially consistent, as all of it: who counts himself and
 * then looks at the door, and who closes it and then looks at the count, do not both miss the
 * other. */
typedef struct hak_door {
    struct {
        uint32_t inside HAK_ALIGNED(HAK_CACHE_LINE);
    } shards[DOOR_SHARDS];
    uint32_t is_closed HAK_ALIGNED(HAK_CACHE_LINE);
} hak_door_t;
extern hak_door_t hak_door HAK_HIDDEN;

static inline bool door_is_closed(void) {
    return __atomic_load_n(&hak_door.is_closed, __ATOMIC_SEQ_CST) != 0;
}

bool door_turn_away(void); /* of a thread that is counted: false, and it is no longer */

/* false: a fork is on its way, and the caller is outside. May be nested; inside always true, as it
 * is for the thread that forks: all is at rest but what that does itself. (Raised before the thread
 * is counted and lowered after, so that a signal never finds the depth too low.) */
static inline bool door_enter(void) {
    if (door_depth++ > 0) {
        return true;
    }
    __atomic_fetch_add(&hak_door.shards[door_shard()].inside, 1, __ATOMIC_SEQ_CST);
    return HAK_LIKELY(!door_is_closed()) || door_turn_away();
}

void door_leave(void);
/* … after the fork. For what no thread does with a lock of libc's held. */
void door_enter_late(void);

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
