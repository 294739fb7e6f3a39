/* program.c - see program.h. */
#include "program.h"
#include "api.h"
#include "inside.h"
#include "model.h"

#include <pthread.h>
#include <semaphore.h>

enum { THREADS = 4 };

typedef struct player {
    pthread_t thread;
    sem_t turn;
    bool runs, ends;
} player_t;

static player_t players[THREADS]; /* 0 is the caller of program_run */
static source_t *input;
static uint64_t ops_left;

static bool is_over(void) {
    return ops_left == 0 || source_is_empty(input);
}

static void wait_for_turn(unsigned me) {
    while (sem_wait(&players[me].turn) != 0) {
    }
}

static void *player_main(void *argument);

/* The other works until it, or another, hands back. False: that is the caller itself. After true
 * the caller touches nothing until its turn comes. */
static bool hand_over(unsigned me, unsigned to) {
    if (to == me) {
        return false;
    }
    if (to != 0 && !players[to].runs) {
        players[to].runs = true;
        CHECK(sem_init(&players[to].turn, 0, 0) == 0);
        uintptr_t number = to;
        CHECK(pthread_create(&players[to].thread, NULL, player_main, (void *)number) == 0);
    }
    CHECK(sem_post(&players[to].turn) == 0);
    return true;
}

static void end_player(unsigned who) {
    if (who == 0 || !players[who].runs) {
        return;
    }
    players[who].ends = true;
    CHECK(sem_post(&players[who].turn) == 0);
    CHECK(pthread_join(players[who].thread, NULL) == 0);
    sem_destroy(&players[who].turn);
    players[who].runs = players[who].ends = false;
}

/* Works until the turn is another's (false), or the input is over. One byte in eight is about
 * threads, so that an input of few bytes has several at work. */
static bool play(unsigned me) {
    while (!is_over()) {
        unsigned byte = source_byte(input);
        unsigned who = byte % THREADS;
        if (byte < 28) {
            if (hand_over(me, who)) {
                return false;
            }
        } else if (byte < 32 && who != me) {
            end_player(who);
        }
        for (unsigned ops = byte / 32 + 1; ops > 0 && !is_over(); ops--) {
            model_step(input, true);
            ops_left--;
        }
    }
    return !hand_over(me, 0);
}

static void *player_main(void *argument) {
    unsigned me = (unsigned)(uintptr_t)argument;
    for (wait_for_turn(me); !players[me].ends; wait_for_turn(me)) {
        play(me);
    }
    return NULL;
}

uint64_t program_run(source_t *source, uint64_t ops) {
    input = source;
    ops_left = ops;
    CHECK(sem_init(&players[0].turn, 0, 0) == 0);
    while (!play(0)) {
        wait_for_turn(0);
    }
    for (unsigned i = 1; i < THREADS; i++) {
        end_player(i);
    }
    sem_destroy(&players[0].turn);
    model_end();
    malloc_trim(0);
    return ops - ops_left;
}
