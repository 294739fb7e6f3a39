/*
 * test_waste.c - waste by size: records of good and failed measurements, means over made-up
 * classes, and the tables of derived/.
 */
#include "derive.h"
#include "file.h"
#include "mock.h"
#include "process.h"
#include "text.h"
#include "waste.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DOUBLINGS = 22 };

static allocator_t self_allocator(void) {
    return (allocator_t){.key = "self",
                         .name = "Self",
                         .package = "-",
                         .path = path_real("/proc/self/exe"),
                         .version = "1",
                         .sha256 = "aa"};
}

static char *fresh_folder(void) {
    char *folder = text_copy("/tmp/hakmem-lab-test-XXXXXX");
    assert_non_null(mkdtemp(folder));
    folder_make(text_format("%s/derived", folder));
    return folder;
}

static void forget(const char *folder) {
    const char *const argv[] = {"rm", "-r", folder, NULL};
    assert_non_null(capture(argv));
}

/* A block has the next power of two; of what it touches, each size of a doubling is the same. */
static json_t *power_of_two_result(double touched_share) {
    json_t *usable = json_pack("[[i,i]]", 1, 1), *touched = json_array();
    for (int i = 0; i < DOUBLINGS; i++) {
        json_array_append_new(usable, json_pack("[i,i]", (1 << i) + 1, 2 << i));
        json_array_append_new(
            touched, json_pack("[i,i,I]", 1 << i, 10, (json_int_t)(10 * touched_share * (1 << i))));
    }
    return json_pack("{s:s, s:n, s:i, s:o, s:o}", "malloc_object", "/proc/self/exe", "hakmem",
                     "most_bytes", 4 << 20, "usable", usable, "touched", touched);
}

static const outcome_t fine = {.started = true};

static const char *status_of(outcome_t outcome, json_t *result) {
    static char *status;
    allocator_t a = self_allocator();
    json_t *record = waste_record(&a, &outcome, result, json_object());
    status = text_copy(json_string_value(json_object_get(record, "status")));
    json_decref(record);
    json_decref(result);
    return status;
}

static waste_list_t load(json_t *result, outcome_t outcome) {
    waste_list_t out;
    char *folder = fresh_folder(), *path = text_format("%s/waste.jsonl", folder);
    allocator_t a = self_allocator();
    int file = samples_open(path);
    record_append(file, waste_record(&a, &outcome, result, json_object()));
    assert_int_equal(write(file, "{\"allocator\":\"torn", 18), 18);
    close(file);
    waste_load(path, &out);
    forget(folder);
    assert_int_equal(out.count, 1);
    return out;
}

static void records_are_judged(void **state) {
    (void)state;
    assert_string_equal(status_of(fine, power_of_two_result(1)), "ok");
    assert_string_equal(status_of(fine, NULL), "no result");
    json_t *empty = power_of_two_result(1);
    json_object_set_new(empty, "touched", json_array());
    assert_string_equal(status_of(fine, empty), "no result");
    json_t *foreign = power_of_two_result(1);
    json_object_set_new(foreign, "malloc_object", json_string("/bin/sh"));
    assert_string_equal(status_of(fine, foreign), "unproven");
    json_t *bypassed = power_of_two_result(1);
    json_object_set_new(bypassed, "hakmem", json_pack("{s:s}", "bypass", "HAKMEM_LD_SAFE"));
    assert_string_equal(status_of(fine, bypassed), "bypassed");
    assert_string_equal(status_of((outcome_t){.started = true, .wait_status = 11}, NULL),
                        "signal 11");
}

static void a_record_is_read_again(void **state) {
    (void)state;
    waste_list_t list = load(power_of_two_result(1.5), fine);
    const waste_t *w = &list.items[0];
    assert_int_equal(list.failed, 0);
    assert_true(waste_has(&list, "self") && !waste_has(&list, "other"));
    assert_int_equal(w->class_count, DOUBLINGS + 1);
    assert_int_equal(w->classes[10].first, 513);
    assert_int_equal(w->classes[10].last, 1024);
    assert_int_equal(w->classes[10].usable_bytes, 1024);
    assert_int_equal(w->classes[DOUBLINGS].last, 4 << 20);
    assert_true(fabs(w->readings[10].touched_bytes - 1536) < 1e-9);
}

static void a_failure_is_a_row(void **state) {
    (void)state;
    waste_list_t list = load(NULL, (outcome_t){.started = true, .timed_out = true});
    assert_int_equal(list.failed, 1);
    assert_string_equal(list.items[0].status, "timeout");
    assert_true(waste_has(&list, "self")); /* a resumed run does not try again */
    assert_true(isnan(waste_usable_mean(&list.items[0], &waste_ranges[0])));
    assert_true(isnan(waste_touched_mean(&list.items[0], &waste_ranges[0])));
    waste_load("/no/such/file", &list);
    assert_int_equal(list.count, 0);
}

