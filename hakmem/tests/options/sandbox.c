/*
 * sandbox.c - a program that forbids itself system calls when main begins: whatever it does with
 * memory from then on, hakmem makes the calls of os.h's contract and no others, at every level of
 * hardening. A call beyond them kills the process.
 */
#include "child.h"
#include "test.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "hakmem.h"

enum { THREADS = 4, BLOCKS = 100, SHARED = 64, HUGE_BLOCKS = 6000, MOST_RULES = 128 };

static const unsigned allowed[] = {
    SYS_munmap,       SYS_madvise,         SYS_mremap, SYS_brk,
    SYS_futex,        SYS_clock_gettime, /* the contract */
    SYS_write,                           /* trace lines, and what this says */
    SYS_rt_sigaction, SYS_rt_sigprocmask,  SYS_clone3, SYS_clone,
    SYS_exit,                              /* pthread_create, and
                                            * a thread's end */
    SYS_rseq,         SYS_set_robust_list, /* a new thread's, by glibc */
    SYS_exit_group,                        /* return from main */
};

static struct sock_filter rules[MOST_RULES];
static unsigned short count;

static void add(unsigned short code, unsigned value, unsigned char if_true, unsigned char if_not) {
    CHECK(count < MOST_RULES);
    rules[count++] = (struct sock_filter)BPF_JUMP(code, value, if_true, if_not);
}

static void load(size_t offset) {
    add(BPF_LD | BPF_W | BPF_ABS, (unsigned)offset, 0, 0);
}

/* mmap and mprotect: only of memory that nobody may execute; mmap: of no file. */
static void add_with_arguments(unsigned call, unsigned argument, unsigned mask, unsigned value) {
    add(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 5);
    load(offsetof(struct seccomp_data, args) + 8 * argument);
    add(BPF_ALU | BPF_AND | BPF_K, mask, 0, 0);
    add(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
    add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
    add(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS, 0, 0);
}

static void allow(unsigned call) {
    add(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1);
    add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
}

/* `with_file`: one that is removed in the end. */
static void forbid_the_rest(bool with_file) {
    load(offsetof(struct seccomp_data, nr));
    for (unsigned i = 0; i < sizeof allowed / sizeof allowed[0]; i++) {
        allow(allowed[i]);
    }
    if (with_file) {
        allow(SYS_getpid);
#ifdef SYS_unlink
        allow(SYS_unlink);
#else /* on newer machines */
        allow(SYS_unlinkat);
#endif
    }
    add_with_arguments(SYS_mmap, 3, MAP_ANONYMOUS, MAP_ANONYMOUS);
    add_with_arguments(SYS_mprotect, 2, PROT_EXEC, 0);
    add(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS, 0, 0);
    struct sock_fprog program = {.len = count, .filter = rules};
    CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    CHECK(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0);
}

static void *filled(size_t bytes) {
    void *block = malloc(bytes);
    CHECK(block);
    return memset(block, 1, bytes);
}

/* All sizes up to 4 MiB, resized on the way, by threads that free each other's blocks. */
static void *shared[SHARED];

static void *work(void *seed_of_thread) {
    uint64_t seed = (uint64_t)(uintptr_t)seed_of_thread;
    for (unsigned i = 0; i < BLOCKS; i++) {
        size_t bytes = (size_t)1 << test_random(&seed) % 23;
        bytes += test_random(&seed) % bytes;
        char *block = test_random(&seed) % 4 == 0 ? calloc(1, bytes) : malloc(bytes);
        CHECK(block);
        block[0] = block[bytes - 1] = 1;
        if (test_random(&seed) % 4 == 0) {
            CHECK((block = realloc(block, bytes * 3 / 2)));
        }
        free(__atomic_exchange_n(&shared[test_random(&seed) % SHARED], block, __ATOMIC_ACQ_REL));
    }
    return NULL;
}

static void in_threads(void) {
    pthread_t threads[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&threads[i], NULL, work, (void *)(i + 1)) == 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    for (unsigned i = 0; i < SHARED; i++) {
        free(shared[i]);
        shared[i] = NULL;
    }
}

/* A heap that is large and touched whole grows by huge pages, where there are some; drained, it
 * leaves holes in them. */
static void huge_and_drained(void) {
    static void *blocks[HUGE_BLOCKS];
    for (unsigned i = 0; i < HUGE_BLOCKS; i++) {
        blocks[i] = filled(i % 2 ? 20000 : 12000);
    }
    for (unsigned i = 0; i < HUGE_BLOCKS; i++) {
        if (i % 10 != 0) {
            free(blocks[i]);
        }
    }
    malloc_trim(0);
    for (unsigned i = 0; i < HUGE_BLOCKS; i += 10) {
        free(blocks[i]);
    }
}

static void large_and_refused(void) {
    char *block = NULL, *aligned;
    for (size_t bytes = 100000; bytes < 64 * MIB; bytes *= 2) {
        CHECK((block = realloc(block, bytes)));
        block[bytes - 1] = 1;
        CHECK((aligned = memalign(2 * MIB, bytes)));
        free(aligned);
    }
    free(block);
    CHECK(malloc((size_t)1 << 46) == NULL && errno == ENOMEM);
    CHECK(malloc(SIZE_MAX) == NULL && errno == ENOMEM);
}

static int child_main(const char *what) {
    if (strcmp(what, "limited") == 0) {
        struct rlimit limit = {GIB, GIB};
        CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
    }
    hak_memory_t memory;
    forbid_the_rest(strcmp(what, "shown") == 0);
    in_threads();
    huge_and_drained();
    large_and_refused();
    in_threads();
    malloc_trim(0);
    HAK_FN(hak_memory_read)(&memory);
    CHECK_MSG(memory.purged_bytes >= 64 * MIB, "%zu", memory.purged_bytes);
    if (strcmp(what, "forbidden") == 0) {
        syscall(SYS_getppid);
    }
    return 0;
}

static void run(const char *what, const char *harden, const char *option) {
    const char *const env[] = {harden, option, NULL};
    child_t child = child_run(&(child_setup_t){.env = env}, "child", what);
    if (strcmp(what, "forbidden") == 0) {
        CHECK_MSG(child.signal == SIGSYS, "the filter lets all through: %d", child.exit_code);
    } else {
        CHECK_MSG(child.signal != SIGSYS, "%s, %s, %s: killed by its sandbox", what, harden,
                  option);
        child_expect_success(&child);
    }
    child_free(&child);
}

int main(int argc, char **argv) {
    if (argc > 2) {
        return child_main(argv[2]);
    }
    run("all", "HAKMEM_HARDEN=0", NULL);
    run("all", "HAKMEM_HARDEN=1", NULL);
    run("all", "HAKMEM_HARDEN=2", NULL);
    run("limited", "HAKMEM_HARDEN=0", NULL);
    run("all", "HAKMEM_HARDEN=0", "HAKMEM_PURGE_DELAY_MS=0");
    run("all", "HAKMEM_HARDEN=0", "HAKMEM_PURGE_DELAY_MS=1");
    run("all", "HAKMEM_HARDEN=0", "HAKMEM_ACE_TRACE=1");
    run("shown", "HAKMEM_HARDEN=0", "HAKMEM_STATS_SHM=1");
    run("forbidden", "HAKMEM_HARDEN=0", NULL);
    return 0;
}
