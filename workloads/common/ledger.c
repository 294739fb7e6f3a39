/*
 * ledger.c - see ledger.h.
 */
#include "common/ledger.h"

#include "common/arena.h"

ledger_t *ledgers_new(unsigned count, bool latency) {
    ledger_t *all = arena_alloc(count, sizeof *all);
    latency_t *latencies = latency ? latency_new(count) : NULL;
    for (unsigned i = 0; i < count; i++) {
        all[i].latency = latency ? &latencies[i] : NULL;
        all[i].all = all;
        all[i].count = count;
    }
    return all;
}

static int64_t live_sum(const ledger_t *all) {
    int64_t sum = 0;
    for (unsigned i = 0; i < all->count; i++)
        sum += ledger_live(&all[i]);
    return sum;
}

/* Alone, a thread sees the exact sum; else the others go on meanwhile. The lower of two sums
 * counts: one that was interrupted in the middle is of values from different times. */
void ledger_note_peak(ledger_t *ledger) {
    int64_t first = live_sum(ledger->all);
    int64_t second = ledger->count == 1 ? first : live_sum(ledger->all);
    int64_t sum = first < second ? first : second;
    if (sum > ledger->peak_bytes)
        ledger->peak_bytes = sum;
}

void ledger_begin_run(ledger_t *ledger) {
    ledger->ops_before_run = ledger->mallocs + ledger->frees;
}

void ledger_end_run(ledger_t *ledger) {
    ledger->run_ops = ledger->mallocs + ledger->frees - ledger->ops_before_run;
    ledger->run_live_bytes = ledger_live(ledger);
}

team_tally_t ledgers_tally(const ledger_t *all) {
    team_tally_t out = {0};
    for (unsigned i = 0; i < all->count; i++) {
        out.ops += all[i].mallocs + all[i].frees;
        out.checksum += all[i].checksum * (2 * i + 1);
        out.null_returns += all[i].null_returns;
    }
    return out;
}

void ledgers_collect(const ledger_t *all, sample_t *sample) {
    int64_t peak = 0, steady = 0;
    team_tally_t done = ledgers_tally(all);
    sample->null_returns += done.null_returns;
    sample->checksum += done.checksum;
    for (unsigned i = 0; i < all->count; i++) {
        sample->ops += all[i].run_ops;
        steady += all[i].run_live_bytes;
        if (all[i].peak_bytes > peak)
            peak = all[i].peak_bytes;
        if (i > 0 && all[0].latency != NULL)
            latency_merge(all[0].latency, all[i].latency);
    }
    sample->requested_peak_bytes = (uint64_t)(peak > steady ? peak : steady);
    sample->requested_steady_bytes = (uint64_t)steady;
    sample->latency = all[0].latency;
}
