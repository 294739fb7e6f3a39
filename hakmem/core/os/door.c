/* door.c - see door.h. */
#include "door.h"

#include <errno.h>

#include "lock.h"
#include "os.h"

hak_door_t hak_door;
static struct {
    hak_lock_t lock;  /* of who closes, while it is closed */
    uint32_t waiting; /* in door_enter_late */
} door;

_Thread_local volatile uint16_t door_depth;

static uint32_t *own_count(void) {
    return &hak_door.shards[door_shard()].inside;
}

bool door_is_inside(void) {
    return door_depth != 0;
}

static HAK_NOINLINE void wake_closing(void) {
    int saved_errno = errno;
    os_futex_wake_one(own_count());
    errno = saved_errno;
}

static void count_out(void) {
    __atomic_fetch_sub(own_count(), 1, __ATOMIC_SEQ_CST);
    if (HAK_UNLIKELY(door_is_closed())) {
        wake_closing();
    }
}

/* False: it is closed, and the thread is still counted. */
static bool count_in(void) {
    __atomic_fetch_add(own_count(), 1, __ATOMIC_SEQ_CST);
    return HAK_LIKELY(!door_is_closed());
}

HAK_NOINLINE bool door_turn_away(void) {
    count_out();
    door_depth--;
    return false;
}

/* Of who is counted, and would have been turned away. */
static HAK_NOINLINE void count_in_late(void) {
    int saved_errno = errno;
    __atomic_fetch_add(&door.waiting, 1, __ATOMIC_SEQ_CST);
    do {
        count_out();
        os_futex_wait(&hak_door.is_closed, 1);
    } while (!count_in());
    os_futex_wake_one(&hak_door.is_closed); /* the next that waits */
    if (__atomic_sub_fetch(&door.waiting, 1, __ATOMIC_SEQ_CST) == 0) {
        os_futex_wake_one(&door.waiting);
    }
    errno = saved_errno;
}

void door_enter_late(void) {
    if (door_depth++ == 0 && HAK_UNLIKELY(!count_in())) {
        count_in_late();
    }
}

/* Not inline: it would make the frame of the gate longer, below which memory is purged. */
void door_leave(void) {
    if (door_depth == 1) {
        count_out();
    }
    door_depth--;
}

static_assert(DOOR_ALL_OUT >> (DOOR_SHARDS - 1) == 1, "a bit a shard");

uint64_t door_look(uint64_t out) {
    for (unsigned i = 0; i < DOOR_SHARDS; i++) {
        uint32_t own = i == door_shard() ? 1 : 0;
        if (__atomic_load_n(&hak_door.shards[i].inside, __ATOMIC_SEQ_CST) == own) {
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
    __atomic_store_n(&hak_door.is_closed, 1, __ATOMIC_SEQ_CST);
    for (unsigned i = 0; i < DOOR_SHARDS; i++) {
        uint32_t *inside = &hak_door.shards[i].inside;
        while ((count = __atomic_load_n(inside, __ATOMIC_SEQ_CST)) != 0) {
            os_futex_wait(inside, count);
        }
    }
}

void door_open(void) {
    __atomic_store_n(&hak_door.is_closed, 0, __ATOMIC_SEQ_CST);
    os_futex_wake_one(&hak_door.is_closed);
    lock_release(&door.lock, LOCK_RANK_DOOR);
    door_depth--;
}

void door_open_in_child(void) {
    for (unsigned i = 0; i < DOOR_SHARDS; i++) {
        __atomic_store_n(&hak_door.shards[i].inside, 0, __ATOMIC_SEQ_CST);
    }
    __atomic_store_n(&door.waiting, 0, __ATOMIC_SEQ_CST);
    door_open();
}
