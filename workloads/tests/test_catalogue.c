/*
 * test_catalogue.c - every catalogue entry is complete and can be run, every trace is in order.
 *
 * Runs from workloads/ (make test): catalogue/NAME.json names bin/… programs and traces by their
 * path from the root of the repository.
 */
#include "cmocka_all.h"

#include "shared/number.h"
#include "trace/trace.h"

#include <glob.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TRACE_BYTES_MAX = 5 << 19, TRACE_EVENTS_LEAST = 5000, TRACES_BYTES_MAX = 40 << 20 };

static const char *text_of(json_t *entry, const char *key, const char *path) {
    const char *text = json_string_value(json_object_get(entry, key));
    if (text == NULL || *text == '\0')
        fail_msg("%s: no text \"%s\"", path, key);
    return text;
}

static void check_program(const char *program, const char *path) {
    char from_here[512];
    snprintf(from_here, sizeof from_here, "../%s", program);
    if (access(from_here, X_OK) != 0)
        fail_msg("%s: cannot run %s", path, program);
}

static json_int_t threads_of_trace(const char *trace_path, const char *path) {
    char from_here[512];
    trace_t trace;
    trace_error_t error = {.text = ""};
    snprintf(from_here, sizeof from_here, "../%s", trace_path);
    if (!trace_load(from_here, &trace, &error))
        fail_msg("%s: %s", path, error.text);
    json_int_t threads = trace.thread_count;
    trace_unload(&trace);
    return threads;
}

/* The number of threads that a command of these words will have; `otherwise` if none says. */
static json_int_t threads_of(json_t *words, json_int_t otherwise, const char *path) {
    json_int_t threads = otherwise;
    size_t i;
    json_t *word;
    json_array_foreach(words, i, word) {
        const char *text = json_string_value(word);
        uint64_t value;
        if (text == NULL)
            fail_msg("%s: a word of a command is no string", path);
        if (strncmp(text, "--threads=", 10) == 0 && number_parse(text + 10, 1, 1024, &value))
            threads = (json_int_t)value;
        if (strstr(text, ".hakt") != NULL)
            threads = threads_of_trace(text, path);
    }
    return threads;
}

/* Their words come after the command's. "threads" is that of the variant with the most. */
static json_int_t threads_of_variants(json_t *variants, json_int_t of_command, const char *path) {
    json_int_t most = 0;
    const char *suffix;
    json_t *words;
    json_object_foreach(variants, suffix, words) {
        if (*suffix == '\0' || !json_is_array(words))
            fail_msg("%s: variant \"%s\" is no array of words", path, suffix);
        json_int_t threads = threads_of(words, of_command, path);
        most = threads > most ? threads : most;
    }
    return most;
}

static void check_command(json_t *entry, const char *path) {
    json_t *command = json_object_get(entry, "command");
    assert_true(json_array_size(command) >= 1);
    check_program(json_string_value(json_array_get(command, 0)), path);
    json_int_t threads = threads_of(command, 1, path);
    json_t *variants = json_object_get(entry, "variants");
    if (variants != NULL) {
        assert_true(json_object_size(variants) > 0);
        threads = threads_of_variants(variants, threads, path);
    }
    if (json_integer_value(json_object_get(entry, "threads")) != threads)
        fail_msg("%s: \"threads\" is not the %d of the command", path, (int)threads);
}

static void check_claim(json_t *claim, const char *path) {
    static const char known[] = "speed_of_best memory_of_leanest time_over_glibc_us "
                                "memory_over_glibc_kib steady_over_requested steady_extra_kib "
                                "steady_over_tenth";
    const char *key;
    json_t *bound;
    if (claim != NULL && !json_is_object(claim))
        fail_msg("%s: \"claim\" is no object", path);
    json_object_foreach(claim, key, bound) {
        if (strstr(known, key) == NULL || json_number_value(bound) <= 0)
            fail_msg("%s: no claim: \"%s\"", path, key);
    }
}

/* What a plain ./run_sweep runs has to be short. */
static void check_times(json_t *entry, const char *path) {
    json_t *sweep = json_object_get(entry, "sweep");
    double seconds = json_number_value(json_object_get(entry, "expected_seconds"));
    bool program = strcmp(text_of(entry, "source", path), "program") == 0;
    double most = program ? 30 : json_is_false(sweep) ? 5 : 1;
    if (sweep != NULL && !json_is_boolean(sweep))
        fail_msg("%s: \"sweep\" is neither true nor false", path);
    if (seconds <= 0 || seconds > most)
        fail_msg("%s: \"expected_seconds\" is not from 0 to %.0f", path, most);
}

static void check_entry(const char *path) {
    json_error_t error;
    json_t *entry = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (entry == NULL)
        fail_msg("%s:%d: %s", path, error.line, error.text);
    char file_name[256];
    snprintf(file_name, sizeof file_name, "catalogue/%s.json", text_of(entry, "name", path));
    assert_string_equal(file_name, path);
    text_of(entry, "title", path);
    text_of(entry, "stands_for", path);
    if (json_object_get(entry, "group") != NULL)
        text_of(entry, "group", path);
    const char *source = text_of(entry, "source", path);
    assert_true(strcmp(source, "recorded") == 0 || strcmp(source, "generated") == 0 ||
                strcmp(source, "program") == 0);
    assert_true(json_is_boolean(json_object_get(entry, "heavy33")));
    check_times(entry, path);
    check_command(entry, path);
    check_claim(json_object_get(entry, "claim"), path);
    json_decref(entry);
}

static void entries_can_be_run(void **state) {
    (void)state;
    glob_t found;
    assert_int_equal(glob("catalogue/*.json", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++)
        check_entry(found.gl_pathv[i]);
    globfree(&found);
}

static void traces_are_small_whole_and_recordable(void **state) {
    (void)state;
    glob_t found;
    off_t all_bytes = 0;
    assert_int_equal(glob("traces/*.hakt.zst", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        const char *path = found.gl_pathv[i];
        char script[256];
        struct stat status;
        trace_t trace;
        trace_error_t error = {.text = ""};
        int length = (int)(strlen(path) - strlen("traces/") - strlen(".hakt.zst"));
        snprintf(script, sizeof script, "record/%.*s.sh", length, path + strlen("traces/"));
        if (access(script, X_OK) != 0)
            fail_msg("%s: there is no %s that recorded it", path, script);
        assert_int_equal(stat(path, &status), 0);
        assert_true(status.st_size <= TRACE_BYTES_MAX);
        if (!trace_load(path, &trace, &error))
            fail_msg("%s", error.text);
        assert_int_equal(trace.lost_frees, 0);
        assert_true(trace.event_count >= TRACE_EVENTS_LEAST);
        /* memory is used, not only asked for at the start */
        assert_true(trace.peak_live_bytes >= 1000000);
        all_bytes += status.st_size;
        trace_unload(&trace);
    }
    assert_true(all_bytes <= TRACES_BYTES_MAX);
    globfree(&found);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_can_be_run),
        cmocka_unit_test(traces_are_small_whole_and_recordable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
