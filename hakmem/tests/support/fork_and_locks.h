/*
 * fork_and_locks.h - fork against each lock of libc's that is held while malloc or free is called:
 * some threads do nothing but take that lock, allocate under it and free, others fork. A fork that
 * waits for such a lock, while its holder waits for the allocator, hangs. The child, which has one
 * thread, allocates and frees blocks of all sizes, prints, and starts a thread.
 *
 * All is counted, nothing timed: a part is done when so many forks are, and each of the busy
 * threads has done as many rounds. Included by a test that is preloaded into, and by one that is
 * linked with libhakmem.a. With HAK_API no lock is held: a sanitizer's own handler of fork takes
 * locks of its allocator before libc takes those of the streams, and hangs.
 */
#ifndef FORK_AND_LOCKS_H
#define FORK_AND_LOCKS_H

#include "api.h"

#include <errno.h>
#include <iconv.h>
#include <libintl.h>
#include <locale.h>
#include <netdb.h>
#include <nss.h>
#include <pthread.h>
#include <pwd.h>
#include <sched.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

enum { FORKERS = 3, FORKS = 12, ROUNDS = 12, LINE_BYTES = 50000, MOST_BUSY = 12 };
enum { PERCENT_HARDENED = 40 }; /* of the forks, where level 0 has been through all of them */

typedef struct busy {
    void (*round)(unsigned number, unsigned i); /* of the i-th thread of this kind */
    unsigned threads;
} busy_t;

typedef struct part {
    const char *name;
    busy_t busy[3];
} part_t;

/* Blocks that no magazine serves for long. */
static void allocate(unsigned number) {
    static const size_t sizes[] = {40, 900, 3000, 33000, 60000, 50000, 300000, 2500000};
    void *blocks[6];
    for (unsigned i = 0; i < 6; i++) {
        size_t bytes = sizes[(number + i) % 8] + number % 90;
        blocks[i] = i % 2 ? malloc(bytes) : calloc(1, bytes);
        CHECK(blocks[i]);
        memset(blocks[i], (int)i, 40);
        blocks[i] = i == 3 ? realloc(blocks[i], bytes * 2) : blocks[i];
        CHECK(blocks[i] && ((char *)blocks[i])[39] == (char)i);
    }
    for (unsigned i = 0; i < 6; i++) {
        free(blocks[i]);
    }
}

static FILE *own_stream;

#ifndef HAK_API
static void hold_stream(unsigned number, unsigned i) {
    (void)i;
    flockfile(own_stream);
    allocate(number);
    funlockfile(own_stream);
}

/* Not all the time: a fork would wait for the list of streams, whose lock is not fair. */
static void flush_all(unsigned number, unsigned i) {
    (void)i;
    fflush(NULL);
    for (unsigned pause = 0; pause < 4; pause++) {
        allocate(number + pause);
        sched_yield();
    }
}

static char line_file[64];

static void read_line(unsigned number, unsigned i) {
    static FILE *files[MOST_BUSY];
    char *line = NULL;
    size_t room = 0;
    (void)number;
    if (files[i] == NULL) {
        files[i] = fopen(line_file, "r");
        CHECK(files[i]);
    }
    rewind(files[i]);
    CHECK(getline(&line, &room, files[i]) == LINE_BYTES);
    free(line);
}

static void open_streams(unsigned number, unsigned i) {
    char *text = NULL;
    size_t bytes = 0;
    (void)i;
    FILE *file = fopen("/dev/null", "w");
    FILE *memory = open_memstream(&text, &bytes);
    CHECK(file && memory);
    CHECK(fprintf(memory, "%*d", (int)(number % 20000), 1) > 0);
    CHECK(fclose(memory) == 0 && fclose(file) == 0);
    free(text);
}

static void load_library(unsigned number, unsigned i) {
    static const char *const names[] = {"libanl.so.1", "libutil.so.1", "libBrokenLocale.so.1"};
    (void)i;
    void *library = dlopen(names[number % 3], RTLD_NOW);
    if (library != NULL) {
        dlclose(library);
    }
}

static void nothing(void) {
}

/* Their lists grow: the number is bounded, as each fork and the exit go through them. */
static void register_handlers(unsigned number, unsigned i) {
    (void)i;
    if (number < 300) {
        CHECK(pthread_atfork(NULL, NULL, NULL) == 0);
    }
    CHECK(number >= 3000 || atexit(nothing) == 0);
}

static void change_locale(unsigned number, unsigned i) {
    locale_t made = newlocale(LC_ALL_MASK, number % 2 ? "C.UTF-8" : "C", (locale_t)0);
    CHECK(made != (locale_t)0);
    freelocale(duplocale(made));
    freelocale(made);
    if (i == 0) {
        setlocale(LC_ALL, number % 2 ? "C.UTF-8" : "C");
    }
    char folder[32];
    snprintf(folder, sizeof folder, "/tmp/none-%u", number % 7);
    bindtextdomain("fork_and_locks", folder);
}

