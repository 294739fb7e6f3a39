/*
 * test_adviser.c - the search and what it recommends, on made-up samples: a planted optimum is
 * found, knobs that do nothing and knobs that do harm are left alone, luck is withdrawn, what
 * trades says so, the budget holds, and an interrupted search goes on as it would have.
 */
#include "advise_show.h"
#include "adviser_kept.h"
#include "mock.h"
#include "text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

/* ---- a made-up study ---- */

static const char small_knobs[] =
    "{\"join\": \",\", \"knobs\": ["
    "{\"name\": \"a\", \"set\": \"CONF=a:%\", \"default\": \"0\", \"values\": [\"1\", \"2\", "
    "\"3\"]},"
    "{\"name\": \"b\", \"set\": \"CONF=b:%\", \"default\": \"0\", \"values\": [\"1\", \"2\"]},"
    "{\"name\": \"c\", \"set\": \"CONF=c:%\", \"default\": \"0\", \"values\": [\"1\", \"2\"]},"
    "{\"name\": \"d\", \"set\": \"CONF=d:%\", \"default\": \"0\", \"values\": [\"1\"]}]}";

/* Logarithms of ratios to the default, of a setting on a part; `end`: beyond that of the peak. */
typedef struct effect {
    double speed, peak, end;
} effect_t;
typedef effect_t (*world_t)(const char *set, const cell_t *cell);

static world_t world;
static unsigned study_number;
static double speed_noise = 0.008, peak_noise = 0.003;
static bool nothing_held_out;
static const char *crashing; /* a cell, in every third of its launches; NULL: none */

static bool has(const char *set, const char *word) {
    return strstr(set, word) != NULL;
}

static const char *conf_of(const cell_t *cell) {
    const char *conf = json_string_value(json_object_get(cell->allocator->environment, "CONF"));
    return conf ? conf : "";
}

static double normal(const cell_t *cell, unsigned rep, unsigned which) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325) ^ study_number * UINT64_C(0x9e3779b97f4a7c15);
    for (const char *c = cell->id; *c; c++) {
        hash = (hash ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
    }
    hash = (hash ^ rep ^ (uint64_t)which << 32) * UINT64_C(0xbf58476d1ce4e5b9);
    hash = (hash ^ hash >> 31) * UINT64_C(0x94d049bb133111eb);
    hash ^= hash >> 29;
    return gsl_cdf_ugaussian_Pinv(((double)(hash >> 12) + 0.5) / (double)(UINT64_C(1) << 52));
}

static double speed_of(const cell_t *cell, unsigned rep) {
    effect_t effect = world(conf_of(cell), cell);
    double other = strcmp(cell->allocator->name, "other") == 0 ? log(0.9) : 0;
    return 1e6 * exp(effect.speed + other + speed_noise * normal(cell, rep, 1));
}
static double peak_of(const cell_t *cell, unsigned rep) {
    return 1.2e6 * exp(world(conf_of(cell), cell).peak + peak_noise * normal(cell, rep, 2));
}
static double end_of(const cell_t *cell, unsigned rep) {
    effect_t effect = world(conf_of(cell), cell);
    return 1.1e6 * exp(effect.peak + effect.end + peak_noise * normal(cell, rep, 3));
}

static json_t *sample(void *context, const cell_t *cell, unsigned rep, unsigned order) {
    json_t *record = mock_sample(context, cell, rep, order);
    if (record && crashing && strcmp(cell->id, crashing) == 0 && rep % 6 == 0) {
        json_object_set_new(record, "status", json_string("signal 11"));
    }
    return record;
}

typedef struct study {
    adviser_t adviser;
    advice_t advice;
    samples_t samples;
    mock_t mock;
    options_t options;
    progress_t progress;
    bool whole;
} study_t;

static const workload_t parts[] = {
    {.name = "work-search", .title = "search", .expected_s = 0.1},
    {.name = "work", .title = "work", .expected_s = 0.1},
    {.name = "work-held-out", .title = "rest", .expected_s = 0.1},
};

static allocator_t allocator_of(const char *key) {
    static char *self;
    self = self ? self : realpath("/proc/self/exe", NULL);
    return (allocator_t){.key = text_copy(key),
                         .name = text_copy(key),
                         .package = "-",
                         .path = self,
                         .version = "1",
                         .sha256 = "aa",
                         .preload = true};
}

