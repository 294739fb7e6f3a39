/*
 * test_pairs.c - launches and turns: what is paired with what, and what a study of power makes of
 * it.
 */
#include "analysis.h"
#include "mock.h"
#include "pairs.h"
#include "power.h"
#include "text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>

enum { BLOCKS = 6, DISTURBED = 2 };

/* A sample of a launch in turns: of `ns` per operation, times what the machine did in the block,
 * which all cells of the launch share. In block DISTURBED this one alone took three times as long.
 */
static void add_sample(samples_t *all, const char *allocator, unsigned rep, double ns,
                       unsigned threads, bool disturbed) {
    all->items = text_grow(all->items, all->count, sizeof *all->items);
    sample_t *s = &all->items[all->count++];
    *s = (sample_t){.schema = SAMPLE_SCHEMA,
                    .cell = text_format("compare/w/%s", allocator),
                    .phase = PHASE_COMPARE,
                    .rep = rep,
                    .workload = text_copy("w"),
                    .allocator = text_copy(allocator),
                    .status = "ok",
                    .driver_threads = threads,
                    .rounds = 3,
                    .turn_count = BLOCKS,
                    .turns = text_alloc(BLOCKS * sizeof(turn_t)),
                    .start_ops = 100,
                    .start_ns = 400 * ns,
                    .share_s = 0.5};
    for (unsigned b = 0; b < BLOCKS; b++) {
        double machine = 1 + 0.5 * sin(7.0 * b + rep);
        double own = disturbed && b == DISTURBED ? 3 : 1;
        s->turns[b] = (turn_t){.block = b,
                               .disturbed = b == DISTURBED,
                               .ops = 1000,
                               .cpu_ns = 1000 * ns * machine * own,
                               .wall_ns = 5000 * ns * machine};
    }
}

static interval_t ratio(const samples_t *all, sample_value_t value) {
    return pairs_ratio(all, "compare/w/other", "compare/w/hakmem", value, UINT_MAX);
}

static void turns_of_one_block_are_paired(void **state) {
    (void)state;
    samples_t all = {0};
    for (unsigned rep = 0; rep < 5; rep++) {
        add_sample(&all, "hakmem", rep, 10, 1, false);
        add_sample(&all, "other", rep, 12.5, 1, true);
    }
    interval_t r = ratio(&all, sample_speed);
    assert_int_equal(r.pairs, 5); /* launches, not turns */
    assert_true(fabs(r.mid - 0.8) < 1e-9 && fabs(r.hi - r.lo) < 1e-9);
    assert_true(fabs(ratio(&all, sample_start_speed).mid - 0.8) < 1e-9);
    assert_int_equal(
        pairs_ratio_of(&all, "compare/w/other", "compare/w/hakmem", sample_speed, 1, 4).pairs, 3);
}

/* With fewer than three undisturbed ones the disturbed are taken too. */
static void disturbed_turns_stand_back(void **state) {
    (void)state;
    samples_t all = {0};
    add_sample(&all, "hakmem", 0, 10, 1, false);
    add_sample(&all, "other", 0, 10, 1, true);
    for (unsigned b = 0; b < BLOCKS; b++) {
        for (size_t i = 0; i < 2; i++) {
            all.items[i].turns[b].disturbed = b != DISTURBED && b != 0 && b != 1;
        }
    }
    double ratio_of_three = ratio(&all, sample_speed).mid;    /* of 1, 1 and 3 */
    assert_true(fabs(ratio_of_three - pow(3, -0.25)) < 1e-9); /* Hodges-Lehmann's centre of them */
    for (size_t i = 0; i < 2; i++) { /* as many, of other blocks: the wild one stands back */
        all.items[i].turns[DISTURBED].disturbed = true;
        all.items[i].turns[3].disturbed = false;
    }
    assert_true(fabs(ratio(&all, sample_speed).mid - 1) < 1e-9);
    for (unsigned b = 3; b < BLOCKS; b++) { /* two are too few: all count, of which four are slow */
        all.items[0].turns[b].disturbed = all.items[1].turns[b].disturbed = true;
        all.items[1].turns[b].cpu_ns *= 2;
    }
    assert_true(ratio(&all, sample_speed).mid < 0.9);
}

/* A cell that sat out a block has no pair there. */
static void blocks_that_were_sat_out_are_no_pairs(void **state) {
    (void)state;
    samples_t all = {0};
    add_sample(&all, "hakmem", 0, 10, 1, false);
    add_sample(&all, "other", 0, 20, 1, false);
    sample_t *other = &all.items[1];
    other->turns[1] = other->turns[3];
    other->turns[2] = other->turns[5];
    other->turn_count = 3; /* blocks 0, 3 and 5 */
    assert_true(fabs(ratio(&all, sample_speed).mid - 0.5) < 1e-9);
}

