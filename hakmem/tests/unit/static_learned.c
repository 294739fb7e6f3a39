/*
 * static_learned.c - the ids of learnt classes: a program that goes through many more sizes than
 * there are ids is given a class of each, because ids of old classes are used again; but none while
 * a block of its class is alive, or a thread has a magazine of it, or anybody may be about to take
 * one. What nobody asks for any more retires.
 *
 * White box: linked with objects.a; starts itself again with HAKMEM_LEARN=1.
 */
#include "again.h"
#include "box/class_table.h"
#include "box/learn.h"
#include "box/learned.h"
#include "os/door.h"
#include "own_clock.h"
#include "slab/slab.h"
#include "span/window.h"

#include <malloc.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

enum { MOST = 2200, ROUNDS = 120, WAIT_MS = 2000 };
static void *blocks[MOST];

static unsigned class_of(const void *block) {
    return (unsigned)window_class_fast((uintptr_t)block);
}

/* Takes and frees until the size has a class of its own; which. */
static unsigned learn_size(size_t bytes) {
    size_t count = 8 * MIB / bytes + 24;
    unsigned id = 0;
    CHECK(count <= MOST);
    for (unsigned round = 0; round < ROUNDS && !class_is_learned(id); round++) {
        for (size_t i = 0; i < count; i++) {
            blocks[i] = malloc(bytes);
            CHECK(blocks[i] && malloc_usable_size(blocks[i]) >= bytes);
            memset(blocks[i], 1, 16);
            own_clock_advance(i == count / 2 ? WAIT_MS : i % 16 == 0);
        }
        id = class_of(blocks[count - 1]);
        for (size_t i = 0; i < count; i++) {
            free(blocks[i]);
        }
        own_clock_advance(WAIT_MS);
    }
    CHECK_MSG(class_is_learned(id) && learned_is_active(id), "%zu bytes: class %u", bytes, id);
    size_t block_bytes = hak_classes[id].block_bytes;
    size_t grain = bytes > MID_MAX_SIZE ? 4096 : 16;
    grain = bytes / 256 > grain ? bytes / 256 : grain; /* at most */
    CHECK_MSG(block_bytes >= bytes && block_bytes - bytes < grain, "%zu for %zu", block_bytes,
              bytes);
    return id;
}

/* Somebody else takes blocks of the class and gives them back, and then sleeps on its magazines. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t turn;
    unsigned step;
    size_t bytes;
} other = {.lock = PTHREAD_MUTEX_INITIALIZER, .turn = PTHREAD_COND_INITIALIZER};

static void step_to(unsigned step) {
    pthread_mutex_lock(&other.lock);
    other.step = step;
    pthread_cond_broadcast(&other.turn);
    pthread_mutex_unlock(&other.lock);
}

static void wait_for(unsigned step) {
    pthread_mutex_lock(&other.lock);
    while (other.step != step) {
        pthread_cond_wait(&other.turn, &other.lock);
    }
    pthread_mutex_unlock(&other.lock);
}

static void *hold_magazines(void *unused) {
    void *own[8];
    for (unsigned i = 0; i < 8; i++) {
        own[i] = malloc(other.bytes);
    }
    for (unsigned i = 0; i < 8; i++) {
        free(own[i]);
    }
    step_to(1);
    wait_for(2);
    return unused;
}

/* Just above each class that there is, so that the next one wastes most. */
static void go_through_sizes(bool (*is_as_ever)(unsigned id), unsigned *seen) {
    unsigned end = hak_pools[POOL_LARGE].last - 8u;
    for (unsigned of = class_for(POOL_SMALLMID, 4096); of < end; of++) {
        size_t bytes =
            hak_classes[of].block_bytes + (of < hak_pools[POOL_LARGE].first ? 112 : 4000);
        if (bytes > 50 * KIB && bytes < 72 * KIB) {
            continue;
        }
        unsigned id = learn_size(bytes);
        CHECK_MSG(is_as_ever(id), "%zu bytes: class %u", bytes, id);
        ++*seen;
    }
}

