/* threads.c - see threads.h. */
#include "threads.h"

#include <pthread.h>
#include <string.h>

#include "../os/door.h"
#include "../slab/homes.h"
#include "../span/meta.h"

_Thread_local hak_tls_t hak_tls __attribute__((tls_model("initial-exec"))) = {
    .top = {[0 ... HAK_CLASS_COUNT - 1] = MAGAZINE_VOID_TOP}};

size_t threads_count;
static struct {
    hak_lock_t lock; /* of the list */
    hak_link_t *first;
    size_t at_home[HOMES]; /* threads of each home */
    pthread_key_t key;     /* its destructor ends a thread's cache */
    bool key_made;
} threads;

/* Of a thread, when all classes are there. */
static size_t record_bytes(void) {
    return sizeof(hak_thread_t) + hak_class_end * sizeof(hak_thread_class_t);
}

void threads_start(void (*end)(void *thread)) {
    threads.key_made = pthread_key_create(&threads.key, end) == 0;
}

/* Relaxed: others read it without the lock, also when they have left the list. */
static void set_count(size_t count) {
    __atomic_store_n(&threads_count, count, __ATOMIC_RELAXED);
}

/* Lock held. */
static void count(ptrdiff_t more) {
    set_count(threads_count + (size_t)more);
}

/* Lock held. The home that fewest threads have, the first of them. */
static void give_home(hak_thread_t *thread) {
    unsigned home = 0;
    for (unsigned i = 1; i < hak_homes.count; i++) {
        home = threads.at_home[i] < threads.at_home[home] ? i : home;
    }
    thread->home = (uint8_t)home;
    threads.at_home[home]++;
}

void cache_attach_new(void) {
    if (hak_tls.ended || !threads.key_made) {
        return;
    }
    hak_thread_t *thread = meta_alloc(record_bytes());
    if (thread == NULL) {
        return;
    }
    thread->tops = hak_tls.top;
    thread->last = (hak_place_t *)(uintptr_t)&hak_no_place;
    lock_acquire(&threads.lock, LOCK_RANK_THREADS);
    list_push(&threads.first, &thread->place);
    give_home(thread);
    count(1);
    lock_release(&threads.lock, LOCK_RANK_THREADS);
    hak_tls.thread = thread;
    pthread_setspecific(threads.key, thread); /* may allocate: the cache is usable by now */
}

void threads_remove(void) {
    hak_thread_t *thread = hak_tls.thread;
    hak_tls.thread = NULL;
    hak_tls.ended = true; /* later destructors may still allocate: uncached, then */
    if (thread == NULL) {
        return;
    }
    lock_acquire(&threads.lock, LOCK_RANK_THREADS);
    list_pull(&threads.first, &thread->place);
    threads.at_home[thread->home]--;
    count(-1);
    lock_release(&threads.lock, LOCK_RANK_THREADS);
    meta_free(thread, record_bytes());
}

bool cache_is_shared(void) {
    return __atomic_load_n(&threads_count, __ATOMIC_RELAXED) > 1; /* a hint */
}

HAK_NOINLINE unsigned cache_at_home(unsigned front) {
    const hak_thread_t *thread = hak_tls.thread;
    return homes_first(thread == NULL ? 0 : thread->home) + front - hak_homes.front;
}

size_t cache_count(unsigned class_id) {
    size_t blocks = 0;
    door_enter_late();
    lock_acquire(&threads.lock, LOCK_RANK_THREADS);
    for (hak_link_t *link = threads.first; link != NULL; link = link->next) {
        const hak_thread_t *thread = LIST_ITEM(link, hak_thread_t, place);
        blocks += cache_held_blocks(thread, class_id);
    }
    lock_release(&threads.lock, LOCK_RANK_THREADS);
    door_leave();
    return blocks;
}

bool cache_is_held(unsigned class_id) {
    bool is_held = false;
    lock_acquire(&threads.lock, LOCK_RANK_THREADS);
    for (hak_link_t *link = threads.first; link != NULL && !is_held; link = link->next) {
        const hak_thread_t *thread = LIST_ITEM(link, hak_thread_t, place);
        is_held = __atomic_load_n(&thread->tops[class_id], __ATOMIC_RELAXED) != MAGAZINE_VOID_TOP ||
                  __atomic_load_n(&thread->classes[class_id].capacity, __ATOMIC_RELAXED) != 0;
    }
    lock_release(&threads.lock, LOCK_RANK_THREADS);
    return is_held;
}

/* In the child only the calling thread lives on. What the others had in their magazines is lost
 * to it: they may have been in the middle of an exchange. */
void cache_fork_child(void) {
    threads.first = NULL;
    set_count(0);
    memset(threads.at_home, 0, sizeof(threads.at_home));
    if (hak_tls.thread != NULL) {
        threads.at_home[hak_tls.thread->home] = 1;
        list_push(&threads.first, &hak_tls.thread->place);
        set_count(1);
    }
}
