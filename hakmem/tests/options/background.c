/*
 * background.c - HAKMEM_BACKGROUND=1: a program that frees much and then makes no call does not
 * keep that memory; without it it does. The thread that sees to it blocks all signals, is not there
 * in a small program, comes to rest when nothing is left to give back, is no part of a fork's
 * child, which starts its own, nor of vfork's; a program that may start no thread goes on; and a
 * process ends when its last thread does.
 *
 * What is waited for here comes in the end; only that something does not come is waited for by
 * time. On the machine's own kernel: it looks at /proc.
 */
#include "child.h"
#include "resident.h"
#include "test.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum { BLOCK = 40960, MOST = 10240, KEPT = 20, YOUNG = 1280, POLLS = 6000, POLL_US = 10000 };
enum { QUIET_US = 1000000 };

static char *blocks[MOST];

/* ---- the process, seen from outside, without an allocation ---- */

static void read_file(const char *path, char *text, size_t room) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? 0 : read(fd, text, room - 1);
    text[length > 0 ? length : 0] = '\0';
    if (fd >= 0) {
        close(fd);
    }
}

static void read_status(long thread, char *text, size_t room) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%ld/status", thread);
    read_file(path, text, room);
}

static unsigned long long field(const char *status, const char *name, int base) {
    const char *at = strstr(status, name);
    CHECK_MSG(at, "%s in %s", name, status);
    return strtoull(at + strlen(name), NULL, base);
}

/* The thread of that name, 0: there is none; and how many threads there are. */
static long own_thread(unsigned *count) {
    static char entries[4096], status[4096];
    int fd = open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    long length, found = 0;
    CHECK(fd >= 0);
    *count = 0;
    while ((length = syscall(SYS_getdents64, fd, entries, sizeof entries)) > 0) {
        for (long at = 0; at < length;) {
            const char *entry = entries + at; /* inode, offset, length, type, name */
            long thread = atol(entry + 19);
            *count += thread > 0;
            if (thread > 0) {
                read_status(thread, status, sizeof status);
                found = strncmp(status, "Name:\thakmem\n", 13) == 0 ? thread : found;
            }
            at += *(const unsigned short *)(const void *)(entry + 16);
        }
    }
    close(fd);
    return found;
}

static long wait_for_thread(void) {
    unsigned count;
    for (int i = 0; i < POLLS; i++) {
        long thread = own_thread(&count);
        if (thread != 0) {
            return thread;
        }
        usleep(POLL_US);
    }
    CHECK_MSG(false, "%u threads, none is hakmem's", count);
    return 0;
}

static void expect_alone(void) {
    unsigned count;
    usleep(QUIET_US / 4);
    long thread = own_thread(&count);
    CHECK_MSG(thread == 0 && count == 1, "%u threads, hakmem's is %ld", count, thread);
}

/* ---- the program ---- */

static void fill(int count) {
    for (int i = 0; i < count; i++) {
        blocks[i] = malloc(BLOCK);
        CHECK(blocks[i]);
        memset(blocks[i], 1, BLOCK);
    }
}

static void drain(int count, int kept) {
    for (int i = 0; i < count; i++) {
        if (kept == 0 || i % kept != 0) {
            free(blocks[i]);
            blocks[i] = NULL;
        }
    }
}

/* Until no more than what is alive is resident, and an eighth of it and 4 MiB. */
static void expect_fall(size_t base, int count, int kept) {
    size_t live = kept == 0 ? 0 : (size_t)(count / kept) * BLOCK;
    size_t allowed = base + live + live / 8 + 4 * MIB, left = 0;
    for (int i = 0; i < POLLS / 4; i++) {
        left = resident_bytes();
        if (left <= allowed) {
            return;
        }
        usleep(POLL_US);
    }
    CHECK_MSG(false, "%zu MiB are left of %zu live, %zu allowed", left / MIB, live / MIB,
              allowed / MIB);
}

/* A large heap, and a block beside it that has a mapping's size. */
static int large(void) {
    size_t base = resident_bytes(), bytes = 64 * MIB;
    fill(MOST);
    char *block = malloc(bytes);
    CHECK(block);
    memset(block, 1, bytes);
    CHECK(resident_bytes() - base >= bytes + (size_t)MOST * BLOCK);
    drain(MOST, KEPT);
    free(block);
    expect_fall(base, MOST, KEPT);
    for (int i = 0; i < MOST; i += KEPT) {
        CHECK(blocks[i][0] == 1 && blocks[i][BLOCK - 1] == 1);
    }
    return 0;
}

/* A heap that grew a moment ago, of which upkeep keeps all that it is not asked for again. */
static int young(void) {
    size_t base = resident_bytes();
    fill(YOUNG);
    drain(YOUNG, KEPT);
    expect_fall(base, YOUNG, KEPT);
    return 0;
}