static unsigned kept_id, held_id;
static uint32_t kept_bytes, held_bytes;
static void *kept;

static bool is_as_ever(unsigned id) {
    return id != kept_id && hak_classes[kept_id].block_bytes == kept_bytes &&
           class_of(kept) == kept_id && malloc_usable_size(kept) == kept_bytes && id != held_id &&
           hak_classes[held_id].block_bytes == held_bytes;
}

static bool is_any(unsigned id) {
    return learned_is_active(id);
}

static bool is_used_again(unsigned id, uint32_t bytes) {
    return hak_classes[id].block_bytes != bytes;
}

/* Steps of learned_drain, with nobody else at work. */
static unsigned drain(unsigned steps) {
    unsigned freed = 0;
    door_enter();
    for (; steps > 0; steps--) {
        freed += learned_drain();
    }
    door_leave();
    return freed;
}

/* A retired class whose id somebody may have in hand, who is inside the door. */
static void *enter_and_wait(void *unused) {
    door_enter();
    step_to(1);
    wait_for(2);
    door_leave();
    return unused;
}

static void check_door(void) {
    pthread_t thread;
    drain(4);
    unsigned id = learned_make(12000, POOL_MID);
    CHECK(learned_find(12000) == id && learned_is_active(id) && !class_is_retired(id));
    CHECK_EQ(drain(4), 0);
    CHECK(pthread_create(&thread, NULL, enter_and_wait, NULL) == 0);
    wait_for(1);
    learned_retire(id);
    CHECK(class_is_retired(id) && !learned_is_active(id) && learned_is_any(id));
    CHECK_EQ(drain(10), 0);
    learned_keep(id);
    CHECK(learned_is_active(id) && !class_is_retired(id) && drain(10) == 0);
    learned_retire(id);
    CHECK_EQ(drain(10), 0);
    step_to(2);
    pthread_join(thread, NULL);
    other.step = 0;
    CHECK_EQ(drain(10), 1);
    CHECK(!learned_is_any(id) && learned_find(12000) == HAK_CLASS_NONE);
}

static int check_all(void) {
    unsigned seen = 0;
    free(malloc(1));
    unsigned ids = learned_free_ids();
    CHECK(learn_is_on() && ids == LEARNED_IDS && hak_class_end - hak_class_learned == ids);
    check_door();

    kept_id = learn_size(33000);
    kept_bytes = hak_classes[kept_id].block_bytes;
    kept = malloc(33000);
    CHECK_EQ(class_of(kept), kept_id);
    size_t bytes = kept_bytes & ~(size_t)63; /* no learnt class serves what is to be aligned */
    CHECK_EQ(class_by_table(bytes), kept_id);
    CHECK_EQ(class_by_table_aligned(class_table_fine_rows, 64, bytes), HAK_CLASS_NONE);
    held_id = learn_size(9300);
    held_bytes = hak_classes[held_id].block_bytes;
    other.bytes = 9300;
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, hold_magazines, NULL) == 0);
    wait_for(1);

    go_through_sizes(is_as_ever, &seen);
    CHECK_MSG(seen > LEARNED_IDS + 8 && learn_read().reused_ids > 8, "%u sizes, %llu ids again",
              seen, (unsigned long long)learn_read().reused_ids);
    CHECK(!learned_is_active(kept_id) && !learned_is_active(held_id));
    CHECK(class_is_retired(kept_id) && learn_read().classes <= 16);

    free(kept);
    step_to(2);
    pthread_join(thread, NULL);
    go_through_sizes(is_any, &seen);
    CHECK(is_used_again(kept_id, kept_bytes) && is_used_again(held_id, held_bytes));
    own_clock_check();
    return 0;
}

int main(int argc, char **argv) {
    (void)argv;
    if (argc > 1) {
        return check_all();
    }
    run_again("learn", "HAKMEM_LEARN=1");
    return 0;
}
