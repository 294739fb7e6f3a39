/*
 * write_signals.c - what hakmem writes sends no signal to the program: not where its pipe or socket
 * has no reader any longer, nor where its file would be longer than RLIMIT_FSIZE allows; at
 * start-up, while the program runs, at its end, and in the line before an abort. What the program
 * itself has blocked, and what is pending of that, stays as it is.
 */
#include "child.h"
#include "hakmem.h"
#include "test.h"

#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

enum { SIGNALS = 2 };
static const int signals[SIGNALS] = {SIGPIPE, SIGXFSZ};

static void limit_files(size_t bytes) {
    struct rlimit limit = {bytes, RLIM_INFINITY};
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

/* stderr becomes a pipe or a socket that nobody reads, or a file that has no room. */
static void break_stderr(const char *kind) {
    int ends[2] = {-1, -1};
    if (strcmp(kind, "pipe") == 0) {
        CHECK(pipe(ends) == 0);
    } else if (strcmp(kind, "socket") == 0) {
        CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    } else {
        char path[] = "/tmp/hakmem-write-signals.XXXXXX";
        CHECK((ends[1] = mkstemp(path)) >= 0 && unlink(path) == 0);
        limit_files(0);
    }
    close(ends[0]);
    CHECK(dup2(ends[1], STDERR_FILENO) == STDERR_FILENO);
    CHECK(fcntl(STDERR_FILENO, F_SETFD, 0) == 0);
}

/* Trace lines of each reason, statistics to stderr and to the file. */
static void write_all(const char *path) {
    void *block = malloc(33000);
    CHECK(block != NULL);
    CHECK(malloc((size_t)1 << 46) == NULL);
    free(block);
    CHECK(HAK_FN(hak_stats_dump)("-") != 0);
    CHECK(HAK_FN(hak_stats_dump)(path) == 0 || strcmp(path, "/dev/null") != 0);
    malloc_stats();
}

static unsigned blocked(void) {
    sigset_t set;
    unsigned found = 0;
    CHECK(pthread_sigmask(SIG_SETMASK, NULL, &set) == 0);
    for (unsigned i = 0; i < SIGNALS; i++) {
        found |= sigismember(&set, signals[i]) == 1 ? 1u << i : 0;
    }
    return found;
}

static unsigned pending(void) {
    sigset_t set;
    unsigned found = 0;
    CHECK(sigpending(&set) == 0);
    for (unsigned i = 0; i < SIGNALS; i++) {
        found |= sigismember(&set, signals[i]) == 1 ? 1u << i : 0;
    }
    return found;
}

static void count_signal(int number) {
    (void)number;
    _exit(3);
}

/* With the signals handled, ignored, blocked, and blocked and pending. */
static void write_in_all_states(const char *path) {
    sigset_t both;
    sigemptyset(&both);
    write_all(path);
    CHECK(blocked() == 0 && pending() == 0);
    for (unsigned i = 0; i < SIGNALS; i++) {
        sigaddset(&both, signals[i]);
        CHECK(signal(signals[i], count_signal) != SIG_ERR);
    }
    write_all(path);
    CHECK(pthread_sigmask(SIG_BLOCK, &both, NULL) == 0);
    write_all(path);
    CHECK(blocked() == 3 && pending() == 0);
    for (unsigned i = 0; i < SIGNALS; i++) {
        CHECK(raise(signals[i]) == 0);
    }
    write_all(path);
    CHECK(blocked() == 3 && pending() == 3);
    for (unsigned i = 0; i < SIGNALS; i++) {
        CHECK(signal(signals[i], SIG_IGN) != SIG_ERR); /* takes what is pending away */
    }
    write_all(path);
    CHECK(pthread_sigmask(SIG_UNBLOCK, &both, NULL) == 0);
    write_all(path);
    CHECK(blocked() == 0 && pending() == 0);
    for (unsigned i = 0; i < SIGNALS; i++) {
        CHECK(signal(signals[i], SIG_DFL) != SIG_ERR); /* for the end of the process */
    }
}

static void free_twice(void) {
    void *volatile block = malloc(3000000);
    free(block);
    free(block);
}

static int child_main(char **arguments, const char *kind) {
    const char *mode = arguments[1];
    if (strcmp(mode, "start") == 0) { /* hakmem has something to say before main */
        break_stderr(kind);
        setenv("HAKMEM_NO_SUCH_OPTION", "1", 1);
        execl("/proc/self/exe", arguments[0], "none", "", (char *)NULL);
        return 1;
    }
    if (strcmp(mode, "none") == 0) {
        return 0;
    }
    break_stderr(kind);
    if (strcmp(mode, "twice") == 0) {
        free_twice();
        return 1;
    }
    if (strcmp(kind, "short") == 0) { /* the first of several writes has room */
        limit_files(300);
    }
    write_in_all_states(strcmp(kind, "pipe") == 0 ? "/dev/null" : getenv("HAKMEM_STATS"));
    return 0;
}

static void run(const char *mode, const char *kind, const char *stats, const char *trace) {
    const char *const env[] = {
        "HAKMEM_ACE_TRACE=2", "HAKMEM_WMAX_MID=1.01", "HAKMEM_HARDEN=1", stats, trace, NULL};
    child_t child = child_run(&(child_setup_t){.env = env}, mode, kind);
    int signal_wanted = strcmp(mode, "twice") == 0 ? SIGABRT : 0;
    CHECK_MSG(child.signal == signal_wanted && (signal_wanted != 0 || child.exit_code == 0),
              "%s, %s, %s: exit status %d, signal %d: %s", mode, kind, stats, child.exit_code,
              child.signal, child.err);
    child_free(&child);
}

int main(int argc, char **argv) {
    static const char *const kinds[] = {"pipe", "socket", "file", "short"};
    char stats[128], trace[128];
    if (argc > 2) {
        return child_main(argv, argv[2]);
    }
    const char *path = temp_path();
    snprintf(stats, sizeof stats, "HAKMEM_STATS=%s", path);
    snprintf(trace, sizeof trace, "HAKMEM_ACE_TRACE_FILE=%s", path);
    for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        run("start", kinds[i], stats, NULL);
        run("twice", kinds[i], stats, NULL);
        run("write", kinds[i], stats, NULL);
        run("write", kinds[i], stats, trace);
        run("write", kinds[i], "HAKMEM_STATS=-", trace);
    }
    return 0;
}
