/*
 * test_knobs.c - baselines/knobs.json: every knob is one that its allocator knows, by what the
 * allocator itself says; no option of hakmem is forgotten; and environments of choices.
 */
#include "baselines.h"
#include "knobs.h"
#include "text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char root[] = "..";

static const char *library_of(const char *key) {
    static allocator_list_t all;
    if (all.count == 0) {
        baselines_load(root, &all);
    }
    for (size_t i = 0; i < all.count; i++) {
        if (strcmp(all.items[i].key, key) == 0) {
            return all.items[i].path;
        }
    }
    return NULL;
}

/* What a shell command writes, and how it ended. */
static char *said(const char *command, int *status) {
    char *out = text_copy(""), line[4096];
    FILE *from = popen(command, "r");
    while (from && fgets(line, sizeof line, from)) {
        out = text_format("%s%s", out, line);
    }
    *status = from ? pclose(from) : -1;
    return out;
}

/* "MALLOC_CONF=abort_conf:true,narenas:1": each value of each knob alone, with the words in front
 * of its own. */
static void each_value(const char *key, void (*check)(const knob_t *knob, const char *set)) {
    knob_table_t table;
    knobs_load(root, key, &table);
    assert_true(table.count > 0);
    for (size_t i = 0; i < table.count; i++) {
        for (size_t v = 0; v < table.items[i].count; v++) {
            check(&table.items[i], table.items[i].values[v].set.items[0]);
        }
    }
}

static void check_hakmem(const knob_t *knob, const char *set) {
    int status;
    char *command = text_format("HAKMEM_STRICT_OPTIONS=1 %s LD_PRELOAD=%s /bin/true 2>&1", set,
                                library_of("hakmem"));
    char *text = said(command, &status);
    if (status != 0) {
        fail_msg("%s: %s", knob->name, text);
    }
}

static void hakmem_knows_its_knobs(void **state) {
    (void)state;
    int status;
    each_value("hakmem", check_hakmem);
    said(text_format("HAKMEM_STRICT_OPTIONS=1 HAKMEM_NO_SUCH=1 LD_PRELOAD=%s /bin/true 2>&1",
                     library_of("hakmem")),
         &status);
    assert_int_not_equal(status, 0); /* it does say so */
}

static void check_jemalloc(const knob_t *knob, const char *set) {
    int status;
    char *text = said(
        text_format("%s,abort_conf:true LD_PRELOAD=%s /bin/true 2>&1", set, library_of("jemalloc")),
        &status);
    if (status != 0) {
        fail_msg("%s: %s", knob->name, text);
    }
}

static void jemalloc_knows_its_knobs(void **state) {
    (void)state;
    int status;
    if (!library_of("jemalloc")) {
        skip();
    }
    each_value("jemalloc", check_jemalloc);
    said(text_format("MALLOC_CONF=no_such:1,abort_conf:true LD_PRELOAD=%s /bin/true 2>&1",
                     library_of("jemalloc")),
         &status);
    assert_int_not_equal(status, 0);
}

/* "mimalloc: option 'page_reset': 1" */
static void check_mimalloc(const knob_t *knob, const char *set) {
    int status;
    char *text = said(text_format("MIMALLOC_VERBOSE=1 %s LD_PRELOAD=%s /bin/true 2>&1", set,
                                  library_of("mimalloc")),
                      &status);
    char *line = text_format("option '%s': %s\n", knob->name, strchr(set, '=') + 1);
    char *usual = text_format("option '%s': %s\n", knob->name, knob->usual);
    if (status != 0 || !strstr(text, line)) {
        fail_msg("%s is not read: %s", set, text);
    }
    text =
        said(text_format("MIMALLOC_VERBOSE=1 LD_PRELOAD=%s /bin/true 2>&1", library_of("mimalloc")),
             &status);
    if (!strstr(text, usual)) {
        fail_msg("the default of %s is not %s: %s", knob->name, knob->usual, text);
    }
}

static void mimalloc_knows_its_knobs(void **state) {
    (void)state;
    if (!library_of("mimalloc")) {
        skip();
    }
    each_value("mimalloc", check_mimalloc);
}

/* "glibc.malloc.top_pad: 0x100000 (min: …": what it was set to. */
static void check_glibc(const knob_t *knob, const char *set) {
    int status;
    char *loader = said("ls /lib64/ld-linux-x86-64.so.2 /lib/ld-linux-*.so.* 2>/dev/null", &status);
    loader[strcspn(loader, "\n")] = '\0';
    char *text = said(text_format("%s %s --list-tunables 2>&1", set, loader), &status);
    const char *last = strstr(set, "glibc.malloc."), *value = strrchr(set, '=') + 1;
    for (const char *next = last; next; next = strstr(next + 1, "glibc.malloc.")) {
        last = next; /* a knob may set one tunable on the way */
    }
    assert_non_null(last);
    char *name = text_format("\n%.*s: ", (int)(value - 1 - last), last);
    char *line = strstr(text, name);
    if (!line || strtoull(line + strlen(name), NULL, 0) != strtoull(value, NULL, 0)) {
        (void)knob;
        fail_msg("%s is not read: %s", set, text);
    }
}

static void glibc_knows_its_knobs(void **state) {
    (void)state;
    each_value("glibc", check_glibc);
}

