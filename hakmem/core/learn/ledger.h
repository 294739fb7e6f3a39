/*
 * ledger.h - when to change the table of classes: rent or buy, for HAKMEM_LEARN.
 *
 * Rent: what the table in force wastes in live blocks more than the best one would, the regret, for
 * as long as it stays in force: bytes, a look after the other. The price of a change: what is
 * stranded by it, for the looks that it takes to drain (the caller adds that up). The table is
 * changed at the look at which the rent since the last change would come to the price.
 *
 * So less than the price was paid before, and then the price: less than twice what is paid by
 * whoever knows how long a mixture of sizes lasts, and changes at once or not at all. No rule that
 * cannot know does better (ski rental; Karlin et al., "Competitive snoopy caching", 1988). It holds
 * for each mixture of sizes by itself. If the sizes go back and forth between two mixtures, to
 * spite the rule, it pays three times the best: 2n - 1 for n states, of metrical task systems
 * (Borodin, Linial & Saks, 1992), since all that was paid before the last change is forgotten.
 *
 * Hysteresis: a regret that is small beside what is alive, or by itself, counts for nothing: it
 * is within the error of the samples, and the best table of each look always looks a little better
 * than the one in force. So to twice the best there is added at most that much, for all time; and
 * the regrets of looks at which a change is due and has to wait (box/learn.c).
 */
#ifndef HAK_LEDGER_H
#define HAK_LEDGER_H

#include "../base/base.h"

#define LEDGER_LEAST_BYTES (64 * HAK_KIB)
#define LEDGER_LIVE_SHARE  256

/* Begins as all zero. */
typedef struct hak_ledger {
    uint64_t rent_bytes;
} hak_ledger_t;

/* What a regret must be to count. */
static inline uint64_t ledger_least_regret(uint64_t live_bytes) {
    return hak_max(live_bytes / LEDGER_LIVE_SHARE, LEDGER_LEAST_BYTES);
}

/* Takes note of a look; true: change the table now. */
static inline bool ledger_note(hak_ledger_t *ledger, uint64_t regret_bytes, uint64_t live_bytes,
                               uint64_t price_bytes) {
    if (regret_bytes < ledger_least_regret(live_bytes)) {
        return false;
    }
    ledger->rent_bytes += regret_bytes;
    return ledger->rent_bytes >= price_bytes;
}

/* It was changed. */
static inline void ledger_start_again(hak_ledger_t *ledger) {
    ledger->rent_bytes = 0;
}

#endif
