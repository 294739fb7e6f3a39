/*
 * start_and_exit.c - allocation works where a process is half alive: in constructors, in
 * destructors of thread-specific data, in atexit functions, in destructors, and frees may cross
 * those borders.
 */
#include "test.h"

#include <pthread.h>
#include <string.h>

static char *from_constructor;
static char *from_key_destructor;
static char *from_atexit;
static pthread_key_t key;

static char *filled(size_t bytes) {
    char *block = malloc(bytes);
    CHECK(block);
    memset(block, 0x42, bytes);
    return block;
}

__attribute__((constructor(101))) static void at_start(void) {
    from_constructor = filled(33000);
}

__attribute__((destructor(101))) static void at_end(void) {
    CHECK(from_atexit && from_atexit[32999] == 0x42);
    free(from_atexit);
    free(filled(100));
    free(filled(3000000));
}

static void at_exit(void) {
    from_atexit = filled(33000);
}

/* Runs after the allocator's own thread data may have been taken down: asks to be called again,
 * so that it runs in each round of destructors. */
static void key_destructor(void *value) {
    intptr_t round = (intptr_t)value;
    free(from_key_destructor);
    from_key_destructor = filled(1000 * (size_t)round);
    if (round < 4) {
        pthread_setspecific(key, (void *)(round + 1));
    }
}

static void *thread_main(void *unused) {
    (void)unused;
    pthread_setspecific(key, (void *)1);
    free(filled(64));
    return filled(5000);
}

int main(void) {
    CHECK(from_constructor && from_constructor[32999] == 0x42);
    free(from_constructor);
    CHECK(atexit(at_exit) == 0);
    CHECK(pthread_key_create(&key, key_destructor) == 0);
    for (int i = 0; i < 100; i++) {
        pthread_t thread;
        void *result = NULL;
        CHECK(pthread_create(&thread, NULL, thread_main, NULL) == 0);
        CHECK(pthread_join(thread, &result) == 0);
        CHECK(((char *)result)[4999] == 0x42);
        free(result);
    }
    CHECK(from_key_destructor && from_key_destructor[3999] == 0x42);
    free(from_key_destructor);
    return 0;
}
