/*
 * stock.h - batches of blocks handed over a lock: any thread's to any other.
 *
 * A stock is a queue of batches behind a mutex. Who takes waits for one, asleep. A bounded queue
 * between makers and takers is two stocks, one of full and one of empty batches, which go round:
 * the number of batches bounds it. The blocks of a batch belong to who has taken it.
 */
#ifndef WORKLOADS_STOCK_H
#define WORKLOADS_STOCK_H

#include "common/block.h"

#include <pthread.h>

typedef struct batch {
    struct batch *next;
    block_t *blocks;
} batch_t;

typedef struct stock {
    pthread_mutex_t lock;
    pthread_cond_t arrived;
    batch_t *first, *last; /* NULL: it is empty */
} stock_t;

#define STOCK_EMPTY                                                                                \
    { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, NULL, NULL }

static inline void stock_put(stock_t *stock, batch_t *batch) {
    batch->next = NULL;
    pthread_mutex_lock(&stock->lock);
    if (stock->first == NULL)
        stock->first = batch;
    else
        stock->last->next = batch;
    stock->last = batch;
    pthread_mutex_unlock(&stock->lock);
    pthread_cond_signal(&stock->arrived);
}

/* The one that has been there longest. */
static inline batch_t *stock_take(stock_t *stock) {
    pthread_mutex_lock(&stock->lock);
    while (stock->first == NULL)
        pthread_cond_wait(&stock->arrived, &stock->lock);
    batch_t *batch = stock->first;
    stock->first = batch->next;
    pthread_mutex_unlock(&stock->lock);
    return batch;
}

#endif