/* A sample takes a millisecond, so a budget of so many seconds is for a thousand times as many. */
static void run(study_t *s, size_t allocators, double budget_s) {
    char path[] = "/tmp/hakmem-lab-test-XXXXXX";
    s->options = (options_t){.budget_s = budget_s, .margin = 2, .seed = 7};
    s->adviser = (adviser_t){.options = &s->options,
                             .parts = {&parts[0], &parts[1], nothing_held_out ? NULL : &parts[2]},
                             .items = text_alloc(allocators * sizeof(advised_t)),
                             .count = allocators,
                             .memory_bytes = 1e12};
    for (size_t i = 0; i < allocators; i++) {
        allocator_t *one = text_alloc(sizeof *one);
        *one = allocator_of(i == 0 ? "one" : "other");
        s->adviser.items[i].allocator = one;
        knobs_read(json_loads(small_knobs, 0, NULL), "test", &s->adviser.items[i].knobs);
    }
    s->mock.speed = speed_of;
    s->mock.peak = peak_of;
    s->mock.steady = end_of;
    close(mkstemp(path));
    progress_start(&s->progress, true);
    s->adviser.execution = (execution_t){.plan = &s->adviser.plan,
                                         .samples = &s->samples,
                                         .file = samples_open(path),
                                         .executor = {sample, &s->mock},
                                         .progress = &s->progress};
    adviser_start(&s->adviser);
    s->whole = adviser_run(&s->adviser);
    close(s->adviser.execution.file);
    unlink(path);
    if (s->whole) {
        advice_make(&s->adviser, &s->advice);
    }
}

/* The recommended setting; "" : to keep the default. */
static const char *chosen(const study_t *s, size_t allocator, goal_t goal) {
    const advice_point_t *point = &s->advice.points[allocator][goal];
    const advised_t *one = &s->adviser.items[allocator];
    return point->reason != REASON_NONE
               ? ""
               : knobs_label(&one->knobs, &one->candidates.items[point->row->candidate].choice);
}

/* ---- worlds ---- */

static effect_t nothing_matters(const char *set, const cell_t *cell) {
    (void)set;
    (void)cell;
    return (effect_t){0, 0, 0};
}
static effect_t all_is_worse(const char *set, const cell_t *cell) {
    (void)cell;
    double away = *set ? 1 : 0;
    return (effect_t){-0.05 * away, 0.04 * away, 0};
}
/* The best of speed is a=2 c=1, of memory b=1. */
static effect_t planted(const char *set, const cell_t *cell) {
    (void)cell;
    effect_t out = {0, 0, 0};
    out.speed += has(set, "a:1") ? 0.02 : has(set, "a:2") ? 0.08 : has(set, "a:3") ? -0.10 : 0;
    out.speed += has(set, "c:1") ? 0.06 : has(set, "c:2") ? -0.03 : 0;
    out.peak += has(set, "b:1") ? -0.15 : has(set, "b:2") ? 0.10 : 0;
    out.peak += has(set, "a:3") ? 0.05 : 0;
    return out;
}
static effect_t faster_for_memory(const char *set, const cell_t *cell) {
    (void)cell;
    return has(set, "a:2") ? (effect_t){0.10, 0.30, 0} : (effect_t){0, 0, 0};
}
/* At the start all is well. */
static effect_t fatter_at_the_end(const char *set, const cell_t *cell) {
    (void)cell;
    return (effect_t){has(set, "a:2") ? 0.10 : 0, has(set, "b:1") ? -0.15 : 0,
                      has(set, "a:2")   ? 0.08
                      : has(set, "b:1") ? 0.25
                                        : 0};
}
static effect_t leaner_at_the_end(const char *set, const cell_t *cell) {
    (void)cell;
    return (effect_t){0, 0, has(set, "c:1") ? -0.15 : has(set, "c:2") ? -0.06 : 0};
}
static effect_t lucky_in_the_search(const char *set, const cell_t *cell) {
    return (effect_t){has(set, "a:2") && cell->phase == PHASE_GRID ? 0.10 : 0, 0, 0};
}
static effect_t not_on_the_rest(const char *set, const cell_t *cell) {
    bool rest = strcmp(cell->workload->name, "work-held-out") == 0;
    return (effect_t){has(set, "a:2") && !rest ? 0.10 : 0, has(set, "b:1") && !rest ? -0.2 : 0, 0};
}

