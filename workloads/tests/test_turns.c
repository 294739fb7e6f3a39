/*
 * test_turns.c - the clocks that stand still while a driver waits for its turn.
 */
#include "cmocka_all.h"
#include "common/turns.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { PAUSE_MS = 200, PARTS = 60, PART_PAUSE_MS = 5 };

static int ends[2];

/* The lab: it answers after a pause. */
static void *answer(void *words) {
    char line[TURNS_LINE_BYTES];
    for (const char **word = words; *word; word++) {
        assert_true(recv(ends[0], line, sizeof line, 0) > 0);
        usleep(PAUSE_MS * 1000);
        assert_true(send(ends[0], *word, strlen(*word), 0) > 0);
    }
    return NULL;
}

static int64_t by_kernel_ns(clockid_t clock) {
    struct timespec now;
    syscall(SYS_clock_gettime, clock, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static int64_t seen_ns(clockid_t clock) {
    struct timespec now;
    assert_int_equal(clock_gettime(clock, &now), 0);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static void a_wait_takes_no_time(void **state) {
    (void)state;
    static const char *words[] = {"warm 3", "turn 5", "end", NULL};
    static const clockid_t clocks[] = {CLOCK_MONOTONIC, CLOCK_MONOTONIC_COARSE, CLOCK_REALTIME};
    static const turns_word_t expected[] = {TURNS_WARM, TURNS_COUNTED, TURNS_END};
    static const uint64_t rounds_expected[] = {3, 5, 0};
    pthread_t lab;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
    char number[16];
    snprintf(number, sizeof number, "%d", ends[1]);
    turns_open(number);
    assert_true(turns_wanted());
    pthread_create(&lab, NULL, answer, words);
    for (size_t i = 0; i < 3; i++) {
        uint64_t rounds, paused = turns_clock_paused_ns();
        int64_t real = by_kernel_ns(clocks[i]), seen = seen_ns(clocks[i]);
        assert_int_equal(turns_wait("done", &rounds), expected[i]);
        int64_t seen_delta = seen_ns(clocks[i]) - seen, real_delta = by_kernel_ns(clocks[i]) - real;
        int64_t pause = (int64_t)(turns_clock_paused_ns() - paused);
        assert_int_equal(rounds, rounds_expected[i]);
        assert_true(pause >= PAUSE_MS * INT64_C(1000000));
        assert_true(seen_delta >= 0); /* a coarse one does not run backwards, either */
        /* What is seen and the pause are what has passed, to the grain of a coarse clock. */
        assert_true(seen_delta + pause <= real_delta + 10000000);
    }
    pthread_join(lab, NULL);
}

/* Lets the program go on after a pause, however often it says that a part is done. */
static void *answer_parts(void *count) {
    char line[TURNS_LINE_BYTES];
    while (recv(ends[0], line, sizeof line, 0) > 0) {
        assert_memory_equal(line, "part", 4);
        usleep(PART_PAUSE_MS * 1000);
        assert_true(send(ends[0], "on", 2, 0) > 0);
        __atomic_fetch_add((unsigned *)count, 1, __ATOMIC_RELAXED);
    }
    return NULL;
}

/* A part ends at any moment, and most of these readings last longer than what lies between them. */
static void clocks_do_not_run_backwards_in_parts(void **state) {
    (void)state;
    pthread_t lab;
    unsigned parts = 0;
    sigset_t alarm;
    sigemptyset(&alarm);
    sigaddset(&alarm, SIGALRM);
    pthread_sigmask(SIG_BLOCK, &alarm, NULL); /* the lab is to have none */
    pthread_create(&lab, NULL, answer_parts, &parts);
    pthread_sigmask(SIG_UNBLOCK, &alarm, NULL);
    int64_t start = seen_ns(CLOCK_MONOTONIC), last = start, real = by_kernel_ns(CLOCK_MONOTONIC);
    turns_begin_parts();
    while (__atomic_load_n(&parts, __ATOMIC_RELAXED) < PARTS) {
        int64_t now = seen_ns(CLOCK_MONOTONIC);
        assert_true(now >= last);
        last = now;
    }
    turns_end_parts();
    real = by_kernel_ns(CLOCK_MONOTONIC) - real;
    assert_true(last - start <= real - PARTS * PART_PAUSE_MS * INT64_C(1000000));
    shutdown(ends[1], SHUT_WR);
    pthread_join(lab, NULL);
}

static void processor_time_is_left_alone(void **state) {
    (void)state;
    int64_t before = seen_ns(CLOCK_PROCESS_CPUTIME_ID);
    assert_true(seen_ns(CLOCK_PROCESS_CPUTIME_ID) >= before);
    assert_true(before <= by_kernel_ns(CLOCK_PROCESS_CPUTIME_ID));
}

static void the_other_two_agree(void **state) {
    (void)state;
    struct timeval now;
    assert_int_equal(gettimeofday(&now, NULL), 0);
    int64_t seconds = seen_ns(CLOCK_REALTIME) / 1000000000;
    assert_true(seconds - now.tv_sec >= 0 && seconds - now.tv_sec < 5);
    assert_true(seconds - time(NULL) >= -5 && seconds - time(NULL) <= 0);
}

/* The driver's own readings, as those of this program, are not counted. */
static void only_others_are_counted(void **state) {
    (void)state;
    uint64_t before = turns_clock_asked();
    seen_ns(CLOCK_MONOTONIC);
    assert_int_equal(turns_clock_asked(), before);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wait_takes_no_time),
        cmocka_unit_test(clocks_do_not_run_backwards_in_parts),
        cmocka_unit_test(processor_time_is_left_alone),
        cmocka_unit_test(the_other_two_agree),
        cmocka_unit_test(only_others_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