/* What a large heap lets go of has its interval, in which the program takes it again. */
static int swings(void) {
    struct rusage before, after;
    fill(MOST);
    wait_for_thread();
    for (int i = 0; i < 3; i++) {
        getrusage(RUSAGE_SELF, &before);
        drain(MOST, 0);
        fill(MOST);
        getrusage(RUSAGE_SELF, &after);
        long faults = after.ru_minflt - before.ru_minflt;
        CHECK_MSG(faults < MOST, "swing %d: %ld page faults for %d blocks of 10 pages", i, faults,
                  MOST);
    }
    return 0;
}

static int young_stays(void) {
    size_t base = resident_bytes();
    fill(YOUNG);
    drain(YOUNG, KEPT);
    usleep(QUIET_US);
    size_t left = resident_bytes() - base;
    CHECK_MSG(left >= (size_t)YOUNG * BLOCK / 4 * 3, "%zu MiB are left", left / MIB);
    expect_alone();
    return 0;
}

/* As the sets of the kernel say it. What cannot be blocked is not. */
static unsigned long long all_signals(void) {
    sigset_t all;
    unsigned long long bits = 0;
    sigfillset(&all);
    for (int number = 1; number <= 64; number++) {
        if (sigismember(&all, number) == 1 && number != SIGKILL && number != SIGSTOP) {
            bits |= 1ULL << (number - 1);
        }
    }
    return bits;
}

static int signals(void) {
    static char status[4096];
    sigset_t before, after;
    CHECK(pthread_sigmask(SIG_SETMASK, NULL, &before) == 0);
    errno = 7;
    fill(YOUNG);
    CHECK_EQ(errno, 7);
    CHECK(pthread_sigmask(SIG_SETMASK, NULL, &after) == 0);
    for (int number = 1; number <= 64; number++) {
        CHECK(sigismember(&before, number) == sigismember(&after, number));
    }
    read_status(wait_for_thread(), status, sizeof status);
    for (int i = 0; i < POLLS && strstr(status, "SigBlk") == NULL; i++) {
        usleep(POLL_US);
        read_status(wait_for_thread(), status, sizeof status);
    }
    CHECK_EQ(field(status, "SigBlk:", 16), all_signals());
    unsigned count;
    own_thread(&count);
    CHECK_EQ(count, 2);
    drain(YOUNG, 0);
    return 0;
}

static int small(void) {
    for (int round = 0; round < 200; round++) {
        fill(50);
        drain(50, 0);
    }
    expect_alone();
    return 0;
}

/* Voluntary switches: each is a wait that ended. */
static unsigned long long waits_of(long thread) {
    static char status[4096];
    read_status(thread, status, sizeof status);
    return field(status, "\nvoluntary_ctxt_switches:", 10);
}

static int rest(void) {
    size_t base = resident_bytes();
    fill(YOUNG);
    drain(YOUNG, KEPT);
    expect_fall(base, YOUNG, KEPT);
    long thread = wait_for_thread();
    for (int round = 0; round < 2; round++) { /* it wakes, and comes to rest again */
        unsigned long long before, after;
        int tries = 0;
        do {
            before = waits_of(thread);
            usleep(QUIET_US);
            after = waits_of(thread);
        } while (after != before && ++tries < 30);
        CHECK_MSG(after == before, "%llu waits in the last second", after - before);
        fill(YOUNG);
        drain(YOUNG, KEPT);
        expect_fall(base, 2 * YOUNG, KEPT);
        CHECK(waits_of(thread) > after);
    }
    return 0;
}

