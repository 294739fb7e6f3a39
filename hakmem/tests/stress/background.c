/*
 * background.c - HAKMEM_BACKGROUND=1 with a millisecond between two looks: while hakmem's own
 * thread gives memory back, others take and free it, resize it and check what it holds; and two of
 * them fork all the time. No child hangs or finds a block that is not what it was; each lets its
 * heap grow and drain, by which it gets such a thread of its own, and ends at any moment of what
 * that does.
 *
 * The program starts itself again with that option.
 */
#include "api.h"
#include "exec_self.h"
#include "forkers.h"
#include "tier_work.h"

#include <sys/wait.h>

enum { WORKERS = 2, FORKERS = 2, FORKS = 15, BLOCKS = 500, BYTES = 40000, PAGE = 4096 };

static void fill(unsigned char **blocks, unsigned char mark) {
    for (int i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(BYTES);
        CHECK(blocks[i]);
        for (int at = 0; at < BYTES; at += PAGE) {
            blocks[i][at] = (unsigned char)(mark + i);
        }
    }
}

static void drain(unsigned char **blocks, unsigned char mark) {
    for (int i = 0; i < BLOCKS; i++) {
        for (int at = 0; at < BYTES; at += PAGE) {
            CHECK_EQ(blocks[i][at], (unsigned char)(mark + i));
        }
        free(blocks[i]);
    }
}

/* The heap swings, with pauses in which memory goes back. */
static void *worker(void *argument) {
    uint64_t state = (uintptr_t)argument + 1;
    unsigned char *blocks[BLOCKS];
    while (forkers_work()) {
        unsigned char mark = (unsigned char)test_random(&state);
        fill(blocks, mark);
        tier_work(&state, 50);
        drain(blocks, mark);
        usleep((useconds_t)(test_random(&state) % 8000));
    }
    return NULL;
}

static void *forker(void *argument) {
    uint64_t state = (uintptr_t)argument * 977 + 5;
    unsigned char *held[BLOCKS], *more[BLOCKS];
    unsigned char mark = (unsigned char)(uintptr_t)argument;
    fill(held, mark);
    uint64_t forks = test_rounds(FORKS);
    for (uint64_t i = 0; i < forks; i++) {
        tier_work(&state, (int)(test_random(&state) % 30));
        pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid == 0) {
            fill(more, mark);
            drain(held, mark);
            tier_work(&state, 50);
            drain(more, mark);
            usleep((useconds_t)(test_random(&state) % 8000));
            tier_work(&state, 20);
            _exit(0);
        }
        int status = 0;
        CHECK(waitpid(pid, &status, 0) == pid);
        CHECK_MSG(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %#x", (unsigned)status);
    }
    drain(held, mark);
    return NULL;
}

static int work(void) {
    forkers_run(worker, WORKERS, forker, FORKERS);
    return 0;
}

int main(int count, char **arguments) {
    if (count > 1) {
        return work();
    }
    char again[] = "again";
    setenv("HAKMEM_BACKGROUND", "1", 1);
    setenv("HAKMEM_PURGE_DELAY_MS", "1", 1);
    exec_self((char *const[]){arguments[0], again, NULL});
    CHECK_MSG(0, "%s cannot be started again", arguments[0]);
}
