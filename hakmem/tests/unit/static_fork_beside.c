/*
 * static_fork_beside.c - what malloc and free do while the door is closed: no call waits, blocks
 * are as good as others, and what is freed comes back to the heap when the door is open again. At
 * each level of hardening; a second free stops the process at each.
 *
 * White box: linked with objects.a; one thread closes the door as fork does, another allocates.
 */
#include "box/beside.h"
#include "box/front_gate_classifier.h"
#include "gate/front_gate.h"
#include "hakmem.h"
#include "options/options.h"
#include "os/door.h"
#include "test.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>

enum { BLOCKS = 700 };

static sem_t closed, may_open;
static unsigned char *taken[BLOCKS], *before[BLOCKS], *sized;

static size_t bytes_of(size_t i) {
    static const size_t sizes[] = {1, 40, 900, 3000, 8000, 33000, 60000, 300000, 2500000};
    return sizes[i % 9] + i % 7;
}

static void *close_door(void *unused) {
    door_close();
    sem_post(&closed);
    sem_wait(&may_open);
    door_open();
    gate_free_waiting();
    return unused;
}

static void fill(unsigned char *block, size_t i) {
    CHECK_MSG(block != NULL, "%zu bytes", bytes_of(i));
    CHECK(malloc_usable_size(block) >= bytes_of(i));
    block[0] = block[bytes_of(i) - 1] = (unsigned char)i;
}

static void check(const unsigned char *block, size_t i) {
    CHECK_MSG(block[0] == (unsigned char)i && block[bytes_of(i) - 1] == (unsigned char)i,
              "%zu bytes", bytes_of(i));
}

static void take_by_turns(unsigned char **block, size_t i) {
    size_t alignment = (size_t)16 << i % 12;
    errno = 77;
    if (i % 3 == 0) {
        *block = aligned_alloc(alignment, bytes_of(i));
        CHECK((uintptr_t)*block % alignment == 0);
    } else if (i % 3 == 1) {
        *block = calloc(1, bytes_of(i));
        for (size_t at = 0; at < bytes_of(i); at++) {
            CHECK((*block)[at] == 0);
        }
    } else {
        *block = malloc(bytes_of(i));
    }
    CHECK(errno == 77 && *block && (uintptr_t)*block % 16 == 0);
    fill(*block, i);
}

/* To the size of the next block: in place, or moved. */
static void resize(unsigned char **block, size_t i) {
    unsigned char first = (*block)[0];
    *block = realloc(*block, bytes_of(i + 1));
    CHECK(*block && (*block)[0] == first);
    fill(*block, i + 1);
    *block = realloc(*block, bytes_of(i));
    CHECK(*block && (*block)[0] == (unsigned char)(i + 1));
    fill(*block, i);
}

/* One of the heap stays where it lies down to the least size that its class may serve. */
static void resize_to_least(void) {
    size_t least = hak_classes[classify_class(sized)].least_resize;
    bool stays = hak_options.harden < 2;
    CHECK(least > 1 && beside_usable(sized) == 0);
    unsigned char *kept = realloc(sized, least);
    CHECK_EQ(kept == sized, stays);
    kept = realloc(kept, least - 1);
    CHECK(kept && beside_usable(kept) > 0);
    free(kept);
}

static void work_outside(void) {
    size_t beside_most = 0;
    resize_to_least();
    CHECK(malloc_trim(0) == 0); /* nothing to be had now, and no wait */
    for (size_t i = 0; i < BLOCKS; i++) {
        take_by_turns(&taken[i], i);
        resize(i % 2 ? &taken[i] : &before[i], i);
        beside_most = beside_bytes() > beside_most ? beside_bytes() : beside_most;
    }
    CHECK(beside_most > 10 * MIB);
    for (size_t i = 0; i < BLOCKS; i++) {
        check(taken[i], i);
        check(before[i], i);
        if (i % 4 != 0) {
            free(taken[i]);
            free(before[i]);
        }
    }
}

static void around(pthread_t *closer, void (*work)(void)) {
    CHECK(sem_init(&closed, 0, 0) == 0 && sem_init(&may_open, 0, 0) == 0);
    for (size_t i = 0; i < BLOCKS; i++) {
        before[i] = malloc(bytes_of(i));
        fill(before[i], i);
    }
    sized = malloc(33000);
    CHECK(pthread_create(closer, NULL, close_door, NULL) == 0);
    CHECK(sem_wait(&closed) == 0);
    work();
    CHECK(sem_post(&may_open) == 0);
    CHECK(pthread_join(*closer, NULL) == 0);
}

static void live_again(void) {
    hak_memory_t memory, start;
    pthread_t closer;
    hak_memory_read(&start);
    around(&closer, work_outside);
    CHECK(beside_bytes() > 0);
    for (size_t i = 0; i < BLOCKS; i += 4) {
        check(taken[i], i);
        check(before[i], i);
        resize(&taken[i], i);
        free(taken[i]);
        free(before[i]);
    }
    CHECK_EQ(beside_bytes(), 0);
    malloc_trim(0); /* what hardening keeps waiting, too */
    hak_memory_read(&memory);
    CHECK_MSG(memory.live_bytes <= start.live_bytes + 64 * KIB, "%zu bytes live, %zu before",
              memory.live_bytes, start.live_bytes);
}

static void free_twice_own(void) {
    void *volatile block = malloc(3000000);
    CHECK(beside_usable(block) > 0);
    free(block);
    free(block);
}

static void free_twice_waiting(void) {
    free(before[8]);
    free(before[8]);
}

static void free_fresh_at_last(void) {
    for (size_t i = 0; i < 400; i++) { /* more than a magazine takes */
        free(before[i]);
    }
    free(before[1 + 9 * 40]);
}

/* Of a child that is to be stopped by hakmem. */
static void expect_fatal(void (*work)(void), const char *name) {
    int status = 0, out[2];
    char text[200] = "";
    CHECK(pipe(out) == 0);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        pthread_t closer;
        dup2(out[1], STDERR_FILENO);
        around(&closer, work);
        malloc_trim(0);
        _exit(0);
    }
    close(out[1]);
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK(read(out[0], text, sizeof text - 1) >= 0);
    close(out[0]);
    CHECK_MSG(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "%s: status %#x, %s", name,
              (unsigned)status, text);
    CHECK_MSG(strstr(text, "[hakmem] fatal: ") == text, "%s: %s", name, text);
}

int main(int count, char **arguments) {
    (void)arguments;
    if (count > 1) {
        expect_fatal(free_twice_own, "twice, of its own pages");
        expect_fatal(free_twice_waiting, "twice, waiting");
        expect_fatal(free_fresh_at_last, "twice, one in a magazine");
        live_again();
        live_again();
        return 0;
    }
    for (char level[] = "0"; level[0] <= '2'; level[0]++) {
        int status = 0;
        setenv("HAKMEM_HARDEN", level, 1);
        pid_t pid = fork();
        if (pid == 0) {
            execl("/proc/self/exe", "static_fork_beside", "once", (char *)NULL);
            _exit(126);
        }
        CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
        CHECK_MSG(status == 0, "level %s: status %#x", level, (unsigned)status);
    }
    return 0;
}
