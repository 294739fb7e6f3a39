/*
 * report_names.c - %p in HAKMEM_STATS and HAKMEM_ACE_TRACE_FILE: each process that a program
 * becomes, by fork, by _Fork (which calls no handler) or by exec, writes files of its own, with
 * what it did itself in them, also when several threads of a new process write at once; "%%" is a
 * percent sign. Without %p a name stays as it is.
 */
#include "child.h"
#include "stats.h"
#include "test.h"
#include "trace.h"
#include "workload.h"

#include <pthread.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FORKS = 20, THREADS = 4 };

/* A line of stdout in one write: which process has how many failures. */
static void tell(unsigned failures) {
    char line[64];
    int length = snprintf(line, sizeof line, "%d %u\n", (int)getpid(), failures);
    CHECK(write(STDOUT_FILENO, line, (size_t)length) == length);
}

static void wait_for(pid_t process) {
    int status;
    CHECK(waitpid(process, &status, 0) == process);
    CHECK_MSG(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %d", status);
}

static void *fail_twice(void *barrier) {
    pthread_barrier_wait(barrier);
    for (int i = 0; i < 2; i++) {
        free(malloc(33000));
    }
    return NULL;
}

/* The first lines of a process, by all its threads at the same moment. */
static void fail_in_threads(void) {
    pthread_t threads[THREADS];
    pthread_barrier_t barrier;
    pthread_barrier_init(&barrier, NULL, THREADS);
    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&threads[i], NULL, fail_twice, &barrier) == 0);
    }
    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
}

/* Generations, so that each one's name was made from that of the process before. */
static int fork_main(unsigned left) {
    take_and_give_back(33000, left);
    tell(left);
    if (left == 1) {
        return 0;
    }
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        exit(fork_main(left - 1));
    }
    wait_for(child);
    return 0;
}

static int threads_main(void) {
    for (int i = 0; i < FORKS; i++) {
        pid_t child = fork();
        CHECK(child >= 0);
        if (child == 0) {
            fail_in_threads();
            tell(2 * THREADS);
            exit(0);
        }
        wait_for(child);
    }
    tell(0);
    return 0;
}

/* Only the trace: such a child may do little, and ends by _exit. */
static int bare_main(void) {
    take_and_give_back(33000, 3);
    tell(3);
    pid_t child = _Fork();
    CHECK(child >= 0);
    if (child == 0) {
        take_and_give_back(33000, 5);
        tell(5);
        _exit(0);
    }
    wait_for(child);
    take_and_give_back(33000, 1);
    tell(1);
    return 0;
}

/* The same process before and after: the trace goes on, the figures are of the last image. */
static int exec_main(void) {
    take_and_give_back(33000, 2);
    tell(2);
    execl("/proc/self/exe", "other name", "last", (char *)NULL);
    return 1;
}

static int child_main(const char *mode) {
    if (strcmp(mode, "last") == 0) {
        take_and_give_back(33000, 4);
        tell(4);
        return 0;
    }
    return strcmp(mode, "fork") == 0      ? fork_main(5)
           : strcmp(mode, "threads") == 0 ? threads_main()
           : strcmp(mode, "bare") == 0    ? bare_main()
                                          : exec_main();
}

static char folder[] = "/tmp/hakmem-names.XXXXXX";
static unsigned files;

/* What the file of that process says, and it is gone. */
static char *read_file(const char *kind, unsigned process) {
    static char text[65536];
    char path[128];
    snprintf(path, sizeof path, "%s/%s%%-%u.%u", folder, kind, process, process);
    FILE *file = fopen(path, "r");
    CHECK_MSG(file, "%s is not there", path);
    size_t length = fread(text, 1, sizeof text - 1, file);
    text[length] = '\0';
    fclose(file);
    CHECK(unlink(path) == 0);
    files++;
    return text;
}

