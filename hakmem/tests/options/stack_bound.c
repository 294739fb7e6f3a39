/*
 * stack_bound.c - malloc and its relatives do with 1,024 bytes of stack, whatever way they go:
 * fast, slow, upkeep, purge, refused, traced, fork, and at the start and end of a thread, at every
 * level of hardening. Threads of 16 KiB have no more to spare.
 *
 * The calls are made on a stack that is painted first; how deep the paint is gone shows what
 * they took.
 */
#include "child.h"
#include "test.h"

#include <malloc.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <ucontext.h>

#include "hakmem.h"

enum { STACK = 32 * 1024, PAINT = 0xa5, SLOTS = 300, STEPS = 10000, FRAME = 160, BOUND = 1024 };

static unsigned char *stack;
static ucontext_t harness, callee;
static uintptr_t entry; /* the frame that called */
static uint64_t seed = 1;
static void *slots[SLOTS];
static void *volatile sink;

static size_t any_size(void) {
    size_t bytes = (size_t)1 << test_random(&seed) % 23;
    return bytes + test_random(&seed) % bytes;
}

static void step_malloc(void **slot, size_t bytes) {
    *slot = malloc(bytes);
}
static void step_calloc(void **slot, size_t bytes) {
    *slot = calloc(1, bytes);
}
static void step_free(void **slot, size_t bytes) {
    (void)bytes;
    free(*slot);
    *slot = NULL;
}
static void step_realloc(void **slot, size_t bytes) {
    void *resized = realloc(*slot, bytes);
    *slot = resized != NULL ? resized : *slot;
}
static void step_aligned(void **slot, size_t bytes) {
    *slot = memalign((size_t)16 << bytes % 10, bytes);
}
static void step_trim(void **slot, size_t bytes) {
    (void)slot;
    malloc_trim(bytes);
}
static void step_figures(void **slot, size_t bytes) {
    (void)bytes;
    struct mallinfo2 figures = mallinfo2();
    sink = (void *)(figures.uordblks + malloc_usable_size(*slot));
}
static int (*stats_dump)(const char *path);
static void step_statistics(void **slot, size_t bytes) {
    (void)slot, (void)bytes;
    stats_dump("/dev/null");
}

static void step_fork(void **slot, size_t bytes) {
    (void)slot, (void)bytes;
    pid_t child = fork();
    if (child == 0) {
        _exit(0);
    }
    CHECK(waitpid(child, NULL, 0) == child);
}

static void (*now)(void **slot, size_t bytes);
static void **now_slot;
static size_t now_bytes;

/* Runs on the painted stack. */
static void call(void) {
    for (;;) {
        entry = (uintptr_t)__builtin_frame_address(0);
        now(now_slot, now_bytes);
        swapcontext(&callee, &harness);
    }
}

/* What of the stack is touched below `from`; painted again. */
static size_t touched_below(unsigned char *from, unsigned char *bottom) {
    unsigned char *lowest = bottom;
    while (lowest < from && *lowest == PAINT) {
        lowest++;
    }
    memset(bottom, PAINT, (size_t)(from - bottom));
    return (size_t)(from - lowest);
}

static size_t taken(void (*step)(void **, size_t), void **slot, size_t bytes) {
    now = step, now_slot = slot, now_bytes = bytes;
    swapcontext(&harness, &callee);
    return touched_below((unsigned char *)entry - 96, stack) + 96;
}

static size_t most;

static void note(const char *what, size_t bytes) {
    if (bytes > most) {
        most = bytes;
        fprintf(stderr, "%s: %zu\n", what, bytes);
    }
}

static void churn(void) {
    for (unsigned i = 0; i < STEPS; i++) {
        void **slot = &slots[test_random(&seed) % SLOTS];
        unsigned which = test_random(&seed) % 1000;
        if (which == 0) {
            note("malloc_trim", taken(step_trim, slot, 0));
        } else if (which == 1) {
            note("mallinfo2", taken(step_figures, slot, 0));
        } else if (which == 2) {
            note("hak_stats_dump", taken(step_statistics, slot, 0));
        } else if (*slot != NULL && which < 700) {
            note("free", taken(step_free, slot, 0));
        } else if (*slot != NULL) {
            note("realloc", taken(step_realloc, slot, any_size()));
        } else {
            static void (*const steps[])(void **, size_t) = {step_malloc, step_malloc, step_malloc,
                                                             step_calloc, step_aligned};
            note("malloc", taken(steps[which % 5], slot, any_size()));
        }
    }
    for (unsigned i = 0; i < SLOTS; i++) {
        note("free", taken(step_free, &slots[i], 0));
    }
}

/* A thread's first malloc, and what its end takes back: below the frame of its function. */
static uintptr_t thread_frame;

static void *thread_main(void *bottom) {
    thread_frame = (uintptr_t)__builtin_frame_address(0);
    volatile unsigned char *end = (unsigned char *)thread_frame - FRAME;
    for (volatile unsigned char *at = bottom; at < end; at++) {
        *at = PAINT;
    }
    for (size_t bytes = 16; bytes < MIB; bytes *= 2) {
        void *blocks[2] = {malloc(bytes), malloc(bytes)};
        free(blocks[0]);
        free(blocks[1]);
    }
    return NULL;
}

static void start_and_end(void) {
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    CHECK(pthread_attr_setstack(&attributes, stack, STACK) == 0);
    CHECK(pthread_create(&thread, &attributes, thread_main, stack) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    note("thread", touched_below((unsigned char *)thread_frame - FRAME, stack) + FRAME);
}

static void paint(void) {
    memset(stack, PAINT, STACK);
    getcontext(&callee);
    callee.uc_stack.ss_sp = stack;
    callee.uc_stack.ss_size = STACK;
    makecontext(&callee, call, 0);
}

static int child_main(const char *how) {
    stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(stack != MAP_FAILED);
    stats_dump = HAK_FN(hak_stats_dump);
    start_and_end();
    paint();
    churn();
    note("fork", taken(step_fork, slots, 0));
    if (strcmp(how, "limited") == 0) {
        struct rlimit limit = {300 * MIB, 300 * MIB};
        CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
        churn();
    }
    printf("%zu\n", most);
    return 0;
}

static void run(const char *how, const char *harden, const char *option, const char *learn) {
    const char *const env[] = {harden, "LD_BIND_NOW=1", option, learn, NULL};
    child_t child = child_run(&(child_setup_t){.env = env}, "child", how);
    child_expect_success(&child);
    size_t bytes = strtoull(child.out, NULL, 10);
    CHECK_MSG(bytes >= 96, "nothing was measured: %s", child.out);
    CHECK_MSG(bytes <= BOUND, "%s, %s: %zu bytes: %s", harden, option, bytes, child.err);
    printf("%s %s %s: %zu\n", harden, option ? option : "", how, bytes);
    child_free(&child);
}

int main(int argc, char **argv) {
    if (argc > 2) {
        return child_main(argv[2]);
    }
    static const char *const levels[] = {"HAKMEM_HARDEN=0", "HAKMEM_HARDEN=1", "HAKMEM_HARDEN=2"};
    for (unsigned i = 0; i < 3; i++) {
        run("all", levels[i], "HAKMEM_PURGE_DELAY_MS=1", NULL);
        run("limited", levels[i], "HAKMEM_ACE_TRACE=1", "HAKMEM_LEARN=1");
    }
    run("all", levels[0], "HAKMEM_PURGE_DELAY_MS=0", NULL);
    run("limited", levels[0], "HAKMEM_ACE_TRACE=1", NULL);
    return 0;
}