/* fork's child frees what it has of its parent, asks for a little more, and falls silent. */
static int forks(void) {
    size_t base = resident_bytes();
    fill(YOUNG);
    wait_for_thread();
    for (int i = 0; i < 3; i++) {
        pid_t child = fork();
        if (child == 0) {
            expect_alone();
            drain(YOUNG, KEPT);
            for (size_t bytes = 1000; bytes < MIB; bytes *= 3) {
                free(malloc(bytes));
            }
            expect_fall(base, YOUNG, KEPT);
            wait_for_thread();
            _exit(0);
        }
        int status = 0;
        CHECK(waitpid(child, &status, 0) == child);
        CHECK_MSG(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %#x", (unsigned)status);
    }
    drain(YOUNG, KEPT);
    expect_fall(base, YOUNG, KEPT);
    return 0;
}

/* In libc's place: calls calloc, as that does, which is served by new memory. */
static bool takes_new_memory;

int pthread_create(pthread_t *thread, const pthread_attr_t *how, void *(*body)(void *),
                   void *with) {
    int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    *(void **)&real = dlsym(RTLD_NEXT, "pthread_create");
    if (takes_new_memory) {
        free(calloc(1, 200 * MIB));
    }
    return real(thread, how, body, with);
}

/* In a fork's child free finds that the thread is wanted, and a calloc that is served by used
 * memory starts it. */
static int zeros(void) {
    fill(YOUNG);
    takes_new_memory = true;
    pid_t child = fork();
    if (child == 0) {
        unsigned count;
        drain(YOUNG, 2);
        for (int i = 1; i < YOUNG; i += 2) {
            CHECK((blocks[i] = calloc(1, BLOCK)) != NULL);
            for (int at = 0; at < BLOCK; at++) {
                CHECK_MSG(blocks[i][at] == 0, "block %d, byte %d, %ld", i, at, own_thread(&count));
            }
        }
        wait_for_thread();
        _exit(0);
    }
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK_MSG(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %#x", (unsigned)status);
    return 0;
}

/* vfork's child works in its parent's memory, whose heap grows by it. */
static int vforks(void) {
    pid_t child = vfork();
    if (child == 0) {
        fill(YOUNG);
        _exit(0);
    }
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    expect_alone();
    for (size_t bytes = 1000; bytes < MIB; bytes *= 3) {
        free(malloc(bytes));
    }
    wait_for_thread();
    return 0;
}

static void forbid_threads(void) {
    struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof rules / sizeof rules[0], .filter = rules};
    CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    CHECK(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0);
}

static int refused(void) {
    forbid_threads();
    errno = 7;
    fill(YOUNG);
    CHECK_EQ(errno, 7);
    drain(YOUNG, KEPT);
    expect_alone();
    fill(YOUNG);
    drain(YOUNG, 0);
    return 0;
}

/* libc ends a process whose first thread has ended when the last one does. */
static void *last(void *unused) {
    usleep(QUIET_US / 10);
    fill(YOUNG);
    wait_for_thread();
    drain(YOUNG, 0);
    return unused;
}

static int leaves(void) {
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, last, NULL) == 0);
    CHECK(pthread_detach(thread) == 0);
    fill(1);
    pthread_exit(NULL);
}

/* At any moment of what the thread does. */
static int exits(void) {
    fill(YOUNG);
    drain(YOUNG, KEPT);
    usleep((useconds_t)(getpid() % 64) * 1000);
    return 0;
}

static const struct {
    const char *name;
    int (*run)(void);
} modes[] = {{"large", large},     {"young", young},   {"young_stays", young_stays},
             {"signals", signals}, {"small", small},   {"rest", rest},
             {"forks", forks},     {"vforks", vforks}, {"refused", refused},
             {"leaves", leaves},   {"zeros", zeros},   {"exits", exits},
             {"swings", swings}};

static int child_main(const char *name) {
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        if (strcmp(modes[i].name, name) == 0) {
            return modes[i].run();
        }
    }
    return 2;
}

static void run(const char *mode, const char *background, const char *other) {
    child_t child = CHILD_RUN(mode, background, "HAKMEM_PURGE_DELAY_MS=50", other);
    CHECK_MSG(child.exit_code == 0, "%s, %s, %s: exit %d, signal %d, stderr: %s", mode, background,
              other, child.exit_code, child.signal, child.err);
    child_free(&child);
}

int main(int argc, char **argv) {
    static const char *const levels[] = {"HAKMEM_HARDEN=0", "HAKMEM_HARDEN=1", "HAKMEM_HARDEN=2"};
    if (argc > 1) {
        return child_main(argv[1]);
    }
    run("young_stays", "HAKMEM_BACKGROUND=0", levels[0]);
    for (int level = 0; level < 3; level++) {
        run("large", "HAKMEM_BACKGROUND=1", levels[level]);
        run("young", "HAKMEM_BACKGROUND=1", levels[level]);
    }
    run("young", "HAKMEM_BACKGROUND=1", "HAKMEM_PURGE_DELAY_MS=0");
    run("young", "HAKMEM_BACKGROUND=1", "HAKMEM_STATS_SHM=1");
    run("swings", "HAKMEM_BACKGROUND=1", "HAKMEM_PURGE_DELAY_MS=60000");
    run("signals", "HAKMEM_BACKGROUND=1", levels[0]);
    run("small", "HAKMEM_BACKGROUND=1", levels[0]);
    run("rest", "HAKMEM_BACKGROUND=1", levels[0]);
    run("forks", "HAKMEM_BACKGROUND=1", levels[0]);
    run("zeros", "HAKMEM_BACKGROUND=1", levels[0]);
    run("vforks", "HAKMEM_BACKGROUND=1", levels[0]);
    run("refused", "HAKMEM_BACKGROUND=1", levels[0]);
    run("leaves", "HAKMEM_BACKGROUND=1", levels[0]);
    for (int i = 0; i < 10; i++) {
        run("exits", "HAKMEM_BACKGROUND=1", levels[i % 3]);
        run("exits", "HAKMEM_BACKGROUND=1", "HAKMEM_STATS=-");
    }
    return 0;
}