/* ---- tests ---- */

static void planted_optimum_is_found(void **state) {
    (void)state;
    world = planted;
    for (study_number = 1; study_number <= 5; study_number++) {
        static study_t s;
        s = (study_t){0};
        run(&s, 1, 0.4);
        assert_true(s.whole);
        const char *fastest = chosen(&s, 0, GOAL_FASTEST); /* b=1 is no slower, and may be there */
        assert_true(has(fastest, "a=2") && has(fastest, "c=1") && !has(fastest, "b=2"));
        assert_true(has(chosen(&s, 0, GOAL_LEANEST), "b=1"));
        assert_string_equal(chosen(&s, 0, GOAL_BALANCED), "a=2 b=1 c=1");
        const advice_row_t *row = s.advice.points[0][GOAL_FASTEST].row;
        assert_true(row->as_lean && row->as_fast);
        assert_true(fabs(log(row->ratio[PART_WHOLE][ADVICE_SPEED].mid) - 0.14) < 0.02);
        assert_true(row->ratio[PART_WHOLE][ADVICE_SPEED].pairs >= 3);
    }
}

static bool keeps_all(const study_t *s) {
    bool out = true;
    for (size_t a = 0; a < s->adviser.count; a++) {
        for (goal_t goal = 0; goal < GOALS; goal++) {
            out &= *chosen(s, a, goal) == '\0';
        }
    }
    return out;
}

/* Rows that differ if nobody asks how many there are. */
static unsigned lucky_rows(const study_t *s) {
    unsigned out = 0;
    for (size_t i = 0; i < s->advice.own_count; i++) {
        const advice_row_t *row = &s->advice.own[i];
        bool lucky = true;
        for (size_t part = 0; part < ADVISE_PARTS; part++) {
            const interval_t *r = &row->ratio[part][ADVICE_SPEED];
            lucky &= !adviser_part(&s->adviser, part) || (r->p < 0.05 && r->lo > 1);
        }
        out += lucky && !row->faster;
    }
    return out;
}

static void default_is_kept_where_knobs_do_nothing(void **state) {
    (void)state;
    enum { STUDIES = 100 };
    unsigned kept = 0, confirmed = 0, lucky = 0;
    world = nothing_matters;
    speed_noise = 0.04; /* much: or nothing would look better for a moment */
    peak_noise = 0.02;
    for (study_number = 1; study_number <= STUDIES; study_number++) {
        static study_t s;
        s = (study_t){0};
        nothing_held_out = study_number % 2; /* that is harder */
        run(&s, 2, study_number % 4 < 2 ? 0.3 : 0.12);
        kept += keeps_all(&s);
        confirmed += s.advice.own_count > 0; /* something looked better, and had to be refuted */
        lucky += lucky_rows(&s);
        free(s.samples.items);
    }
    speed_noise = 0.008;
    peak_noise = 0.003;
    nothing_held_out = false;
    assert_true(confirmed > STUDIES / 2);
    assert_true(kept >= STUDIES * 95 / 100);
    assert_true(lucky > 0); /* or the correction was not put to the test */
}

static void default_is_kept_where_all_else_is_worse(void **state) {
    (void)state;
    world = all_is_worse;
    for (study_number = 1; study_number <= 5; study_number++) {
        static study_t s;
        s = (study_t){0};
        run(&s, 1, 0.3);
        assert_true(keeps_all(&s));
        assert_int_equal(s.advice.points[0][GOAL_FASTEST].reason, REASON_SAME);
    }
}

static char *text_of(const study_t *s) {
    char *text = NULL;
    size_t bytes = 0;
    FILE *memory = open_memstream(&text, &bytes);
    advise_look_t look = {"work", "./my-program", NULL};
    advise_print(memory, &s->advice, &look);
    fclose(memory);
    return text;
}