static void convert(unsigned number, unsigned i) {
    (void)i;
    iconv_t to = iconv_open(number % 2 ? "UTF-16" : "UCS-4", "UTF-8");
    if (to != (iconv_t)-1) {
        iconv_close(to);
    }
}

static void ask_names(unsigned number, unsigned i) {
    struct addrinfo *found = NULL, numeric = {.ai_flags = AI_NUMERICHOST};
    if (getaddrinfo("127.0.0.1", NULL, &numeric, &found) == 0) {
        freeaddrinfo(found);
    }
    getpwuid((uid_t)(number % 2));
    if (i == 0) { /* reads a new line of nsswitch.conf, under the lock of that database */
        CHECK(__nss_configure_lookup("passwd", number % 2 ? "files" : "files files") == 0);
    }
}

static void change_zone(unsigned number, unsigned i) {
    static const char *const zones[] = {"Europe/Paris", "Asia/Tokyo", "UTC0", "CET-1CEST"};
    char text[64];
    (void)i;
    setenv("TZ", zones[number % 4], 1);
    time_t now = 1700000000 + (time_t)number * 1000000;
    struct tm parts;
    tzset();
    CHECK(localtime_r(&now, &parts) && strftime(text, sizeof text, "%c %Z", &parts) > 0);
}

static void *run_thread(void *argument) {
    allocate((unsigned)(uintptr_t)argument);
    return NULL;
}

static void start_threads(unsigned number, unsigned i) {
    pthread_t threads[2];
    (void)i;
    for (int t = 0; t < 2; t++) {
        CHECK(pthread_create(&threads[t], NULL, run_thread, (void *)(uintptr_t)number) == 0);
    }
    for (int t = 0; t < 2; t++) {
        CHECK(pthread_join(threads[t], NULL) == 0);
    }
}

/* A fork in a handler of fork's. */
static void fork_again(void) {
    static _Thread_local bool is_inner;
    if (!is_inner) {
        is_inner = true;
        pid_t pid = fork();
        if (pid == 0) {
            allocate(1);
            _exit(0);
        }
        is_inner = false;
        int status = 1;
        CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0);
    }
}

/* Its child may do only what a handler of a signal may. */
static pid_t fork_without_handlers(void) {
    pid_t pid = _Fork();
    if (pid == 0) {
        _exit(0);
    }
    return pid;
}

static pid_t fork_in_place(void) {
    pid_t pid = vfork();
    if (pid == 0) {
        execl("/bin/true", "true", (char *)NULL);
        _exit(126);
    }
    return pid;
}

static void other_ways(unsigned number, unsigned i) {
    static char *const just_true[] = {(char *)(uintptr_t) "true", NULL};
    pid_t pid = 0;
    int status = 0;
    (void)i;
    if (number == 0) {
        CHECK(pthread_atfork(fork_again, NULL, fork_again) == 0);
    }
    if (number % 5 == 0) {
        FILE *out = popen("echo word", "r");
        char word[8];
        CHECK(out && fgets(word, sizeof word, out) && pclose(out) == 0);
    } else if (number % 5 == 1) {
        CHECK(system("true") == 0);
    } else if (number % 5 == 2) {
        CHECK(posix_spawn(&pid, "/bin/true", NULL, NULL, just_true, NULL) == 0);
    } else {
        pid = number % 5 == 3 ? fork_without_handlers() : fork_in_place();
    }
    CHECK(pid == 0 || (pid > 0 && waitpid(pid, &status, 0) == pid && status == 0));
    allocate(number);
}
#endif

static void plain(unsigned number, unsigned i) {
    allocate(number + i);
}

static const part_t parts[] = {
    {"none", {{plain, 3}}},
#ifndef HAK_API
    {"stream held by the program", {{hold_stream, 2}, {flush_all, 1}}},
    /* The first ones hung at once when fork held locks of the allocator; of the others libc's fork
     * waits for few, and for short. */
    {"streams", {{read_line, 8}, {flush_all, 1}}},
    {"list of streams", {{open_streams, 3}, {read_line, 2}, {flush_all, 1}}},
    {"loader", {{load_library, 3}}},
    {"handlers", {{register_handlers, 2}, {plain, 1}}},
    {"locale", {{change_locale, 3}}},
    {"conversions", {{convert, 3}}},
    {"names", {{ask_names, 3}}},
    {"time zone", {{change_zone, 3}}},
    {"threads", {{start_threads, 2}}},
    {"other ways to a child", {{other_ways, 1}, {plain, 1}}},
#endif
};
enum { PARTS = sizeof parts / sizeof parts[0], OF_STREAMS = 4 };

