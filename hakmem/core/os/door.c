/* door.c - see door.h. */
#include "door.h"

#include <errno.h>

#include "lock.h"
#include "os.h"

/* Those inside are counted by shards, a cache line each, so that threads at work in different
 * classes do not contend for one. */
static struct hak_shard { uint32_t inside HAK_ALIGNED(64); } shards[DOOR_SHARDS];
static struct {
    hak_lock_t lock; /* of who closes, while it is closed */
    uint32_t is_closed;
    uint32_t waiting; /* in door_enter_late */
} door;

/* Raised before the thread is counted and lowered after, so that a signal never finds it too low.
 */
_Thread_local volatile uint16_t door_depth;

static struct hak_shard *own_shard(void) {
    return &shards[door_shard()];
}

bool door_is_inside(void) {
    return door_depth != 0;
}

bool door_is_closed(void) {
    return __atomic_load_n(&door.is_closed, __ATOMIC_SEQ_CST) != 0;
}

/* Sequentially consistent, here and below: who counts himself and then looks at the door, and who
 * closes it and then looks at the count, do not both miss the other. */
static HAK_NOINLINE void wake_who_closes(struct hak_shard *shard) {
    int saved_errno = errno;
    os_futex_wake_one(&shard->inside);
    errno = saved_errno;
}

static void count_out(struct hak_shard *shard) {
    __atomic_fetch_sub(&shard->inside, 1, __ATOMIC_SEQ_CST);
    if (HAK_UNLIKELY(door_is_closed())) {
        wake_who_closes(shard);
    }
}

/* False: it is closed, and the thread is still counted. */
static bool count_in(struct hak_shard *shard) {
    __atomic_fetch_add(&shard->inside, 1, __ATOMIC_SEQ_CST);
    return HAK_LIKELY(!door_is_closed());
}

static HAK_NOINLINE bool turn_away(void) {
    count_out(own_shard());
    door_depth--;
    return false;
}

bool door_enter(void) {
    return door_depth++ > 0 || count_in(own_shard()) || turn_away();
}

/* Of who is counted, and would have been turned away. */
static HAK_NOINLINE void count_in_late(void) {
    int saved_errno = errno;
    __atomic_fetch_add(&door.waiting, 1, __ATOMIC_SEQ_CST);
    do {
        count_out(own_shard());
        os_futex_wait(&door.is_closed, 1);
    } while (!count_in(own_shard()));
    os_futex_wake_one(&door.is_closed); /* the next that waits */
    if (__atomic_sub_fetch(&door.waiting, 1, __ATOMIC_SEQ_CST) == 0) {
        os_futex_wake_one(&door.waiting);
    }
    errno = saved_errno;
}

void door_enter_late(void) {
    if (door_depth++ == 0 && HAK_UNLIKELY(!count_in(own_shard()))) {
        count_in_late();
    }
}

void door_leave(void) {
    if (door_depth == 1) {
        count_out(own_shard());
    }
    door_depth--;
}

static_assert(DOOR_ALL_OUT >> (DOOR_SHARDS - 1) == 1, "a bit a shard");

uint64_t door_look(uint64_t out) {
    for (unsigned i = 0; i < DOOR_SHARDS; i++) {
        uint32_t own = &shards[i] == own_shard() ? 1 : 0;
        if (__atomic_load_n(&shards[i].inside, __ATOMIC_SEQ_CST) == own) {
            out |= (uint64_t)1 << i;
        }
    }
    return out;
}

void door_close(void) {
    uint32_t count;
    door_depth++; /* as good as inside */
    lock_acquire(&door.lock, LOCK_RANK_DOOR);
    /* Those who waited for the last fork come first, or threads that do nothing but fork would keep
     * them waiting. */
    while ((count = __atomic_load_n(&door.waiting, __ATOMIC_SEQ_CST)) != 0) {
        os_futex_wait(&door.waiting, count);
    }
    __atomic_store_n(&door.is_closed, 1, __ATOMIC_SEQ_CST);
    for (struct hak_shard *shard = shards; shard < shards + DOOR_SHARDS; shard++) {
        while ((count = __atomic_load_n(&shard->inside, __ATOMIC_SEQ_CST)) != 0) {
            os_futex_wait(&shard->inside, count);
        }
    }
}

void door_open(void) {
    __atomic_store_n(&door.is_closed, 0, __ATOMIC_SEQ_CST);
    os_futex_wake_one(&door.is_closed);
    lock_release(&door.lock, LOCK_RANK_DOOR);
    door_depth--;
}

void door_open_in_child(void) {
    for (struct hak_shard *shard = shards; shard < shards + DOOR_SHARDS; shard++) {
        __atomic_store_n(&shard->inside, 0, __ATOMIC_SEQ_CST);
    }
    __atomic_store_n(&door.waiting, 0, __ATOMIC_SEQ_CST);
    door_open();
}
