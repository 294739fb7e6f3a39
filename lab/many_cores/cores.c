/* cores.c - see cores.h. */
#include "cores.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>

#include "die.h"

enum { STACK_BYTES = 256 * 1024, BUCKETS = 4096, PLACES = 4096 };

/* Waiting: until another core makes it ready. */
typedef enum core_state { CORE_READY, CORE_WAITING, CORE_ENDED } core_state_t;

typedef struct core {
    unsigned id;
    core_state_t state;
    double now_ns;
    uint64_t random;
    sem_t turn;
    pthread_t thread;
    const void *lock;                /* that it waits for */
    double asked_ns;                 /* since when */
    core_figures_t figures, counted; /* so far; until the program of the core ended */
    void (*life)(unsigned core);
} core_t;

/* A lock that somebody has taken. */
typedef struct held {
    struct held *next; /* of the same bucket */
    const void *lock;
    int holder; /* -1: none */
    double since_ns;
} held_t;

static _Thread_local core_t *self;
static struct {
    unsigned count, counting; /* cores; those that have reached what is counted */
    costs_t costs;
    void (*body)(unsigned core);
    core_t *cores;
    held_t *held[BUCKETS];
    sem_t ended;
    core_place_t places[PLACES]; /* what is counted */
} simulation;

/* The one whose clock is behind all others'; of several the first. NULL: none is ready. */
static core_t *last(void) {
    core_t *found = NULL;
    for (core_t *core = simulation.cores; core < simulation.cores + simulation.count; core++) {
        if (core->state == CORE_READY && (found == NULL || core->now_ns < found->now_ns)) {
            found = core;
        }
    }
    return found;
}

static void await(sem_t *turn) {
    int saved_errno = errno;
    while (sem_wait(turn) != 0) {
    }
    errno = saved_errno;
}

/* Lets the one run whose turn it is, and returns when that is the caller again. */
static void pass_on(void) {
    core_t *next = last();
    if (next == NULL) {
        die("simulated cores: all of them wait");
    }
    if (next != self) {
        sem_post(&next->turn);
        await(&self->turn);
    }
}

bool core_is_simulated(void) {
    return self != NULL;
}

unsigned core_id(void) {
    return self->id;
}

/* xorshift64*; Vigna, "An experimental exploration of Marsaglia's xorshift generators", 2016. */
uint64_t core_draw(void) {
    self->random ^= self->random >> 12;
    self->random ^= self->random << 25;
    self->random ^= self->random >> 27;
    return self->random * 0x2545F4914F6CDD1Du;
}

double core_now_ns(void) {
    return self->now_ns;
}

void core_work(double ns) {
    self->now_ns += ns;
}

void core_count_ops(uint64_t ops) {
    self->figures.ops += ops;
}

void core_turn(void) {
    pass_on();
}

void core_begin_counting(void) {
    if (++simulation.counting < simulation.count) {
        self->state = CORE_WAITING;
        pass_on();
    } else {
        double latest = 0;
        for (unsigned i = 0; i < simulation.count; i++) {
            latest = simulation.cores[i].now_ns > latest ? simulation.cores[i].now_ns : latest;
        }
        for (unsigned i = 0; i < simulation.count; i++) {
            simulation.cores[i].now_ns = latest;
            simulation.cores[i].state = CORE_READY;
        }
        pass_on();
    }
    self->figures = (core_figures_t){.begin_ns = self->now_ns};
}

/* Gets the line; whether it came from another core. */
static bool fetch(uintptr_t address, bool writes) {
    const costs_t *costs = &simulation.costs;
    line_t *line = line_of(address);
    if (line_source(line, self->id, writes) == LINE_OWN) {
        line_take(line, self->id, writes);
        return false;
    }
    pass_on(); /* another may take it, or bring it, before this core is there */
    line_source_t source = line_take(line, self->id, writes);
    if (source == LINE_TRANSFER) {
        double start = line->free_ns > self->now_ns ? line->free_ns : self->now_ns;
        line->free_ns = start + costs->transfer_ns;
        self->figures.transfer_ns += line->free_ns - self->now_ns;
        self->now_ns = line->free_ns;
    } else if (source != LINE_OWN) {
        self->now_ns += costs->shared_ns;
    }
    return source == LINE_TRANSFER;
}

/* The places of the program form a table with open addressing. */
static void count_place(const void *from) {
    size_t at = (uintptr_t)from * 0x9E3779B97F4A7C15u >> 52;
    while (simulation.places[at].from != NULL && simulation.places[at].from != from) {
        at = (at + 1) % PLACES;
    }
    simulation.places[at].from = from;
    simulation.places[at].transfers++;
}

static int by_transfers(const void *a, const void *b) {
    uint64_t more = ((const core_place_t *)b)->transfers,
             less = ((const core_place_t *)a)->transfers;
    return (more > less) - (more < less);
}

size_t core_places(const core_place_t **places) {
    size_t count = 0;
    qsort(simulation.places, PLACES, sizeof(core_place_t), by_transfers);
    while (count < PLACES && simulation.places[count].transfers > 0) {
        count++;
    }
    *places = simulation.places;
    return count;
}

void core_access(uintptr_t address, bool writes, bool locked, const void *from) {
    if (self == NULL) {
        return;
    }
    self->now_ns += locked ? simulation.costs.locked_ns : simulation.costs.access_ns;
    self->figures.accesses++;
    if (fetch(address, writes)) {
        self->figures.transfers++;
        if (simulation.counting >= simulation.count) {
            count_place(from);
        }
    }
}

void core_touch(const void *block, bool writes) {
    self->now_ns += simulation.costs.access_ns;
    self->figures.block_transfers += fetch((uintptr_t)block, writes);
}

