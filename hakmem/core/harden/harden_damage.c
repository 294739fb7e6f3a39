/*
 * harden_damage.c - see harden_find_damage in harden.h: every block there is, by way of the flags.
 *
 * Other threads may run, and free and take blocks by their magazines. A block that is freed or
 * handed out anew while it is looked at seems damaged; so one that does is looked at again, and is
 * taken for damaged only if it stays so while its flag stays up. (A block's flag is raised after
 * its canary is laid, and lowered before it is filled with junk.)
 */
#include "../box/front_gate_classifier.h"
#include "canary.h"
#include "guard.h"
#include "harden.h"
#include "harden_block.h"
#include "live.h"
#include "quarantine.h"

enum { LOOKS = 3 };

static bool is_sound(const void *block) {
    const hak_span_t *guarded = guard_span(block);
    if (guarded != NULL) { /* not freed meanwhile: guard.c's lock is held */
        return guard_holds(guarded);
    }
    return canary_check(block, harden_capacity(block, classify_class(block))) != SIZE_MAX;
}

static bool is_damaged(const void *block, const uint8_t *flag) {
    for (int look = 0; look < LOOKS; look++) {
        if (!live_is_up(flag) || is_sound(block) || !live_is_up(flag)) {
            return false;
        }
    }
    return true;
}

/* Eight flags at a time: most are down. */
static const void *find_in_window(const hak_window_t *window) {
    const uint64_t *words = (const uint64_t *)(const void *)window->live_of;
    for (size_t word = 0; word < live_units(window) / sizeof(*words); word++) {
        uint64_t flags = __atomic_load_n(&words[word], __ATOMIC_RELAXED); /* looked at again */
        for (; flags != 0; flags &= flags - 1) {
            size_t unit = word * sizeof(*words) + (unsigned)__builtin_ctzl(flags) / 8;
            const void *block = (const void *)(window->base + (unit << WINDOW_LIVE_SHIFT));
            if (is_damaged(block, window->live_of + unit)) {
                return block;
            }
        }
    }
    return NULL;
}

const char *harden_find_damage(const void **block) {
    *block = quarantine_find_written();
    if (*block != NULL) {
        return "write to a freed block";
    }
    for (unsigned i = 0; window_at(i) != NULL; i++) {
        *block = find_in_window(window_at(i));
        if (*block != NULL) {
            return "write past the end of a block";
        }
    }
    return NULL;
}
