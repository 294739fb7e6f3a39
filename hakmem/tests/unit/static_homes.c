/*
 * static_homes.c - core/slab/homes.h: the class ids of a base, its front and its homes lead to each
 * other, and no other class has any. A thread whose home's class it leaves while the heap grows,
 * but not its front, which shares the class's magazines, goes on with both.
 */
#include "own_clock.h"
#include "test.h"

#include "cache/upkeep.h"
#include "slab/homes.h"
#include "slab/slab.h"

#include <pthread.h>
#include <string.h>

enum { BLOCK_BYTES = 48, BLOCKS = 20000, LOOKS = 4, TICKS = 200 };

static char *blocks[BLOCKS], *late[LOOKS];
static pthread_barrier_t both;

/* There are two threads, so that fronts are in use. */
static void *second_thread(void *unused) {
    free(malloc(1));
    pthread_barrier_wait(&both);
    pthread_barrier_wait(&both);
    return unused;
}

static void take(size_t first, size_t step) {
    for (size_t i = first; i < BLOCKS; i += step) {
        CHECK((blocks[i] = malloc(BLOCK_BYTES)) != NULL);
        memset(blocks[i], (int)i, BLOCK_BYTES);
    }
}

static void give(size_t first, size_t step) {
    for (size_t i = first; i < BLOCKS; i += step) {
        CHECK_MSG(blocks[i][0] == (char)i && blocks[i][BLOCK_BYTES - 1] == (char)i, "block %zu", i);
        free(blocks[i]);
    }
}

/* Is one of few that are kept, each in a slab of many free ones. */
static bool is_kept(size_t i) {
    return i % 97 == 0;
}

/* Each twice, so that a free follows each malloc. */
static void take_others(void) {
    for (size_t i = 0; i < BLOCKS; i++) {
        if (!is_kept(i)) {
            take(i, BLOCKS);
            give(i, BLOCKS);
            take(i, BLOCKS);
        }
    }
}

static void give_others(void) {
    for (size_t i = 0; i < BLOCKS; i++) {
        if (!is_kept(i)) {
            give(i, BLOCKS);
        }
    }
}

/* Takes some blocks between two looks, by the front, and frees none, so that its home's class alone
 * is idle. */
static void leave_home(void) {
    for (int look = 0; look < LOOKS; look++) {
        cache_note_growth();
        for (int tick = 0; tick < TICKS; tick++) {
            upkeep_tick();
        }
        CHECK((late[look] = malloc(BLOCK_BYTES)) != NULL);
    }
}

static void check_left_behind(void) {
    pthread_t second;
    pthread_barrier_init(&both, NULL, 2);
    CHECK_EQ(pthread_create(&second, NULL, second_thread, NULL), 0);
    pthread_barrier_wait(&both);
    free(malloc(100000)); /* a slow path sees that there are two */
    CHECK(homes_in_use());
    take(0, 1);
    for (int round = 0; round < 20; round++) {
        give_others();
        leave_home();
        take_others();
        for (int look = 0; look < LOOKS; look++) {
            free(late[look]);
        }
    }
    give(0, 1);
    pthread_barrier_wait(&both);
    CHECK_EQ(pthread_join(second, NULL), 0);
    own_clock_check();
}

int main(void) {
    free(malloc(1));
    check_left_behind();
    CHECK_EQ(hak_homes.count, HOMES);
    unsigned seen = 0;
    for (unsigned base = HAK_CLASS_FIRST; base < HAK_CLASS_FIRST + HOMED_CLASSES; base++) {
        size_t bytes = hak_classes[base].block_bytes;
        CHECK(bytes < HAK_CACHE_LINE && homes_is_base(base) && !homes_has(base));
        CHECK_EQ(homes_base_of(base), base);
        unsigned others = 0;
        for (unsigned id = homes_next(base); id != HAK_CLASS_NONE; id = homes_next(id)) {
            CHECK(homes_has(id) && !homes_is_base(id));
            CHECK_EQ(homes_is_front(id), others == 0);
            CHECK_EQ(homes_base_of(id), base);
            CHECK_EQ(hak_classes[id].block_bytes, bytes);
            CHECK(others == 0 || id == homes_first(others) + base - HAK_CLASS_FIRST);
            others++;
        }
        CHECK_EQ(others, HOMES); /* a front, and all homes but the base's */
        seen += others;
    }
    CHECK_EQ(seen, HOMES * HOMED_CLASSES);
    for (unsigned id = HAK_CLASS_FIRST + HOMED_CLASSES; id < hak_homes.front; id++) {
        CHECK(!homes_is_base(id) && !homes_has(id) && homes_next(id) == HAK_CLASS_NONE);
        CHECK_EQ(homes_base_of(id), id);
    }
    return 0;
}