static void what_trades_says_so_and_is_not_balanced(void **state) {
    (void)state;
    static study_t s;
    world = faster_for_memory;
    study_number = 1;
    s = (study_t){0};
    run(&s, 1, 0.4);
    assert_string_equal(chosen(&s, 0, GOAL_FASTEST), "a=2");
    assert_string_equal(chosen(&s, 0, GOAL_LEANEST), "");
    assert_string_equal(chosen(&s, 0, GOAL_BALANCED), "");
    char *text = text_of(&s);
    assert_non_null(strstr(text, "it trades: it takes more memory"));
    assert_non_null(strstr(text, " CONF=a:2 ./my-program"));
    assert_non_null(strstr(text, "balanced  keep the default"));
}

static void memory_at_the_end_counts(void **state) {
    (void)state;
    static study_t s;
    for (study_number = 1; study_number <= 5; study_number++) {
        world = fatter_at_the_end;
        s = (study_t){0};
        run(&s, 1, 0.4);
        assert_string_equal(chosen(&s, 0, GOAL_FASTEST), "a=2");
        assert_string_equal(chosen(&s, 0, GOAL_LEANEST), "");
        assert_string_equal(chosen(&s, 0, GOAL_BALANCED), "");
        char *text = text_of(&s);
        assert_non_null(strstr(text, "it trades: it takes more memory at the end"));
        assert_non_null(strstr(text, ", at the end +8"));

        world = leaner_at_the_end;
        s = (study_t){0};
        run(&s, 2, 0.8);
        assert_string_equal(chosen(&s, 0, GOAL_FASTEST), "");
        assert_string_equal(chosen(&s, 0, GOAL_LEANEST), "c=1");
        assert_string_equal(chosen(&s, 0, GOAL_BALANCED), "c=1");
        assert_non_null(s.advice.word[GOAL_LEANEST].row);
        assert_int_equal(s.advice.word[GOAL_LEANEST].row->candidate > 0, 1);
    }
}

static void luck_of_the_search_is_withdrawn(void **state) {
    (void)state;
    static study_t s;
    world = lucky_in_the_search;
    study_number = 1;
    s = (study_t){0};
    run(&s, 1, 0.4);
    assert_true(keeps_all(&s));
    assert_int_equal(s.advice.points[0][GOAL_FASTEST].reason, REASON_NOT_SHOWN);
    assert_non_null(strstr(text_of(&s), "fresh launches do not show it"));
}

static void gain_must_show_on_what_was_held_out(void **state) {
    (void)state;
    static study_t s;
    world = not_on_the_rest;
    study_number = 1;
    s = (study_t){0};
    run(&s, 1, 0.4);
    assert_true(keeps_all(&s));
    const advice_row_t *row = s.advice.points[0][GOAL_FASTEST].row;
    assert_non_null(row);
    assert_true(row->ratio[PART_WHOLE][ADVICE_SPEED].lo > 1.02 ||
                row->ratio[PART_WHOLE][ADVICE_PEAK].hi < 0.98);
}

static void last_word_is_over_all_allocators(void **state) {
    (void)state;
    static study_t s;
    world = planted;
    study_number = 3;
    s = (study_t){0};
    run(&s, 2, 0.8); /* "other" is a tenth slower at the same settings */
    const advice_row_t *fastest = s.advice.word[GOAL_FASTEST].row;
    assert_non_null(fastest);
    assert_int_equal(fastest->advised, 0);
    assert_true(fastest->candidate > 0);
    for (size_t i = 0; i < s.advice.last_count; i++) {
        const advice_row_t *row = &s.advice.last[i];
        if (row->advised == 1 && row->candidate == 0) {
            assert_false(advice_on_front(&s.advice, row));
        }
    }
    assert_non_null(strstr(text_of(&s), "Over all allocators, against one's default:"));
}

static double taken_s(const samples_t *all) {
    double sum = 0;
    for (size_t i = 0; i < all->count; i++) {
        sum += all->items[i].share_s;
    }
    return sum;
}