/* The integral of (2/x - 1) over ln x from 1 to 2, over ln 2. */
static void usable_means_are_even_on_the_logarithm(void **state) {
    (void)state;
    waste_list_t list = load(power_of_two_result(1), fine);
    double doubling = 1 / log(2) - 1;
    for (size_t r = 2; r < WASTE_RANGES; r++) {
        assert_true(fabs(waste_usable_mean(&list.items[0], &waste_ranges[r]) - doubling) < 1e-3);
    }
    /* One size, and two of which the smaller counts 3/2 times. */
    const waste_range_t one = {"", 3, 3}, two = {"", 2, 3}, none = {"", 5 << 20, 6 << 20};
    assert_true(fabs(waste_usable_mean(&list.items[0], &one) - 1.0 / 3) < 1e-12);
    assert_true(fabs(waste_usable_mean(&list.items[0], &two) - 2.0 / 15) < 1e-12);
    assert_true(isnan(waste_usable_mean(&list.items[0], &none)));
}

static void touched_means_weigh_what_a_size_stands_for(void **state) {
    (void)state;
    waste_list_t list = load(power_of_two_result(1.5), fine);
    waste_t *w = &list.items[0];
    for (size_t r = 0; r < WASTE_RANGES; r++) {
        assert_true(fabs(waste_touched_mean(w, &waste_ranges[r]) - 0.5) < 1e-9);
    }
    /* 1 stands for itself, 2 for 2 and 3: weights 1 and 5/6. */
    const waste_range_t range = {"", 1, 3};
    w->readings[0].touched_bytes = 2;
    w->readings[1].touched_bytes = 2;
    assert_true(fabs(waste_touched_mean(w, &range) - 6.0 / 11) < 1e-12);
}

static char *table_of(const char *folder, const char *name) {
    return file_read(text_format("%s/derived/%s.csv", folder, name));
}

static void tables_hold_what_is_drawn(void **state) {
    (void)state;
    waste_list_t list = load(power_of_two_result(1.5), fine);
    run_info_t info = {.folder = fresh_folder(),
                       .allocators = json_pack("[{s:s, s:s, s:s}]", "key", "self", "name", "Self",
                                               "version", "1")};
    derive_waste(&info, &list);
    char *waste = table_of(info.folder, "waste");
    assert_non_null(strstr(waste, "\n0,self,32769,65536,99.9938"));
    assert_non_null(strstr(waste, "\n0,self,65536,65536,0\n0,self,65537,131072,"));
    assert_non_null(strstr(waste, "\n0,self,4194304,4194304,0\n"));
    assert_non_null(strstr(table_of(info.folder, "waste-touched"), "\n0,self,1024,1536,50\n"));
    char *means = table_of(info.folder, "waste-mean");
    assert_non_null(strstr(means, "\n0,self,\"Self 1\",ok,1-32 KiB,1025,32768,44.2"));
    assert_non_null(strstr(table_of(info.folder, "waste-doubling"), "\n0,self,17,32,"));
    forget(info.folder);
}

/* Classes of 16 bytes each, as libc's: from 3,200 bytes on, they are not all written. */
static void classes_that_cannot_be_seen_are_left_out(void **state) {
    (void)state;
    json_t *result = power_of_two_result(1), *usable = json_array();
    for (int first = 1; first < 65536; first += 16) {
        json_array_append_new(usable, json_pack("[i,i]", first, first + 15));
    }
    json_object_set_new(result, "usable", usable);
    waste_list_t list = load(result, fine);
    run_info_t info = {.folder = fresh_folder(), .allocators = json_array()};
    derive_waste(&info, &list);
    char *waste = table_of(info.folder, "waste");
    assert_non_null(strstr(waste, "\n0,self,2961,2976,"));
    size_t rows = 0;
    for (const char *at = waste; (at = strchr(at, '\n')); at++) {
        rows++;
    }
    assert_in_range(rows, 600, 1400);
    forget(info.folder);
}

/* A driver of one's own, in a root of its own. */
static void the_program_is_run_once_with_a_clean_environment(void **state) {
    (void)state;
    char *root = fresh_folder(), *result = json_dumps(power_of_two_result(1), JSON_COMPACT);
    folder_make(text_format("%s/bin", root));
    char *program = text_format("%s/" WASTE_PROGRAM, root);
    char *object = path_real("/proc/self/exe");
    file_write(program, text_format("#!/bin/sh\n[ -z \"$LEAK\" ] || exit 3\necho said\n"
                                    "printf '%%s' '%s' | sed 's,/proc/self/exe,%s,' "
                                    ">\"${1#--result=}\"\n",
                                    result, object));
    chmod(program, 0755);
    setenv("LEAK", "yes", 1);
    options_t options = {0};
    process_context_t context = {.root = root,
                                 .result_path = text_format("%s/result", root),
                                 .options = &options,
                                 .hakmem_options = json_object()};
    allocator_t a = self_allocator();
    json_t *record = process_waste(&context, &a);
    assert_string_equal(json_string_value(json_object_get(record, "status")), "ok");
    assert_string_equal(json_string_value(json_object_get(record, "output_tail")), "said\n");
    assert_string_equal(json_string_value(json_object_get(record, "allocator")), "self");
    assert_false(file_exists(context.result_path));
    unsetenv("LEAK");
    forget(root);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_are_judged),
        cmocka_unit_test(a_record_is_read_again),
        cmocka_unit_test(a_failure_is_a_row),
        cmocka_unit_test(usable_means_are_even_on_the_logarithm),
        cmocka_unit_test(touched_means_weigh_what_a_size_stands_for),
        cmocka_unit_test(tables_hold_what_is_drawn),
        cmocka_unit_test(classes_that_cannot_be_seen_are_left_out),
        cmocka_unit_test(the_program_is_run_once_with_a_clean_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
