/*
 * test_permissions.c - what the user who runs the lab may not read or write is called by its name:
 * "Permission denied", and neither missing nor empty. Root may do everything, so the calls are made
 * by a child that is nobody.
 */
#include "baselines.h"
#include "catalogue.h"
#include "file.h"
#include "report.h"
#include "samples.h"
#include "said.h"
#include "text.h"
#include "waste.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOBODY = 65534 };
static char folder[64];

static char *in_folder(const char *name) {
    return text_format("%s/%s", folder, name);
}

/* closed/ may be seen but not written; secret/ may not be entered; both hold what is asked for. */
static int fresh_folder(void **state) {
    (void)state;
    strcpy(folder, "/tmp/hakmem-lab-test-XXXXXX");
    if (!mkdtemp(folder)) {
        return -1;
    }
    folder_make(in_folder("closed"));
    folder_make(in_folder("secret/catalogue"));
    file_write(in_folder("secret/manifest.json"), "{}\n");
    file_write(in_folder("secret/trace.hakt"), "");
    file_write(in_folder("closed/samples.jsonl"), "{}\n");
    file_write(in_folder("closed/file"), "");
    chmod(in_folder("closed/samples.jsonl"), 0);
    chmod(in_folder("closed"), 0555);
    chmod(in_folder("secret"), 0);
    return chmod(folder, 0755);
}

static int remove_folder(void **state) {
    (void)state;
    chmod(in_folder("closed"), 0755);
    chmod(in_folder("secret"), 0755);
    return system(text_format("rm -rf %s", folder));
}

typedef void call_t(void);

static void as_nobody(void *context) {
    call_t *const *call = context;
    if (getuid() != 0 || (setgid(NOBODY) == 0 && setuid(NOBODY) == 0)) {
        (*call)();
    }
}

/* What `call` says to standard error; it must end the program. */
static const char *complaint(call_t *call) {
    int status = -1;
    const char *said = said_by(as_nobody, &call, &status);
    if (!WIFEXITED(status) || WEXITSTATUS(status) == 0) {
        fail_msg("it went on, and said '%s'", said);
    }
    return said;
}

static void denied(void (*call)(void)) {
    const char *said = complaint(call);
    if (!strstr(said, "Permission denied")) {
        fail_msg("it said '%s'", said);
    }
}

static void make_below_closed(void) {
    folder_make(in_folder("closed/results/run/plots"));
}

static void make_in_secret(void) {
    folder_make(in_folder("secret/run"));
}

static void write_in_closed(void) {
    file_write(in_folder("closed/manifest.json"), "{}\n");
}

static void look_into_secret(void) {
    (void)folder_is_empty(in_folder("secret"));
}

static void read_samples(void) {
    samples_t samples;
    samples_load(in_folder("closed/samples.jsonl"), &samples);
}

static void open_samples(void) {
    (void)samples_open(in_folder("closed/samples.jsonl"));
}

static void read_waste(void) {
    waste_list_t list;
    waste_load(in_folder("closed/samples.jsonl"), &list);
}

static void find_run(void) {
    (void)report_find("/nowhere", in_folder("secret"));
}

static void read_catalogue(void) {
    catalogue_t all;
    catalogue_load(in_folder("secret/catalogue"), &all);
}

static void read_table(void) {
    allocator_list_t all;
    baselines_load(in_folder("secret"), &all);
}

static void name_secret_library(void) {
    const allocator_list_t none = {0};
    allocator_list_t out;
    text_list_t names = {0};
    text_list_add(&names, text_format("hakmem=%s", in_folder("secret/lib.so")));
    baselines_select(&none, &names, &out);
}

static void name_secret_trace(void) {
    const catalogue_t none = {0};
    catalogue_t out;
    text_list_t names = {0};
    text_list_add(&names, in_folder("secret/trace.hakt"));
    catalogue_select(&none, &names, false, &out);
}

static void what_is_forbidden_is_said(void **state) {
    (void)state;
    void (*const calls[])(void) = {
        make_below_closed, make_in_secret, write_in_closed,     look_into_secret,
        read_samples,      open_samples,   read_waste,          find_run,
        read_catalogue,    read_table,     name_secret_library, name_secret_trace};
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        denied(calls[i]);
    }
}

static void make_below_a_file(void) {
    folder_make(in_folder("closed/file/run"));
}

static void make_where_a_file_is(void) {
    folder_make(in_folder("closed/file"));
}

static void what_is_no_folder_is_said(void **state) {
    (void)state;
    assert_non_null(strstr(complaint(make_below_a_file), "Not a directory"));
    assert_non_null(strstr(complaint(make_where_a_file_is), "Not a directory"));
}

/* A folder that is there is no reason to fail, be it closed. */
static void what_is_there_is_kept(void **state) {
    (void)state;
    folder_make(in_folder("closed"));
    folder_make(text_format("%s//", in_folder("closed")));
    samples_t samples;
    samples_load(in_folder("none.jsonl"), &samples);
    assert_int_equal(samples.count, 0);
    assert_false(file_is_there(in_folder("none/at/all")));
    assert_false(file_is_there(in_folder("closed/file/below")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_forbidden_is_said, fresh_folder, remove_folder),
        cmocka_unit_test_setup_teardown(what_is_no_folder_is_said, fresh_folder, remove_folder),
        cmocka_unit_test_setup_teardown(what_is_there_is_kept, fresh_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