/* gperftools reads what it knows by name, and tells of none: the name must be in the library. */
static void check_tcmalloc(const knob_t *knob, const char *set) {
    int status;
    char *name = text_format("%.*s", (int)strcspn(set, "="), set);
    said(text_format("grep -qaF %s %s", name, library_of("tcmalloc")), &status);
    if (status != 0) {
        fail_msg("%s: gperftools does not name it", knob->name);
    }
    said(text_format("%s LD_PRELOAD=%s /bin/true", set, library_of("tcmalloc")), &status);
    assert_int_equal(status, 0);
}

static void tcmalloc_knows_its_knobs(void **state) {
    (void)state;
    if (!library_of("tcmalloc")) {
        skip();
    }
    each_value("tcmalloc", check_tcmalloc);
}

static bool sets(const knob_table_t *table, const char *option) {
    char *start = text_format("%s=", option);
    for (size_t i = 0; i < table->count; i++) {
        const knob_t *knob = &table->items[i];
        if (knob->count > 0 && text_starts(knob->values[0].set.items[0], start)) {
            return true;
        }
    }
    return false;
}

static void no_option_of_hakmem_is_forgotten(void **state) {
    (void)state;
    knob_table_t table;
    int status, options = 0;
    knobs_load(root, "hakmem", &table);
    json_t *file = json_load_file("../baselines/knobs.json", 0, NULL);
    const json_t *reasons = json_object_get(
        json_object_get(json_object_get(file, "allocators"), "hakmem"), "not_knobs");
    char *names = said(
        "grep -oE '\"HAKMEM_[A-Z_]+\"' ../hakmem/core/hakmem_options.def | tr -d '\"'", &status);
    for (char *rest = NULL, *name = strtok_r(names, "\n", &rest); name;
         name = strtok_r(NULL, "\n", &rest), options++) {
        if (sets(&table, name) == (json_object_get(reasons, name) != NULL)) {
            fail_msg("baselines/knobs.json: %s must be either a knob or in not_knobs", name);
        }
    }
    assert_true(options > 15);
    json_decref(file);
}

/* Two knobs of one variable, one of another, and one of a trace's classes. */
static const char small_table[] =
    "{\"join\": \",\", \"knobs\": ["
    "{\"name\": \"a\", \"set\": \"CONF=a:%\", \"default\": \"0\", \"values\": [\"1\", \"2\"]},"
    "{\"name\": \"b\", \"set\": \"CONF=b:%x\", \"default\": \"0\", \"values\": [\"7\"]},"
    "{\"name\": \"c\", \"set\": \"OTHER=%\", \"default\": \"0\", \"values\": [\"5\"]},"
    "{\"name\": \"d\", \"classes\": {\"fit\": [], \"same\": []}, \"default\": \"own\"}]}";

static void environments_of_choices(void **state) {
    (void)state;
    knob_table_t table;
    knobs_read(json_loads(small_table, 0, NULL), "test", &table);
    assert_int_equal(table.count, 4);
    choice_t choice = {{2, 1, 1}}, none = {{0}};
    json_t *set = knobs_environment(&table, &choice);
    assert_int_equal(json_object_size(set), 2);
    assert_string_equal(json_string_value(json_object_get(set, "CONF")), "a:2,b:7x");
    assert_string_equal(json_string_value(json_object_get(set, "OTHER")), "5");
    assert_string_equal(knobs_label(&table, &choice), "a=2 b=7 c=5");
    assert_string_equal(knobs_label(&table, &none), "default");
    assert_int_equal(knobs_changed(&choice), 3);
    assert_int_equal(json_object_size(knobs_environment(&table, &none)), 0);
}

static void classes_are_of_the_trace(void **state) {
    (void)state;
    knob_table_t table;
    knobs_read(json_loads(small_table, 0, NULL), "test", &table);
    knobs_fit_classes(&table, root, "../workloads/traces/redis-33k.hakt.zst");
    knob_t *classes = &table.items[3];
    assert_int_equal(classes->count, 1); /* the second is the same table again */
    assert_true(classes->values[0].set.count >= 1);
    assert_true(text_starts(classes->values[0].set.items[0], "HAKMEM_"));
    assert_int_equal(table.items[0].count, 2); /* others stay */
    knob_table_t again;                        /* as a run keeps them */
    choice_t choice = {{2, 1, 1, 1}};
    knobs_read(knobs_json(&table), "test", &again);
    assert_true(json_equal(knobs_environment(&again, &choice), knobs_environment(&table, &choice)));
    assert_string_equal(knobs_label(&again, &choice), "a=2 b=7 c=5 d=fit");
    knobs_fit_classes(&table, root, NULL);
    assert_int_equal(classes->count, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hakmem_knows_its_knobs),
        cmocka_unit_test(jemalloc_knows_its_knobs),
        cmocka_unit_test(mimalloc_knows_its_knobs),
        cmocka_unit_test(glibc_knows_its_knobs),
        cmocka_unit_test(tcmalloc_knows_its_knobs),
        cmocka_unit_test(no_option_of_hakmem_is_forgotten),
        cmocka_unit_test(environments_of_choices),
        cmocka_unit_test(classes_are_of_the_trace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