static void threads_are_timed_by_the_wall(void **state) {
    (void)state;
    samples_t all = {0};
    add_sample(&all, "hakmem", 0, 10, 2, false);
    all.items[0].turn_count = 1;
    double wall_ns = all.items[0].turns[0].wall_ns;
    assert_true(fabs(sample_speed(&all.items[0]) - 1e12 / wall_ns) < 1e-3);
    all.items[0].driver_threads = 1;
    assert_true(sample_speed(&all.items[0]) > 4.9e12 / wall_ns);
}

static void a_failed_sample_has_no_pair(void **state) {
    (void)state;
    samples_t all = {0};
    add_sample(&all, "hakmem", 0, 10, 1, false);
    add_sample(&all, "other", 0, 10, 1, false);
    snprintf(all.items[1].status, STATUS_TEXT, "timeout");
    assert_int_equal(ratio(&all, sample_speed).pairs, 0);
    assert_true(isnan(sample_speed(&all.items[1])) && isnan(sample_start_speed(&all.items[1])));
}

static double noise(unsigned rep, unsigned salt, double size) {
    unsigned hash = (rep + 1) * 2654435761u ^ salt * 40503u;
    hash = (hash ^ hash >> 15) * 2246822519u;
    hash = (hash ^ hash >> 13) * 3266489917u;
    return ((double)(hash >> 8 & 0xffff) / 65536 - 0.5) * 2 * size;
}

/* Launches that vary by `size`; the delays are what they say, and so is the twin. */
static bool study(double size, double delay_2, double twin, power_t *out) {
    static samples_t all;
    static run_info_t info;
    static analysis_t analysis;
    all = (samples_t){0};
    for (unsigned rep = 0; rep <= 120; rep++) {
        add_sample(&all, "hakmem", rep, 10 * (1 + noise(rep, 1, size)), 1, false);
        add_sample(&all, "hakmem-again", rep, 10 * twin * (1 + noise(rep, 2, size)), 1, false);
        if (rep > 0) { /* the first has no delays */
            add_sample(&all, "hakmem+2%", rep, 10 * delay_2 * (1 + noise(rep, 3, size)), 1, false);
        }
    }
    info = (run_info_t){.manifest = json_object(),
                        .workloads = json_pack("[{s:s}]", "name", "w"),
                        .allocators = json_pack("[{s:s}]", "key", "hakmem"),
                        .seed = 1,
                        .margin = 0.02};
    analysis_make(&info, &all, &analysis);
    power_make(&analysis, out);
    char *text = NULL;
    size_t bytes = 0;
    FILE *memory = open_memstream(&text, &bytes);
    bool good = power_print(memory, out);
    fclose(memory);
    free(text);
    return good;
}

static void power_is_what_was_planted(void **state) {
    (void)state;
    power_t power;
    assert_true(study(0.004, 1.02, 1, &power));
    const power_row_t *last = &power.items[power.count - 1], *first = last;
    assert_string_equal(last->allocator, "hakmem+2%");
    assert_int_equal(last->launches, PLAN_LAUNCHES_MOST);
    assert_int_equal(last->runs, 120 / PLAN_LAUNCHES_MOST);
    for (size_t i = power.count; i-- > 0;) {
        first = strcmp(power.items[i].allocator, "hakmem+2%") == 0 ? &power.items[i] : first;
    }
    assert_int_equal(first->launches, 3);
    assert_int_equal(first->runs, 40);
    assert_true(first->half_width > 2 * last->half_width);
    assert_true(fabs(last->seconds - PLAN_LAUNCHES_MOST * 1.5) < 1.0); /* three cells of 0.5 s */
    assert_false(study(0.2, 1.02, 1, &power));                         /* too noisy to find it */
    assert_false(study(0.004, 1, 1, &power));                          /* a delay that is none */
    assert_false(study(0.004, 1.02, 1.03, &power));                    /* a twin that is not one */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(turns_of_one_block_are_paired),
        cmocka_unit_test(disturbed_turns_stand_back),
        cmocka_unit_test(blocks_that_were_sat_out_are_no_pairs),
        cmocka_unit_test(threads_are_timed_by_the_wall),
        cmocka_unit_test(a_failed_sample_has_no_pair),
        cmocka_unit_test(power_is_what_was_planted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
