/*
 * test_panel.c - real drivers in turns: one that works, one that does not speak, one that dies, and
 * one that is this program again, with figures of the test's own.
 */
#include "file.h"
#include "mock.h"
#include "panel.h"
#include "text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <libgen.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CELLS = 3, WANTED_BLOCKS = 4 };

static char *root_of_tree(void) {
    char *self = realpath("/proc/self/exe", NULL);
    return text_format("%s/../../..", dirname(self)); /* build/lab/tests */
}

typedef struct stage {
    options_t options;
    process_context_t context;
    workload_t workload;
    allocator_t allocators[2];
    cell_t cells[CELLS];
    task_t tasks[CELLS];
    json_t *records[CELLS];
} stage_t;

static bool run(stage_t *s, char **words, size_t count, uint64_t rounds) {
    *s = (stage_t){.options = {.seed = 3},
                   .workload = {.name = "w", .argc = count, .rounds = 2, .expected_s = 0.1}};
    s->workload.argv = words;
    s->context = (process_context_t){.root = root_of_tree(),
                                     .result_path = text_format("/tmp/lab-panel-%d", (int)getpid()),
                                     .options = &s->options,
                                     .hakmem_options = json_object()};
    char *libc = text_copy("/lib/x86_64-linux-gnu/libc.so.6");
    char *library = text_format("%s/hakmem/libhakmem.so", s->context.root);
    s->allocators[0] = (allocator_t){.key = "hakmem",
                                     .path = path_real(library),
                                     .version = "1",
                                     .sha256 = "aa",
                                     .preload = true,
                                     .is_hakmem = true};
    s->allocators[1] =
        (allocator_t){.key = "glibc", .path = path_real(libc), .version = "1", .sha256 = "bb"};
    for (size_t i = 0; i < CELLS; i++) {
        s->cells[i] = (cell_t){.id = text_format("compare/w/%zu", i),
                               .phase = PHASE_COMPARE,
                               .workload = &s->workload,
                               .allocator = &s->allocators[i == 2],
                               .again = i == 1};
        s->tasks[i] = (task_t){&s->cells[i], 0, (unsigned)i};
    }
    panel_shape_t shape = {rounds, WANTED_BLOCKS, rounds > 0};
    return panel_measure(&s->context, s->tasks, CELLS, shape, s->records);
}

static void all_are_measured_side_by_side(void **state) {
    (void)state;
    static stage_t s;
    static char *words[] = {"bin/mid33", "--live=200", "--ops=40000", "--seed=1", NULL};
    assert_true(run(&s, words, 4, 0));
    sample_t samples[CELLS];
    for (size_t i = 0; i < CELLS; i++) {
        assert_true(sample_read(s.records[i], &samples[i]));
        assert_string_equal(samples[i].status, "ok");
        assert_true(samples[i].rounds > 0);
        assert_int_equal(samples[i].rounds, samples[0].rounds); /* the same work for all */
        assert_true(isnan(samples[i].drain_bytes));
        assert_true(samples[i].turn_count > 0 && samples[i].start_ns > 0);
        assert_true(samples[i].start_ops >= 20000); /* a round, and the live set */
        assert_true(samples[i].peak_bytes > 0 && samples[i].share_s > 0);
        assert_string_equal(samples[i].checksum, samples[0].checksum);
        for (size_t j = 0; j < samples[i].turn_count; j++) {
            assert_true(j == 0 || samples[i].turns[j].block > samples[i].turns[j - 1].block);
            /* one that is slow does fewer rounds */
            assert_true(fmod(samples[i].turns[j].ops, 20000) == 0);
            assert_true(samples[i].turns[j].ops <= 20000.0 * (double)samples[i].rounds);
        }
    }
    /* The reference takes part in every block; there are as many as asked for, or, of disturbed
     * ones, half as many again. */
    assert_true(samples[0].turn_count >= WANTED_BLOCKS);
    assert_true(samples[0].turn_count <= WANTED_BLOCKS + WANTED_BLOCKS / 2);
    assert_true(samples[0].blocks == (double)samples[0].turn_count);
    assert_true(run(&s, words, 4, 7)); /* the number of rounds is known */
    assert_true(sample_read(s.records[1], &samples[1]));
    assert_int_equal(samples[1].rounds, 7);
    assert_false(isnan(samples[1].drain_bytes));
}

static void expect_status(char **words, size_t count, const char *status) {
    static stage_t s;
    assert_true(run(&s, words, count, 1));
    for (size_t i = 0; i < CELLS; i++) {
        sample_t sample;
        assert_true(sample_read(s.records[i], &sample));
        assert_string_equal(sample.status, status);
        assert_int_equal(sample.turn_count, 0);
    }
}

static void what_does_not_work_ends_with_its_status(void **state) {
    (void)state;
    static char *dies[] = {"/bin/sh", "-c", "kill -SEGV $$", NULL};
    static char *refuses[] = {"bin/mid33", "--live=none", NULL};
    static char *mute[] = {"/bin/true", NULL};
    expect_status(dies, 3, "signal 11");
    expect_status(refuses, 2, "exit 2");
    expect_status(mute, 1, "no result");
}

/* A round of 20 ms, by its own account, is longer than a turn; the first four fault pages in. */
enum { COLD_ROUNDS = 4, ROUND_NS = 20000000, COLD_NS = 30000000, COLD_FAULTS = 3000 };

