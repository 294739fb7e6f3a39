/*
 * idle.c - see idle.h. One semaphore wakes each thread, first to work and then to end.
 */
#include "common/idle.h"

#include "common/arena.h"
#include "shared/die.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>

enum { STACK_BYTES = 64 * 1024 };

typedef struct idle_thread {
    idle_threads_t *all;
    uint32_t number;
    pthread_t thread;
    sem_t wake;
} idle_thread_t;

struct idle_threads {
    idle_thread_t *list;
    uint32_t count;
    void (*work)(void *context, uint32_t number);
    void *context;
    sem_t done;
};

static void await(sem_t *semaphore) {
    while (sem_wait(semaphore) != 0 && errno == EINTR) {
    }
}

static void *idle_main(void *argument) {
    idle_thread_t *own = argument;
    idle_threads_t *all = own->all;
    sem_post(&all->done); /* it is there */
    await(&own->wake);
    all->work(all->context, own->number);
    sem_post(&all->done);
    await(&own->wake);
    return NULL;
}

idle_threads_t *idle_start(uint32_t count, void (*work)(void *context, uint32_t number),
                           void *context) {
    idle_threads_t *all = arena_alloc(1, sizeof *all);
    pthread_attr_t attributes;
    all->list = arena_alloc(count, sizeof *all->list);
    all->count = count;
    all->work = work;
    all->context = context;
    sem_init(&all->done, 0, 0);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    for (uint32_t i = 0; i < count; i++) {
        idle_thread_t *own = &all->list[i];
        own->all = all;
        own->number = i;
        sem_init(&own->wake, 0, 0);
        errno = pthread_create(&own->thread, &attributes, idle_main, own);
        if (errno != 0)
            die_errno("cannot start thread %u of %u", i, count);
        await(&all->done);
    }
    pthread_attr_destroy(&attributes);
    return all;
}

void idle_work(idle_threads_t *threads) {
    for (uint32_t i = 0; i < threads->count; i++) {
        sem_post(&threads->list[i].wake);
        await(&threads->done);
    }
}

void idle_end(idle_threads_t *threads) {
    for (uint32_t i = 0; i < threads->count; i++) {
        sem_post(&threads->list[i].wake);
        pthread_join(threads->list[i].thread, NULL);
    }
}
