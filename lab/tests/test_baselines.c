/*
 * test_baselines.c - the allocators of a run, as they are named on the command line: an allocator
 * of the table with settings is a row of its own, with these variables alone, and the reference
 * stays what it is.
 */
#include "baselines.h"
#include "driver.h"
#include "said.h"
#include "text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static char library[] = "/proc/self/exe"; /* one that is there */

static void make_table(allocator_list_t *out) {
    static allocator_t rows[3];
    rows[0] = (allocator_t){.key = "hakmem", .path = library, .preload = true, .is_hakmem = true};
    rows[1] = (allocator_t){.key = "other", .path = library, .preload = true};
    rows[2] = (allocator_t){.key = "missing", .how = "build it"};
    for (size_t i = 0; i < 3; i++) {
        rows[i].name = rows[i].key;
        rows[i].by_default = rows[i].path != NULL;
    }
    *out = (allocator_list_t){rows, 3};
}

static void choose(const char *const *words, allocator_list_t *out) {
    allocator_list_t table;
    text_list_t names = {0};
    make_table(&table);
    for (; *words; words++) {
        text_list_add(&names, *words);
    }
    baselines_select(&table, &names, out);
}

static const char *variable(const allocator_t *a, const char *name) {
    return json_string_value(json_object_get(a->environment, name));
}

static void a_setting_is_a_row_of_its_own(void **state) {
    (void)state;
    allocator_list_t all;
    choose((const char *const[]){"learnt=hakmem HAKMEM_LEARN=1  HAKMEM_STATS=", "plain=hakmem",
                                 "slow=other A_1=x=y", "other", NULL},
           &all);
    assert_int_equal(all.count, 5);
    assert_string_equal(all.items[0].key, "hakmem");
    assert_true(all.items[0].is_hakmem && !all.items[0].environment && !all.items[0].tuned);
    const allocator_t *learnt = &all.items[1], *plain = &all.items[2], *slow = &all.items[3];
    assert_string_equal(learnt->key, "learnt");
    assert_string_equal(learnt->setting, "hakmem HAKMEM_LEARN=1  HAKMEM_STATS=");
    assert_string_equal(learnt->path, library);
    assert_string_equal(variable(learnt, "HAKMEM_LEARN"), "1");
    assert_string_equal(variable(learnt, "HAKMEM_STATS"), "");
    assert_true(learnt->tuned && !learnt->is_hakmem && learnt->preload);
    assert_string_equal(plain->key, "plain");
    assert_null(variable(plain, "HAKMEM_LEARN"));
    assert_string_equal(variable(slow, "A_1"), "x=y");
    assert_null(variable(slow, "HAKMEM_STRICT_OPTIONS"));
    assert_null(all.items[4].environment);
}

/* The environment of its samples has the user's HAKMEM_* variables of the reference not. */
static void a_setting_has_its_own_variables_alone(void **state) {
    (void)state;
    allocator_list_t all;
    choose((const char *const[]){"learnt=hakmem HAKMEM_LEARN=1", NULL}, &all);
    process_context_t context = {.hakmem_options = json_pack("{s:s}", "HAKMEM_WMAX_MID", "1.1")};
    cell_t first = {.allocator = &all.items[0]}, second = {.allocator = &all.items[1]};
    json_t *reference = driver_settings(&context, &first);
    json_t *setting = driver_settings(&context, &second);
    assert_string_equal(json_string_value(json_object_get(reference, "HAKMEM_WMAX_MID")), "1.1");
    assert_null(json_object_get(reference, "HAKMEM_LEARN"));
    assert_null(json_object_get(setting, "HAKMEM_WMAX_MID"));
    assert_string_equal(json_string_value(json_object_get(setting, "HAKMEM_LEARN")), "1");
    assert_string_equal(json_string_value(json_object_get(setting, "HAKMEM_STRICT_OPTIONS")), "1");
    assert_string_equal(json_string_value(json_object_get(setting, "LD_PRELOAD")), library);
    json_decref(reference);
    json_decref(setting);
}

static void choose_one(void *word) {
    allocator_list_t all;
    choose((const char *const[]){"other", word, NULL}, &all);
}

static void what_cannot_be_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *word, *complaint;
    } cases[] = {
        {"x=hakmem HAKMEM_LEARN", "VARIABLE=VALUE words, not 'HAKMEM_LEARN'"},
        {"x=hakmem 1A=2", "VARIABLE=VALUE words, not '1A=2'"},
        {"x=hakmem =2", "VARIABLE=VALUE words, not '=2'"},
        {"hakmem=hakmem HAKMEM_LEARN=1", "give a setting another name"},
        {"other=hakmem HAKMEM_LEARN=1", "two allocators are called 'other'"},
        {"a/b=hakmem HAKMEM_LEARN=1", "a name has letters, digits"},
        {"hakmem-again=hakmem HAKMEM_LEARN=1", "a name has letters, digits"},
        {"x=missing A=1", "missing: its library is not there: build it"},
        {"x=unknown A=1", "it is no allocator of the table"},
        {"x=/nowhere/lib.so", "No such file or directory"},
        {"unknown", "'unknown' is no allocator of the table"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int status = 0;
        const char *said = said_by(choose_one, (void *)(uintptr_t)cases[i].word, &status);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) != 0);
        if (!strstr(said, cases[i].complaint)) {
            fail_msg("%s: it said '%s'", cases[i].word, said);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_setting_is_a_row_of_its_own),
        cmocka_unit_test(a_setting_has_its_own_variables_alone),
        cmocka_unit_test(what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