enum { PARTS = 4 };

/* Appends which process it is, if that is wanted. */
static void note_part(const char *log) {
    FILE *file = log ? fopen(log, "a") : NULL;
    if (file) {
        fprintf(file, "%d\n", (int)getpid());
        fclose(file);
    }
}

/* With a log its start is in parts; of `waiting` threads, the first waits for half of its time. */
static int drive(const char *channel_option, const char *log, int waiting) {
    int channel = atoi(strchr(channel_option, '=') + 1), parts = log ? PARTS : 0;
    int threads = waiting > 0 ? waiting : 2, waited_ns = waiting > 0 ? ROUND_NS / 2 : 0;
    char heard[64], said[256] = "loaded";
    for (unsigned long long rounds, done = 0;; done += rounds) {
        ssize_t got = send(channel, said, strlen(said), MSG_NOSIGNAL) < 0
                          ? 0
                          : recv(channel, heard, sizeof heard - 1, 0);
        heard[got > 0 ? got : 0] = '\0';
        rounds = 0;
        if (strcmp(heard, "start") == 0 || strcmp(heard, "on") == 0) {
            note_part(log);
            if (parts-- > 0) {
                snprintf(said, sizeof said, "part");
            } else {
                snprintf(said, sizeof said, "ready {\"threads\": %d}", threads);
            }
        } else if (sscanf(heard, "%*[a-z] %llu", &rounds) == 1) {
            bool cold = done < COLD_ROUNDS;
            snprintf(said, sizeof said,
                     "done {\"ops\": %llu, \"wall_ns\": %d, \"cpu_ns\": 1, \"faults\": %d, "
                     "\"switches\": 0, \"waited_ns\": %d, \"processor\": 0}",
                     rounds, cold ? COLD_NS : ROUND_NS, cold ? COLD_FAULTS : 0, waited_ns);
        } else { /* it ends, or the lab is gone */
            return 0;
        }
    }
}

/* What the reference does before its first turn, the others do, too. */
static void all_are_warm_alike(void **state) {
    (void)state;
    static stage_t s;
    static char *self[] = {"/proc/self/exe", NULL};
    self[0] = path_real(self[0]);
    for (uint64_t rounds = 0; rounds < 2; rounds++) {
        assert_true(run(&s, self, 1, rounds));
        for (size_t i = 0; i < CELLS; i++) {
            json_t *row, *turns = json_object_get(json_object_get(s.records[i], "panel"), "turns");
            size_t j;
            assert_true(json_array_size(turns) >= WANTED_BLOCKS / 2);
            json_array_foreach(turns, j, row) {
                assert_int_equal(json_integer_value(json_array_get(row, 4)), 0); /* faults */
            }
        }
    }
}

static size_t undisturbed_blocks(char **words) {
    static stage_t s;
    size_t out = 0, i;
    json_t *block;
    assert_true(run(&s, words, 2, 1));
    json_array_foreach(json_object_get(json_object_get(s.records[0], "panel"), "blocks"), i,
                       block) {
        out += json_integer_value(json_array_get(block, 1)) == 0;
    }
    return out;
}

/* Who has to wait for a processor was disturbed, unless it has more threads than there are
 * processors. (This machine may be busy, so it may take a few panels to find a quiet block.) */
static void a_program_is_not_disturbed_by_its_own_threads(void **state) {
    (void)state;
    static char *alone[] = {"/proc/self/exe", "1", NULL}, *many[] = {NULL, "100000", NULL};
    size_t found = 0;
    alone[0] = many[0] = path_real(alone[0]);
    assert_int_equal(undisturbed_blocks(alone), 0);
    for (int i = 0; i < 200 && found == 0; i++) {
        found = undisturbed_blocks(many);
    }
    assert_true(found > 0);
}

/* None is two parts ahead of another. */
static void all_start_in_turn(void **state) {
    (void)state;
    static stage_t s;
    static char *words[] = {"/proc/self/exe", NULL, NULL};
    int who[(PARTS + 1) * CELLS], count = 0;
    words[0] = path_real(words[0]);
    words[1] = text_format("/tmp/lab-panel-parts-%d", (int)getpid());
    unlink(words[1]);
    assert_true(run(&s, words, 2, 1));
    FILE *log = fopen(words[1], "r");
    assert_non_null(log);
    for (int pid; fscanf(log, "%d", &pid) == 1; count++) {
        assert_in_range(count, 0, (PARTS + 1) * CELLS - 1);
        who[count] = pid;
        assert_true(count < CELLS || pid == who[count - CELLS]);
        for (int i = count - count % CELLS; i < count; i++) {
            assert_int_not_equal(pid, who[i]);
        }
    }
    fclose(log);
    unlink(words[1]);
    assert_int_equal(count, (PARTS + 1) * CELLS);
}

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--turns=", 8) == 0) {
            return drive(argv[i], argv[1][0] == '/' ? argv[1] : NULL, atoi(argv[1]));
        }
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_are_measured_side_by_side),
        cmocka_unit_test(all_are_warm_alike),
        cmocka_unit_test(all_start_in_turn),
        cmocka_unit_test(a_program_is_not_disturbed_by_its_own_threads),
        cmocka_unit_test(what_does_not_work_ends_with_its_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