void core_system_call(void) {
    if (self != NULL) {
        self->now_ns += simulation.costs.call_ns;
        self->figures.calls++;
    }
}

static held_t *held_of(const void *lock) {
    held_t **bucket = &simulation.held[(uintptr_t)lock / sizeof(int) % BUCKETS];
    held_t *held = *bucket;
    while (held != NULL && held->lock != lock) {
        held = held->next;
    }
    if (held == NULL) {
        held = malloc(sizeof(*held));
        if (held == NULL) {
            die("no memory for the model of locks");
        }
        *held = (held_t){.next = *bucket, .lock = lock, .holder = -1};
        *bucket = held;
    }
    return held;
}

static void hold(held_t *held, unsigned rank) {
    held->holder = (int)self->id;
    held->since_ns = self->now_ns;
    self->figures.locks[rank].taken++;
}

void core_lock(const void *lock, unsigned rank) {
    if (self == NULL) {
        return;
    }
    held_t *held = held_of(lock);
    self->asked_ns = self->now_ns;
    pass_on();
    if (held->holder >= 0) {
        self->lock = lock;
        self->state = CORE_WAITING;
        self->figures.locks[rank].waited++;
        pass_on();
        self->figures.locks[rank].wait_ns += self->now_ns - self->asked_ns;
    }
    hold(held, rank);
}

bool core_try_lock(const void *lock, unsigned rank) {
    if (self == NULL) {
        return true;
    }
    held_t *held = held_of(lock);
    pass_on();
    if (held->holder >= 0) {
        return false;
    }
    hold(held, rank);
    return true;
}

/* Of those that wait for the lock the one that asked first; NULL: none does. */
static core_t *first_in_line(const void *lock) {
    core_t *first = NULL;
    for (core_t *core = simulation.cores; core < simulation.cores + simulation.count; core++) {
        if (core->state == CORE_WAITING && core->lock == lock &&
            (first == NULL || core->asked_ns < first->asked_ns)) {
            first = core;
        }
    }
    return first;
}

void core_unlock(const void *lock, unsigned rank) {
    if (self == NULL) {
        return;
    }
    held_t *held = held_of(lock);
    pass_on(); /* who comes while it is held, waits */
    self->figures.locks[rank].held_ns += self->now_ns - held->since_ns;
    core_t *next = first_in_line(lock);
    held->holder = next == NULL ? -1 : (int)next->id; /* nobody may come between */
    if (next != NULL) {
        next->lock = NULL;
        next->now_ns = self->now_ns;
        next->state = CORE_READY;
    }
}

static void *live(void *core) {
    self = core;
    self->life(self->id);
    self->counted = self->figures;
    self->counted.end_ns = self->now_ns;
    return NULL;
}

static void start(core_t *core, pthread_t *thread, void *(*run)(void *)) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    int error = pthread_create(thread, &attributes, run, core);
    pthread_attr_destroy(&attributes);
    if (error != 0) {
        die("simulated cores: no thread: %s", strerror(error));
    }
}

void core_life(void (*body)(unsigned core)) {
    pthread_t thread;
    self->life = body;
    start(self, &thread, live);
    pthread_join(thread, NULL);
}

static void *run(void *core) {
    self = core;
    await(&self->turn);
    core_life(simulation.body); /* so that the end of its thread is simulated, too */
    self->state = CORE_ENDED;
    core_t *next = last();
    sem_post(next == NULL ? &simulation.ended : &next->turn);
    return NULL;
}

/* On one processor a turn is passed on without a wake-up from another one. */
static void stay_on_one_processor(cpu_set_t *before) {
    cpu_set_t one;
    CPU_ZERO(before);
    if (sched_getaffinity(0, sizeof(*before), before) != 0) {
        return;
    }
    CPU_ZERO(&one);
    for (unsigned i = 0; i < CPU_SETSIZE; i++) {
        if (CPU_ISSET(i, before)) {
            CPU_SET(i, &one);
            break;
        }
    }
    sched_setaffinity(0, sizeof(one), &one);
}

static void forget_locks(void) {
    for (unsigned i = 0; i < BUCKETS; i++) {
        while (simulation.held[i] != NULL) {
            held_t *held = simulation.held[i];
            simulation.held[i] = held->next;
            free(held);
        }
    }
}

void cores_run(unsigned cores, uint64_t seed, const costs_t *costs, void (*body)(unsigned core),
               core_figures_t *figures) {
    cpu_set_t before;
    stay_on_one_processor(&before);
    simulation.count = cores;
    simulation.counting = 0;
    simulation.costs = *costs;
    simulation.body = body;
    memset(simulation.places, 0, sizeof(simulation.places));
    simulation.cores = calloc(cores, sizeof(core_t));
    if (simulation.cores == NULL) {
        die("no memory for %u simulated cores", cores);
    }
    sem_init(&simulation.ended, 0, 0);
    for (unsigned i = 0; i < cores; i++) {
        core_t *core = &simulation.cores[i];
        core->id = i;
        core->random = (seed + i + 1) * 0x9E3779B97F4A7C15u;
        sem_init(&core->turn, 0, 0);
        start(core, &core->thread, run);
    }
    sem_post(&simulation.cores[0].turn);
    await(&simulation.ended);
    for (unsigned i = 0; i < cores; i++) {
        pthread_join(simulation.cores[i].thread, NULL);
        figures[i] = simulation.cores[i].counted;
        sem_destroy(&simulation.cores[i].turn);
    }
    sem_destroy(&simulation.ended);
    free(simulation.cores);
    forget_locks();
    lines_forget();
    sched_setaffinity(0, sizeof(before), &before);
}
