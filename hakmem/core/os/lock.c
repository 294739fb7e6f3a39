/* lock.c - see lock.h. */
#include "lock.h"

#include <errno.h>

#include "fatal.h"
#include "os.h"

enum { FREE = 0, HELD = 1, WAITED = 2, SPINS = 100 };

#if defined(HAK_DEBUG) && HAK_DEBUG
static _Thread_local uint32_t held_count[8] __attribute__((tls_model("initial-exec")));

static void note_acquire(unsigned rank) {
    for (unsigned higher = rank + 1; higher < 8; higher++) {
        HAK_ASSERT(held_count[higher] == 0);
    }
    held_count[rank]++;
}

static void note_release(unsigned rank) {
    HAK_ASSERT(held_count[rank] > 0);
    held_count[rank]--;
}
#else
static inline void note_acquire(unsigned rank) {
    (void)rank;
}
static inline void note_release(unsigned rank) {
    (void)rank;
}
#endif

static inline void pause_cpu(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__) /* yield does nothing on most cores; isb waits as long as x86's pause   \
                            */
    __asm__ volatile("isb" ::: "memory");
#elif defined(__riscv)     /* pause, of Zihintpause: a hint that other cores take for a fence */
    __asm__ volatile(".4byte 0x0100000f" ::: "memory");
#endif
}

/* Acquire ordering on success: what the last holder wrote is seen. */
static bool try_take(hak_lock_t *lock) {
    uint32_t expected = FREE;
    return __atomic_compare_exchange_n(&lock->word, &expected, HELD, false, __ATOMIC_ACQUIRE,
                                       __ATOMIC_RELAXED);
}

static HAK_NOINLINE void take_contended(hak_lock_t *lock) {
    for (int spin = 0; spin < SPINS; spin++) {
        pause_cpu();
        if (__atomic_load_n(&lock->word, __ATOMIC_RELAXED) == FREE && try_take(lock)) {
            return;
        }
    }
    int saved_errno = errno;
    /* Taking it as WAITED may cause one idle wake-up later; taking it as HELD could lose one. */
    while (__atomic_exchange_n(&lock->word, WAITED, __ATOMIC_ACQUIRE) != FREE) {
        os_futex_wait(&lock->word, WAITED);
    }
    errno = saved_errno;
}

void lock_acquire(hak_lock_t *lock, unsigned rank) {
    note_acquire(rank);
    if (!try_take(lock)) {
        take_contended(lock);
    }
}

bool lock_try(hak_lock_t *lock, unsigned rank) {
    if (!try_take(lock)) {
        return false;
    }
    note_acquire(rank);
    return true;
}

void lock_release(hak_lock_t *lock, unsigned rank) {
    note_release(rank);
    /* Release ordering: the next holder sees what was written under the lock. */
    if (__atomic_exchange_n(&lock->word, FREE, __ATOMIC_RELEASE) == WAITED) {
        int saved_errno = errno;
        os_futex_wake_one(&lock->word);
        errno = saved_errno;
    }
}