/* The lines of the child's stdout, of one process added up where `merge`. */
static unsigned read_report(const char **at, unsigned *process, bool merge) {
    unsigned failures = 0, next_process, next;
    int used;
    *process = 0;
    while (sscanf(*at, "%u %u\n%n", &next_process, &next, &used) == 2 &&
           (*process == 0 || (merge && next_process == *process))) {
        *process = next_process;
        failures += next;
        *at += used;
    }
    return failures;
}

static child_t run(const char *mode, const char *stats, const char *trace) {
    char stats_option[128], trace_option[128];
    snprintf(stats_option, sizeof stats_option, "HAKMEM_STATS=%s/%s", folder, stats);
    snprintf(trace_option, sizeof trace_option, "HAKMEM_ACE_TRACE_FILE=%s/%s", folder, trace);
    child_t child =
        CHILD_RUN(mode, stats_option, trace_option, "HAKMEM_WMAX_MID=1.01", "HAKMEM_ACE_TRACE=1");
    child_expect_success(&child);
    CHECK_MSG(child.err[0] == '\0', "%s", child.err);
    return child;
}

static void each_process(const char *mode, unsigned processes, bool merge) {
    child_t child = run(mode, "stats%%-%p.%p", "trace%%-%p.%p");
    const char *at = child.out;
    unsigned process, seen = 0;
    for (unsigned failures; failures = read_report(&at, &process, merge), process != 0; seen++) {
        CHECK_EQ(trace_count(read_file("trace", process), "Threshold", "mid"), failures);
        json_t *stats = stats_parse(read_file("stats", process));
        CHECK_EQ(stats_u64(stats, "process.id"), process);
        CHECK_EQ(stats_u64(stats, "ace.totals.threshold"), merge ? 4 : failures);
        CHECK(!merge || strcmp(stats_string(stats, "process.program"), "other name") == 0);
        json_decref(stats);
    }
    CHECK_MSG(seen == processes, "%s", child.out);
    child_free(&child);
}

/* Three lines, two processes; the child leaves no statistics. */
static void without_handlers(void) {
    child_t child = run("bare", "stats%%-%p.%p", "trace%%-%p.%p");
    unsigned parent, other, again, failures[3];
    CHECK(sscanf(child.out, "%u %u %u %u %u %u", &parent, &failures[0], &other, &failures[1],
                 &again, &failures[2]) == 6);
    CHECK(parent == again && parent != other);
    CHECK_EQ(trace_count(read_file("trace", parent), "Threshold", "mid"), 4);
    CHECK_EQ(trace_count(read_file("trace", other), "Threshold", "mid"), 5);
    read_file("stats", parent);
    child_free(&child);
}

/* One name for all: the trace is of all, the figures of the last one to end, the first process. */
static void plain_name(void) {
    char path[128];
    child_t child = run("fork", "stats", "trace");
    snprintf(path, sizeof path, "%s/stats", folder);
    json_t *stats = stats_load(path);
    CHECK_EQ(stats_u64(stats, "process.id"), strtoul(child.out, NULL, 10));
    json_decref(stats);
    CHECK(unlink(path) == 0);
    snprintf(path, sizeof path, "%s/trace", folder);
    FILE *file = fopen(path, "r");
    char text[4096] = "";
    CHECK(file && fread(text, 1, sizeof text - 1, file) > 0);
    fclose(file);
    CHECK_EQ(trace_count(text, "Threshold", "mid"), 5 + 4 + 3 + 2 + 1);
    CHECK(unlink(path) == 0);
    child_free(&child);
}

int main(int argc, char **argv) {
    if (argc > 1) {
        return child_main(argv[1]);
    }
    CHECK(mkdtemp(folder));
    each_process("fork", 5, false);
    each_process("threads", FORKS + 1, false);
    each_process("exec", 1, true);
    without_handlers();
    plain_name();
    CHECK_EQ(files, 2 * (5 + FORKS + 1 + 1) + 3);
    CHECK_MSG(rmdir(folder) == 0, "more files than processes in %s", folder);
    return 0;
}