static unsigned forks_done, busy_done, forks_wanted;

typedef struct task {
    const busy_t *busy;
    unsigned i;
} task_t;

static void *keep_busy(void *argument) {
    const task_t *task = argument;
    unsigned rounds = 0;
    while (__atomic_load_n(&forks_done, __ATOMIC_RELAXED) < forks_wanted || rounds < ROUNDS) {
        task->busy->round(rounds++, task->i);
    }
    __atomic_add_fetch(&busy_done, 1, __ATOMIC_RELAXED);
    return NULL;
}

__attribute__((noreturn)) static void be_child(unsigned number) {
    allocate(number);
    allocate(number + 3);
#ifndef HAK_API /* a sanitizer does not let a forked child start threads */
    start_threads(number, 0);
    printf("%.*f of child %u\n", (int)(number % 5000), 1.0, number);
    fflush(stdout);
#endif
    _exit(0);
}

static void *keep_forking(void *argument) {
    unsigned number = (unsigned)(uintptr_t)argument;
    unsigned mine = forks_wanted / FORKERS;
    for (unsigned i = 0; i < mine; i++) {
        pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid == 0) {
            be_child(number * mine + i);
        }
        int status = 0;
        CHECK(waitpid(pid, &status, 0) == pid);
        CHECK_MSG(status == 0, "child: status %#x", (unsigned)status);
        allocate(i);
        __atomic_add_fetch(&forks_done, 1, __ATOMIC_RELAXED);
    }
    return NULL;
}

static void run_part(const part_t *part) {
    pthread_t threads[MOST_BUSY + FORKERS];
    task_t tasks[MOST_BUSY];
    unsigned count = 0;
    forks_wanted = (unsigned)test_rounds(FORKS) / FORKERS * FORKERS;
    for (const busy_t *busy = part->busy; busy < part->busy + 3 && busy->round; busy++) {
        for (unsigned i = 0; i < busy->threads; i++, count++) {
            tasks[count] = (task_t){busy, i};
            CHECK(pthread_create(&threads[count], NULL, keep_busy, &tasks[count]) == 0);
        }
    }
    for (uintptr_t i = 0; i < FORKERS; i++) {
        CHECK(pthread_create(&threads[count + i], NULL, keep_forking, (void *)i) == 0);
    }
    for (unsigned i = 0; i < count + FORKERS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    CHECK_EQ(forks_done, forks_wanted);
    CHECK_EQ(busy_done, count);
}

static void start_stream(void) {
    own_stream = fopen("/dev/null", "w");
    CHECK(own_stream && freopen("/dev/null", "w", stdout));
#ifndef HAK_API
    snprintf(line_file, sizeof line_file, "/tmp/hakmem-lines-%d", (int)getpid());
    FILE *lines = fopen(line_file, "w");
    CHECK(lines);
    for (int i = 0; i < LINE_BYTES - 1; i++) {
        putc('x', lines);
    }
    CHECK(putc('\n', lines) == '\n' && fclose(lines) == 0);
#endif
}

/* Each part in a process of its own: one that hangs is named by the last line. */
static void run_parts(const char *level, unsigned end) {
    char *text[] = {(char *)(uintptr_t) "fork_and_locks", NULL, NULL};
    char number[16];
    setenv("HAKMEM_HARDEN", level, 1);
    for (unsigned i = 0; i < end && i < PARTS; i++) {
        fprintf(stderr, "level %s: %s\n", level, parts[i].name);
        snprintf(number, sizeof number, "%u", i);
        text[1] = number;
        int status = 0;
        pid_t pid = fork();
        if (pid == 0) {
            execv("/proc/self/exe", text);
            _exit(126);
        }
        CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
        CHECK_MSG(status == 0, "level %s, %s: status %#x", level, parts[i].name, (unsigned)status);
    }
}

int main(int count, char **arguments) {
    if (count > 1) {
        start_stream();
        run_part(&parts[strtoul(arguments[1], NULL, 10) % PARTS]);
#ifndef HAK_API
        unlink(line_file);
#endif
        return 0;
    }
    const char *level = getenv("HAKMEM_HARDEN");
    if (level != NULL) {
        run_parts(level, PARTS);
    } else {
        char percent[32];
        uint64_t usual = test_setting("HAK_TEST_PERCENT", 100);
        run_parts("0", PARTS);
        snprintf(percent, sizeof percent, "%llu",
                 (unsigned long long)(usual * PERCENT_HARDENED / 100));
        setenv("HAK_TEST_PERCENT", percent, 1);
        run_parts("1", OF_STREAMS);
        run_parts("2", OF_STREAMS);
    }
    return 0;
}

#endif
