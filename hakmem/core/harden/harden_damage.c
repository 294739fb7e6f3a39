/*
 * harden_damage.c - see harden_find_damage in harden.h: every block there is, by way of the flags.
 *
 * Other threads may run, and free and take blocks by their magazines. A block that is freed or
 * handed out again while it is looked at seems damaged; so one that does is looked at again, and is
 * taken for damaged only if it stays so while its flag stays up. (A block's flag is raised after
 * its canary is laid, and lowered before it is cleared.)
 */
#include "../box/front_gate_classifier.h"
#include "canary.h"
#include "guard.h"
#include "harden.h"
#include "laid.h"
#include "live.h"
#include "quarantine.h"

enum { LOOKS = 3 };

static const char *damage_of(const void *block) {
    const hak_span_t *guarded = guard_span(block);
    size_t request_bytes;
    if (guarded != NULL) { /* not freed meanwhile: guard.c's lock is held */
        return guard_holds(guarded) ? NULL : "write past the end of a block";
    }
    return laid_damage(block, classify_class(block), &request_bytes);
}

static const char *lasting_damage(const void *block, const uint8_t *flag) {
    const char *damage = NULL;
    for (int look = 0; look < LOOKS; look++) {
        if (!live_is_up(flag) || (damage = damage_of(block)) == NULL || !live_is_up(flag)) {
            return NULL;
        }
    }
    return damage;
}

static const char *find_on_page(const hak_window_t *window, size_t page, const void **block) {
    for (size_t unit = page * LIVE_PAGE_UNITS; unit < (page + 1) * LIVE_PAGE_UNITS; unit++) {
        *block = (const void *)(window->base + (unit << LIVE_MAP_LEAST));
        const char *damage = lasting_damage(*block, live_flag_of(window, unit));
        if (damage != NULL) {
            return damage;
        }
    }
    return NULL;
}

static const char *find_in_window(const hak_window_t *window, const void **block) {
    const char *found = NULL;
    for (size_t page = 0; page < window->committed_pages && found == NULL; page++) {
        if (window->class_of[page] != HAK_CLASS_NONE) {
            found = find_on_page(window, page, block);
        }
    }
    return found;
}

const char *harden_find_damage(const void **block) {
    *block = quarantine_find_written();
    if (*block != NULL) {
        return "write to a freed block";
    }
    for (unsigned i = 0; window_at(i) != NULL; i++) {
        const char *damage = find_in_window(window_at(i), block);
        if (damage != NULL) {
            return damage;
        }
    }
    return NULL;
}
