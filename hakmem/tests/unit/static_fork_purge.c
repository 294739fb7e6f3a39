/*
 * static_fork_purge.c - a process forks while another of its threads gives memory back to the OS:
 * fork waits until that is done, and what that thread had taken out of the heap for it is not lost
 * to the child.
 *
 * White box: linked with objects.a, whose madvise is the one below, and which counts pages.
 */
#include "hakmem.h"
#include "os/door.h"
#include "span/span_heap.h"
#include "test.h"

#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum { BLOCKS = 4 };
#define BYTES (8 * MIB)

static sem_t came;
static bool armed;

/* Stops whoever purges much, once, until the fork is on its way. */
int madvise(void *start, size_t bytes, int advice) {
    if (advice == MADV_DONTNEED && bytes >= BYTES &&
        __atomic_exchange_n(&armed, false, __ATOMIC_SEQ_CST)) {
        sem_post(&came);
        while (!door_is_closed()) {
            sched_yield();
        }
    }
    return (int)syscall(SYS_madvise, start, bytes, advice);
}

static void *trim(void *unused) {
    malloc_trim(0);
    return unused;
}

static void use_blocks(void) {
    void *blocks[BLOCKS];
    for (int i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(BYTES);
        CHECK(blocks[i] != NULL);
        memset(blocks[i], i, BYTES);
    }
    for (int i = 0; i < BLOCKS; i++) {
        free(blocks[i]);
    }
}

/* Every page is in a span that is in use, dirty or clean. */
static void check_pages(const char *whose) {
    hak_heap_figures_t heap;
    heap_read(&heap);
    CHECK_MSG(heap.used_bytes + heap.dirty_bytes + heap.clean_bytes == window_mapped_bytes(),
              "%s: %zu used, %zu dirty, %zu clean; %zu mapped", whose, heap.used_bytes,
              heap.dirty_bytes, heap.clean_bytes, window_mapped_bytes());
}

static void check_child(void) {
    size_t mapped = window_mapped_bytes();
    check_pages("child");
    use_blocks();
    /* in the place of those before, but for one where something small may lie */
    CHECK_MSG(window_mapped_bytes() <= mapped + BYTES, "%zu bytes, %zu before",
              window_mapped_bytes(), mapped);
    malloc_trim(0);
    check_pages("child, later");
    _exit(0);
}

int main(void) {
    pthread_t thread;
    int status;
    CHECK(sem_init(&came, 0, 0) == 0);
    char *kept = malloc(8 * BLOCKS * BYTES); /* untouched, so that use does not fall by much */
    CHECK(kept != NULL);
    use_blocks();
    __atomic_store_n(&armed, true, __ATOMIC_SEQ_CST);
    CHECK(pthread_create(&thread, NULL, trim, NULL) == 0);
    CHECK(sem_wait(&came) == 0);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        check_child();
    }
    CHECK(pthread_join(thread, NULL) == 0);
    check_pages("parent");
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK_MSG(status == 0, "child: %#x", (unsigned)status);
    free(kept);
    return 0;
}
