/* background.c - see background.h. */
#include "background.h"

#include <errno.h>

#include "../options/options.h"
#include "../os/door.h"
#include "../os/os.h"
#include "thread_cache.h"

/* Beyond the interval, for the clock that upkeep goes by is up to 10 ms late; and with an interval
 * of 0, in which memory goes back as it is freed, only what is left of that has to be found. */
#define WAIT_MORE_MS  10
#define WAIT_LEAST_MS 50

hak_background_t hak_background;

static struct {
    bool (*look)(bool again);
    pthread_t thread;
    size_t stack_bytes;
    uint32_t process_id; /* where the state is true: not in the child of a vfork; 0: nowhere */
    uint32_t is_to_end;
} own;

static bool step(hak_background_state_t from, hak_background_state_t to) {
    uint32_t expected = from;
    /* Acquire and release: `own` is handed from thread to thread. */
    return __atomic_compare_exchange_n(&hak_background.state, &expected, to, false,
                                       __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

void background_prepare(void) {
    if (hak_options.background != 0) {
        own.stack_bytes = os_thread_stack_bytes();
        own.process_id = os_process_id();
        hak_background.state = BACKGROUND_READY;
    }
}

void background_want(void) {
    step(BACKGROUND_READY, BACKGROUND_WANTED);
}

void background_wake_now(void) {
    int saved_errno = errno;
    if (__atomic_exchange_n(&hak_background.sleeps, 0, __ATOMIC_SEQ_CST) != 0) {
        os_futex_wake_one(&hak_background.sleeps);
    }
    errno = saved_errno;
}

static bool is_to_end(void) {
    return __atomic_load_n(&own.is_to_end, __ATOMIC_SEQ_CST) != 0;
}

static void wait_for_interval(void) {
    uint32_t ms = hak_options.purge_delay_ms;
    os_futex_wait_for(&own.is_to_end, 0, ms == 0 ? WAIT_LEAST_MS : ms + WAIT_MORE_MS);
}

/* False: nothing is left to give back. During a fork there is another time. */
static bool look_now(bool *again) {
    if (!door_enter()) {
        return true;
    }
    bool more = own.look(*again);
    *again = false;
    door_leave();
    return more;
}

/* Until a slow operation ends; true: one has. What came while this fell asleep is looked for once
 * more. */
static bool sleep_unless_more(void) {
    bool again = false;
    __atomic_store_n(&hak_background.sleeps, 1, __ATOMIC_SEQ_CST);
    if (look_now(&again)) {
        __atomic_store_n(&hak_background.sleeps, 0, __ATOMIC_SEQ_CST);
        return false;
    }
    while (__atomic_load_n(&hak_background.sleeps, __ATOMIC_SEQ_CST) != 0 && !is_to_end()) {
        os_futex_wait(&hak_background.sleeps, 1);
    }
    return true;
}

static void *live(void *unused) {
    bool again = true;
    hak_tls.ended = true; /* without a cache, also if libc frees something at the end */
    os_thread_set_name("hakmem");
    while (!is_to_end()) {
        wait_for_interval();
        if (!is_to_end() && !look_now(&again)) {
            again = sleep_unless_more();
        }
    }
    return unused;
}

/* A thread that ends has no cache any more: were it the last of all, libc would wait for ours. */
static bool may_start(void) {
    return hak_tls.thread != NULL && !door_is_inside() && !door_is_closed() &&
           os_process_id() == __atomic_load_n(&own.process_id, __ATOMIC_RELAXED);
}

void background_start(bool (*look)(bool again)) {
    int saved_errno = errno;
    bool saved_fresh = hak_tls.fresh; /* of the block that the caller is about to return */
    if (may_start() && step(BACKGROUND_WANTED, BACKGROUND_STARTS)) {
        own.look = look;
        bool starts = os_thread_start(&own.thread, own.stack_bytes, live) == 0;
        step(BACKGROUND_STARTS, starts ? BACKGROUND_RUNS : BACKGROUND_NONE);
    }
    hak_tls.fresh = saved_fresh;
    errno = saved_errno;
}

void background_end_with_threads(void) {
    if (!step(BACKGROUND_RUNS, BACKGROUND_ENDS)) {
        return;
    }
    int saved_errno = errno;
    __atomic_store_n(&own.is_to_end, 1, __ATOMIC_SEQ_CST);
    os_futex_wake_one(&own.is_to_end);
    __atomic_store_n(&hak_background.sleeps, 0, __ATOMIC_SEQ_CST);
    os_futex_wake_one(&hak_background.sleeps);
    os_thread_join(own.thread);
    __atomic_store_n(&own.is_to_end, 0, __ATOMIC_SEQ_CST);
    step(BACKGROUND_ENDS, BACKGROUND_READY);
    errno = saved_errno;
}

void background_in_child(void) {
    if (own.process_id == 0) {
        return;
    }
    own.process_id = os_process_id();
    own.is_to_end = 0;
    hak_background = (hak_background_t){.state = BACKGROUND_READY};
}

/* Of what it is about it may make an end; it holds no lock of anybody's but hakmem's. */
void background_end(void) {
    __atomic_store_n(&own.process_id, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&own.is_to_end, 1, __ATOMIC_SEQ_CST);
    __atomic_store_n(&hak_background.state, BACKGROUND_NONE, __ATOMIC_SEQ_CST);
}
