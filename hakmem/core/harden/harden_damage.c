/*
 * harden_damage.c - see harden_find_damage in harden.h: every block there is, by way of the page
 * maps.
 *
 * Other threads may run, and free and take blocks by their magazines. A block that is freed or
 * handed out anew while it is looked at seems damaged; so one that does is looked at again, and is
 * taken for damaged only if it stays so while its flag stays up. (A block's flag is raised after
 * its canary is laid, and lowered before it is filled with junk.)
 */
#include "canary.h"
#include "guard.h"
#include "harden.h"
#include "harden_block.h"
#include "live.h"
#include "quarantine.h"

enum { LOOKS = 3 };

static bool is_damaged(const void *block, const uint8_t *flag, size_t capacity) {
    for (int look = 0; look < LOOKS; look++) {
        if (!live_is_up(flag) || canary_check(block, capacity) != SIZE_MAX || !live_is_up(flag)) {
            return false;
        }
    }
    return true;
}

static const void *find_in_slab(const hak_span_t *slab) {
    size_t block_bytes = hak_classes[slab->class_id].block_bytes;
    for (unsigned i = 0; i < slab->blocks && slab->live_flags != NULL; i++) {
        const void *block = (const void *)(slab->base + i * block_bytes);
        if (is_damaged(block, slab->live_flags + i, block_bytes)) {
            return block;
        }
    }
    return NULL;
}

static const void *find_in_span(const hak_span_t *span) {
    if (span->is_slab) {
        return find_in_slab(span);
    }
    const void *start = (const void *)span->base;
    if (span->guard_pages == 0) {
        bool damaged = is_damaged(start, &span->live_flag, harden_capacity(start, span->class_id));
        return damaged ? start : NULL;
    }
    const char *block = (const char *)start + ((size_t)span->guard_pages << HAK_PAGE_SHIFT);
    return live_is_up(&span->live_flag) && !guard_holds(span) ? block : NULL;
}

static const void *find_in_window(const hak_window_t *window) {
    for (size_t page = 0; page < window->committed_pages;) {
        const hak_span_t *span = window->span_of[page];
        if (window->class_of[page] == HAK_CLASS_NONE) {
            page++;
            continue;
        }
        const void *damaged = find_in_span(span);
        if (damaged != NULL) {
            return damaged;
        }
        page += span->pages;
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
