/*
 * turns.c - see turns.h.
 *
 * Each clock has its own amount by which it is behind, read from that clock itself before and after
 * the wait: a coarse clock that was put back by what a fine one says could run backwards.
 */
#include "common/turns.h"

#include "shared/die.h"
#include "shared/number.h"

#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { NS = 1000000000, PART_US = 3000 };

static int channel = -1;

/* What passes by itself; those of CPU time stand still with the process. */
static const clockid_t clocks[] = {CLOCK_REALTIME,         CLOCK_MONOTONIC,
                                   CLOCK_MONOTONIC_RAW,    CLOCK_REALTIME_COARSE,
                                   CLOCK_MONOTONIC_COARSE, CLOCK_BOOTTIME};
enum { CLOCKS = sizeof clocks / sizeof clocks[0] };
static int64_t behind_ns[CLOCKS]; /* written while no other thread works */
static volatile uint32_t waits;   /* how often it has changed: a signal may come by (parts) */
static _Atomic uint64_t asked;    /* relaxed: a count */

typedef int clock_read_t(clockid_t clock, struct timespec *out);

/* Until the constructor below has run: an allocator may ask before. */
static int read_by_kernel(clockid_t clock, struct timespec *out) {
    return (int)syscall(SYS_clock_gettime, clock, out);
}
static clock_read_t *read_clock = read_by_kernel;

/* Whoever would have been found if this file were not there: the C library, or what is preloaded.
 */
static __attribute__((constructor)) void find_clock(void) {
    void *found = dlsym(RTLD_NEXT, "clock_gettime");
    if (found != NULL)
        memcpy(&read_clock, &found, sizeof found);
}

static int64_t ns_of(clockid_t clock) {
    struct timespec now = {0};
    read_clock(clock, &now);
    return (int64_t)now.tv_sec * NS + now.tv_nsec;
}

extern char __executable_start, etext; /* by the linker */

static bool is_driver(const void *caller) {
    uintptr_t at = (uintptr_t)caller;
    return at >= (uintptr_t)&__executable_start && at < (uintptr_t)&etext;
}

/* The three that libraries find here. */
int clock_gettime(clockid_t clock, struct timespec *out) {
    uint32_t waits_before;
    int status;
    do { /* a reading from before a wait and the amount from after it would be in the past */
        waits_before = waits;
        status = read_clock(clock, out);
        for (unsigned i = 0; channel >= 0 && status == 0 && i < CLOCKS; i++) {
            if (clocks[i] == clock) {
                int64_t ns = (int64_t)out->tv_sec * NS + out->tv_nsec - behind_ns[i];
                *out = (struct timespec){.tv_sec = ns / NS, .tv_nsec = ns % NS};
            }
        }
    } while (waits != waits_before);
    if (channel >= 0 && !is_driver(__builtin_return_address(0)))
        atomic_fetch_add_explicit(&asked, 1, memory_order_relaxed);
    return status;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone) {
    struct timespec now = {0};
    (void)zone;
    int status = clock_gettime(CLOCK_REALTIME, &now);
    *out = (struct timeval){.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
    return status;
}

time_t time(time_t *out) {
    struct timespec now = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    if (out != NULL)
        *out = now.tv_sec;
    return now.tv_sec;
}

void turns_open(const char *text) {
    uint64_t number;
    if (!number_parse(text, 0, 1 << 16, &number))
        die_usage("--turns=%s: not the number of an open socket", text);
    channel = (int)number;
}

bool turns_wanted(void) {
    return channel >= 0;
}

void turns_say(const char *line) {
    if (send(channel, line, strlen(line), MSG_NOSIGNAL) < 0)
        die_errno("--turns=%d: nobody listens", channel);
}

static turns_word_t understand(char *line, uint64_t *rounds) {
    bool is_warm = strncmp(line, "warm ", 5) == 0;
    *rounds = 0;
    if (strcmp(line, "end") == 0)
        return TURNS_END;
    if (strcmp(line, "leave") == 0)
        return TURNS_LEAVE;
    if (strcmp(line, "start") == 0)
        return TURNS_START;
    if ((!is_warm && strncmp(line, "turn ", 5) != 0) ||
        !number_parse(line + 5, 1, TURNS_ROUNDS_MAX, rounds))
        die("--turns=%d: \"%s\" is none of start, warm N, turn N, end, leave", channel, line);
    return is_warm ? TURNS_WARM : TURNS_COUNTED;
}

/* For as long as the clocks stand still; no call in it but of the kernel, since signals come by. */
static void say_and_hear(const char *line, char answer[TURNS_LINE_BYTES]) {
    int64_t before[CLOCKS];
    for (unsigned i = 0; i < CLOCKS; i++)
        before[i] = ns_of(clocks[i]);
    turns_say(line);
    ssize_t got = recv(channel, answer, TURNS_LINE_BYTES - 1, 0);
    if (got <= 0) /* the lab ended */
        _exit(EXIT_FAILURE);
    answer[got] = '\0';
    for (unsigned i = 0; i < CLOCKS; i++)
        behind_ns[i] += ns_of(clocks[i]) - before[i];
    waits++;
}

turns_word_t turns_wait(const char *line, uint64_t *rounds) {
    char answer[TURNS_LINE_BYTES];
    say_and_hear(line, answer);
    return understand(answer, rounds);
}

/* ---- parts ---- */

static volatile sig_atomic_t in_parts;

static void wait_for_part(void) {
    const struct itimerval part = {.it_value.tv_usec = PART_US};
    setitimer(ITIMER_REAL, &part, NULL);
}

static void end_part(int number) {
    char answer[TURNS_LINE_BYTES];
    int kept = errno;
    (void)number;
    if (in_parts) {
        say_and_hear("part", answer);
        if (strcmp(answer, "on") != 0)
            die("--turns=%d: \"%s\" in the start is not \"on\"", channel, answer);
        wait_for_part();
    }
    errno = kept;
}

void turns_begin_parts(void) {
    struct sigaction action = {.sa_handler = end_part, .sa_flags = SA_RESTART};
    sigaction(SIGALRM, &action, NULL);
    in_parts = 1;
    wait_for_part();
}

void turns_end_parts(void) {
    const struct itimerval never = {.it_value.tv_usec = 0};
    in_parts = 0;
    setitimer(ITIMER_REAL, &never, NULL);
}

uint64_t turns_clock_asked(void) {
    return atomic_load_explicit(&asked, memory_order_relaxed);
}

uint64_t turns_clock_paused_ns(void) {
    return (uint64_t)behind_ns[1];
}