static void budget_holds(void **state) {
    (void)state;
    static const double budgets_s[] = {0.01, 0.03, 0.06, 0.12, 0.5};
    world = planted;
    study_number = 1;
    for (size_t i = 0; i < sizeof budgets_s / sizeof *budgets_s; i++) {
        static study_t s;
        s = (study_t){0};
        run(&s, 2, budgets_s[i]);
        assert_true(s.whole);
        assert_true(taken_s(&s.samples) <= budgets_s[i]);
        assert_true(i < 2 || taken_s(&s.samples) > 0.5 * budgets_s[i]);
        assert_non_null(strstr(text_of(&s), "Over all allocators"));
    }
}

static void interrupted_search_goes_on_as_it_would_have(void **state) {
    (void)state;
    static study_t undisturbed, again;
    world = planted;
    study_number = 2;
    undisturbed = (study_t){0};
    speed_noise = 0.04; /* each launch more may change what is chosen */
    run(&undisturbed, 2, 0.3);
    for (size_t after = 7; after < undisturbed.samples.count; after += 23) {
        again = (study_t){.mock.interrupt_after = after};
        run(&again, 2, 0.3);
        assert_false(again.whole);
        assert_int_equal(again.samples.count, after);
        again.mock.interrupt_after = 0;
        run(&again, 2, 0.3);
        assert_true(again.whole);
        assert_int_equal(again.samples.count, undisturbed.samples.count);
        assert_string_equal(text_of(&again), text_of(&undisturbed));
    }
    speed_noise = 0.008;
}

static void setting_that_fails_is_not_recommended(void **state) {
    (void)state;
    static study_t s;
    world = planted;
    study_number = 1;
    s = (study_t){.mock.failing = "confirm/work/one:a=2 c=1"};
    run(&s, 1, 0.4);
    assert_string_not_equal(chosen(&s, 0, GOAL_FASTEST), "a=2 c=1");
    s = (study_t){.mock.failing = "grid/work-search/one:a=2"};
    run(&s, 1, 0.4);
    assert_true(s.whole);
    assert_false(has(chosen(&s, 0, GOAL_FASTEST), "a=2"));
    crashing = "confirm/work/one:a=2";
    world = faster_for_memory;
    s = (study_t){0};
    run(&s, 1, 0.4);
    assert_string_equal(chosen(&s, 0, GOAL_FASTEST), "");
    assert_true(s.advice.points[0][GOAL_FASTEST].row->failed > 0);
    assert_true(s.advice.points[0][GOAL_FASTEST].row->ratio[PART_WHOLE][ADVICE_SPEED].lo > 1.02);
    crashing = NULL;
}

/* `report` has the manifest and the samples, and no search. */
static void finished_search_is_read_back(void **state) {
    (void)state;
    static study_t s;
    world = planted;
    study_number = 4;
    s = (study_t){0};
    run(&s, 2, 0.4);
    char *text = text_of(&s);
    json_t *found = json_loads(json_dumps(adviser_found(&s.adviser), 0), 0, NULL);
    adviser_t again = {.options = &s.options,
                       .parts = {&parts[0], &parts[1], &parts[2]},
                       .items = text_alloc(2 * sizeof(advised_t)),
                       .count = 2,
                       .execution.samples = &s.samples};
    for (size_t i = 0; i < 2; i++) {
        again.items[i].allocator = s.adviser.items[i].allocator;
        again.items[i].knobs = s.adviser.items[i].knobs;
    }
    adviser_start(&again);
    adviser_read(&again, found);
    advice_make(&again, &s.advice);
    assert_string_equal(text_of(&s), text);
    assert_non_null(strstr(text, "a=2"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(planted_optimum_is_found),
        cmocka_unit_test(default_is_kept_where_knobs_do_nothing),
        cmocka_unit_test(default_is_kept_where_all_else_is_worse),
        cmocka_unit_test(what_trades_says_so_and_is_not_balanced),
        cmocka_unit_test(memory_at_the_end_counts),
        cmocka_unit_test(luck_of_the_search_is_withdrawn),
        cmocka_unit_test(gain_must_show_on_what_was_held_out),
        cmocka_unit_test(last_word_is_over_all_allocators),
        cmocka_unit_test(budget_holds),
        cmocka_unit_test(interrupted_search_goes_on_as_it_would_have),
        cmocka_unit_test(setting_that_fails_is_not_recommended),
        cmocka_unit_test(finished_search_is_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
