/*
 * pace.c - see pace.h.
 *
 * Orderings: the counters and gates carry no data of the workload (blocks have their own release
 * and acquire), so relaxed would do for these; they are sequentially consistent because they are
 * touched once in some hundred operations.
 */
#include "replayer/pace.h"

#include "common/arena.h"
#include "common/cpu.h"

#include <limits.h>
#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { GATE_CLOSED, GATE_OPEN, GATE_WAITED_FOR };
/* Half a microsecond. An epoch takes tens of them, so a gate that is closed stays so for longer:
 * more turns cost processor time and spare no sleep. */
enum { SPINS = 20 };

static void open_gate(_Atomic uint32_t *gate) {
    if (atomic_exchange(gate, GATE_OPEN) == GATE_WAITED_FOR)
        syscall(SYS_futex, gate, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

static void advance(pace_t *pace) {
    pthread_mutex_lock(&pace->lock);
    while (pace->completed < pace->epoch_count && pace->pending[pace->completed] == 0) {
        pace->completed++;
        open_gate(&pace->gates[pace->completed + 1]);
    }
    pthread_mutex_unlock(&pace->lock);
}

void pace_open(pace_t *pace, const uint32_t *epoch_threads, uint32_t epoch_count) {
    pace->epoch_count = epoch_count;
    pace->epoch_threads = epoch_threads;
    pace->pending = arena_alloc(epoch_count, sizeof(uint32_t));
    pace->gates = arena_alloc((size_t)epoch_count + 2, sizeof(uint32_t));
    pthread_mutex_init(&pace->lock, NULL);
    pace_reset(pace);
}

void pace_reset(pace_t *pace) {
    for (uint32_t i = 0; i < pace->epoch_count; i++)
        atomic_store(&pace->pending[i], pace->epoch_threads[i]);
    for (uint32_t i = 0; i < pace->epoch_count + 2; i++)
        atomic_store(&pace->gates[i], i < 2 ? GATE_OPEN : GATE_CLOSED);
    pace->completed = 0;
    /* Epochs in which threads only start and end are done already. */
    advance(pace);
}

void pace_leave(pace_t *pace, uint32_t epoch) {
    if (atomic_fetch_sub(&pace->pending[epoch], 1) == 1)
        advance(pace);
}

void pace_enter(pace_t *pace, uint32_t epoch) {
    _Atomic uint32_t *gate = &pace->gates[epoch];
    for (unsigned i = 0; i < SPINS; i++) {
        if (atomic_load(gate) == GATE_OPEN)
            return;
        cpu_pause();
    }
    for (;;) {
        uint32_t seen = GATE_CLOSED;
        atomic_compare_exchange_strong(gate, &seen, GATE_WAITED_FOR);
        if (seen == GATE_OPEN)
            return;
        syscall(SYS_futex, gate, FUTEX_WAIT_PRIVATE, GATE_WAITED_FOR, NULL, NULL, 0);
    }
}
