/*
 * test_programs.c - what a whole program is made of is known, and known to have changed.
 */
#include "file.h"
#include "manifest.h"
#include "programs.h"
#include "text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct tree {
    char *root, *server;
    workload_t workload;
    catalogue_t workloads;
    allocator_list_t allocators;
    json_t *manifest;
} tree_t;

static const char script_text[] =
    "#!/usr/bin/env bash\n. \"$(dirname \"${BASH_SOURCE[0]}\")/common/stages.sh\"\n"
    "folder=%s\nneed $folder/server some-package\nneed cat coreutils\ntool() { serve cat; }\n"
    "stage \"$@\"\n";

/* A tree with a script of its own and what the real ones share; the tests stand in
 * <root>/build/lab/tests. */
static tree_t make(void) {
    static char *command[] = {"bin/program", "--program=made", "--percent=100", NULL};
    tree_t t = {.root = text_copy("/tmp/hakmem-lab-test-XXXXXX")};
    assert_non_null(mkdtemp(t.root));
    char *real = path_real("/proc/self/exe");
    for (int i = 0; i < 4; i++) {
        real = text_copy(dirname(real));
    }
    folder_make(text_format("%s/workloads/programs", t.root));
    folder_make(text_format("%s/bin", t.root));
    const char *const copy[] = {"cp", "-r", text_format("%s/workloads/programs/common", real),
                                text_format("%s/workloads/programs", t.root), NULL};
    assert_non_null(capture(copy));
    t.server = text_format("%s/server", t.root);
    file_write(t.server, "#!/bin/sh\n");
    chmod(t.server, 0755);
    file_write(text_format("%s/bin/program", t.root), "driver");
    file_write(text_format("%s/bin/libwitness.so", t.root), "witness");
    file_write(text_format("%s/workloads/programs/made.sh", t.root),
               text_format(script_text, t.root));
    t.workload = (workload_t){.name = text_copy("program-made"), .argv = command, .argc = 3};
    return t;
}

static void begin(tree_t *t) {
    t->workloads = (catalogue_t){&t->workload, 1};
    t->manifest =
        json_pack("{s:o, s:o}", "files", manifest_files(t->root, &t->workloads, &t->allocators),
                  "programs", programs_json(t->root, &t->workloads));
}

static void end(const tree_t *t) {
    const char *const argv[] = {"rm", "-r", t->root, NULL};
    assert_non_null(capture(argv));
}

static void all_of_it_is_hashed(void **state) {
    (void)state;
    tree_t t = make();
    begin(&t);
    const json_t *files = json_object_get(t.manifest, "files");
    const char *const wanted[] = {"bin/program",
                                  "bin/libwitness.so",
                                  "workloads/programs/made.sh",
                                  "workloads/programs/common/stages.sh",
                                  "workloads/programs/common/free_port.sh",
                                  t.server, /* whose path holds a variable of the script */
                                  path_real("/bin/cat")};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        const char *hash = json_string_value(json_object_get(files, wanted[i]));
        assert_true(hash && strlen(hash) == 64);
    }
    assert_int_equal(json_object_size(files), 7);
    assert_null(manifest_changed_file(t.root, t.manifest));
    const json_t *cat = json_array_get(json_object_get(t.manifest, "programs"), 1);
    assert_string_equal(json_string_value(json_object_get(cat, "program")), "cat");
    assert_string_equal(json_string_value(json_object_get(cat, "package")), "coreutils");
    assert_string_equal(json_string_value(json_object_get(cat, "path")), path_real("/bin/cat"));
    end(&t);
}

static void each_of_it_may_not_change(void **state) {
    (void)state;
    static const char *const parts[] = {"workloads/programs/made.sh",
                                        "workloads/programs/common/stages.sh", "bin/program",
                                        "bin/libwitness.so"};
    tree_t t = make();
    begin(&t);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char *path = text_format("%s/%s", t.root, parts[i]), *old = file_read(path);
        file_write(path, text_format("%s# changed\n", old));
        assert_string_equal(manifest_changed_file(t.root, t.manifest), parts[i]);
        file_write(path, old);
        assert_null(manifest_changed_file(t.root, t.manifest));
    }
    file_write(t.server, "another\n");
    assert_string_equal(manifest_changed_file(t.root, t.manifest), t.server);
    end(&t);
}

static void another_program_of_the_name_is_noticed(void **state) {
    (void)state;
    tree_t t = make();
    begin(&t);
    json_t *recorded = json_object_get(t.manifest, "programs");
    assert_null(programs_changed(t.root, &t.workloads, recorded));
    json_object_set_new(json_array_get(recorded, 1), "path", json_string("/usr/local/bin/cat"));
    assert_string_equal(programs_changed(t.root, &t.workloads, recorded), "cat");
    end(&t);
}

static void other_workloads_have_no_program(void **state) {
    (void)state;
    char *generated[] = {"bin/program", "--percent=100", NULL};
    char *started[] = {"bin/startup", "--program=made", NULL}; /* there is a script of that name */
    char **const commands[] = {generated, started};
    for (size_t i = 0; i < 2; i++) {
        tree_t t = make();
        file_write(text_format("%s/%s", t.root, commands[i][0]), "driver");
        t.workload.argv = commands[i];
        t.workload.argc = 2;
        begin(&t);
        assert_null(program_script(&t.workload));
        assert_int_equal(json_object_size(json_object_get(t.manifest, "files")), 1);
        assert_int_equal(json_array_size(json_object_get(t.manifest, "programs")), 0);
        end(&t);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_of_it_is_hashed),
        cmocka_unit_test(each_of_it_may_not_change),
        cmocka_unit_test(another_program_of_the_name_is_noticed),
        cmocka_unit_test(other_workloads_have_no_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
