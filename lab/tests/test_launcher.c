/*
 * test_launcher.c - a run cut into parts, given out, waited for and joined, with programs named
 * sbatch, squeue and parallel that start parts on this machine, and parts that are made up: this
 * program itself. A part that ends early is missing, is named, and is given out again; in the end
 * the launches are those of a run on one machine.
 */
#include "distribution.h"
#include "file.h"
#include "launcher.h"
#include "machine.h"
#include "manifest.h"
#include "merge.h"
#include "mock.h"
#include "said.h"
#include "text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <libgen.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LAUNCHES = 2 };

static char *room;        /* removed at the end */
static char *root;        /* of a repository in which parts are made up */
static char *search_path; /* the PATH from before */

/* ---- a part, made up ---- */

static const char *const workloads_named[] = {"small", "startup-true", "aligned"};

/* The comparison of one workload, but for what lies in the folder already: all launches, or as many
 * as `most`. */
static void measure_into(const char *folder, const char *workload, unsigned most) {
    static allocator_t two[2];
    static workload_t one;
    options_t options = {.reps = LAUNCHES, .seed = 7};
    plan_t plan = {0};
    mock_t *mock = text_alloc(sizeof *mock);
    progress_t progress;
    samples_t samples;
    char *self = path_real("/proc/self/exe");
    char *path = text_format("%s/samples.jsonl", folder);
    one = (workload_t){.name = text_copy(workload), .expected_s = 0.1};
    two[0] = (allocator_t){
        .key = "hakmem", .path = self, .version = "1", .sha256 = "a", .is_hakmem = true};
    two[1] = (allocator_t){.key = "glibc", .path = self, .version = "1", .sha256 = "b"};
    plan_build(&options, &(catalogue_t){&one, 1}, &(allocator_list_t){two, 2}, &plan);
    samples_load(path, &samples);
    progress_start(&progress, true);
    progress.total = 1000;
    execution_t execution = {.plan = &plan,
                             .samples = &samples,
                             .file = samples_open(path),
                             .executor = {mock_sample, mock},
                             .progress = &progress};
    for (unsigned rep = 0; rep < most; rep++) {
        execute_repetition(&execution, PHASE_COMPARE, rep);
    }
    close(execution.file);
}

static json_t *manifest_of(const char *workload, const distribution_t *d) {
    return json_pack(
        "{s:s, s:I, s:i, s:o, s:o, s:O, s:[{s:s, s:[s]}], s:[{s:s, s:s, s:s, s:s, s:s}, "
        "{s:s, s:s, s:s, s:s, s:s}], s:{}}",
        "run_id", workload, "started_unix_ns", (json_int_t)clock_unix_ns(), "schema", 1, "options",
        options_to_json(&d->options), "machine", machine_facts(), "hakmem_options",
        d->hakmem_options, "workloads", "name", workload, "command", "x", "allocators", "key",
        "hakmem", "name", "hakmem", "version", "1", "package", "-", "sha256", "a", "key", "glibc",
        "name", "glibc", "version", "1", "package", "libc6", "sha256", "b", "files");
}

/* "part FOLDER NUMBER". The part whose number is in the file `dies` of the room ends early. */
static int make_up_part(char **argv) {
    distribution_t d;
    distribution_load(argv[2], &d);
    size_t number = (size_t)atoi(argv[3]);
    const part_t *part = &d.parts[number];
    char *folder = distribution_folder(&d, part);
    char *own_room = dirname(dirname(text_copy(d.folder)));
    char *dying = file_first_line(text_format("%s/dies", own_room));
    bool dies = strcmp(dying, argv[3]) == 0;
    folder_make(folder);
    measure_into(folder, part->pattern, dies ? 1 : LAUNCHES);
    json_t *manifest = manifest_of(part->pattern, &d);
    if (!dies) {
        json_object_set_new(manifest, "ended_unix_ns", json_integer((json_int_t)clock_unix_ns()));
    }
    manifest_write(folder, manifest);
    if (dies) {
        fputs("the node went down\n", stderr);
    }
    return dies;
}

/* ---- the programs around it ---- */

static void write_program(const char *path, const char *text) {
    folder_make(dirname(text_copy(path)));
    file_write(path, text);
    assert_int_equal(chmod(path, 0755), 0);
}

/* Takes the array job, and works it off behind the launcher's back. */
static const char sbatch[] =
    "#!/bin/bash\n"
    "room=$(dirname \"$(dirname \"$0\")\")\n"
    "for word in \"$@\"; do\n"
    "    case $word in\n"
    "    --array=*) tasks=${word#--array=} ;;\n"
    "    --output=*) log=${word#--output=} ;;\n"
    "    --wrap=*) command=${word#--wrap=} ;;\n"
    "    esac\n"
    "done\n"
    "echo \"$@\" >>\"$room/sbatch.said\"\n"
    "[ ! -e \"$room/refuses\" ] || { echo 'sbatch: error: no' >&2; exit 1; }\n"
    "(\n"
    "    touch \"$room/queue\"\n"
    "    for SLURM_ARRAY_TASK_ID in ${tasks//,/ }; do\n"
    "        export SLURM_ARRAY_TASK_ID\n"
    "        sh -c \"$command\" >>\"${log/\\%a/$SLURM_ARRAY_TASK_ID}\" 2>&1\n"
    "    done\n"
    "    rm \"$room/queue\"\n"
    ") >/dev/null 2>&1 </dev/null &\n"
    "while [ ! -e \"$room/queue\" ]; do sleep 0.01; done\n"
    "echo '7;cluster'\n";
static const char squeue[] = "#!/bin/bash\n"
                             "room=$(dirname \"$(dirname \"$0\")\")\n"
                             "echo 17\n"
                             "[ ! -e \"$room/queue\" ] || echo 7\n";
/* Like GNU parallel, as far as it is used here. */
static const char parallel[] =
    "#!/bin/bash\n"
    "room=$(dirname \"$(dirname \"$0\")\")\n"
    "[ \"$1\" != --version ] || { echo 'GNU parallel 20221122' && exit; }\n"
    "echo \"$@\" >>\"$room/parallel.said\"\n"
    "if [ \"$3\" = --nonall ]; then [ \"$2\" != gone ]; exit; fi\n"
    "command=$7\n"
    "shift 8\n"
    "for task; do sh -c \"${command//\\{\\}/$task}\"; done\n";

static int make_room(void **state) {
    (void)state;
    room = text_copy("/tmp/hakmem-lab-test-XXXXXX");
    if (!mkdtemp(room)) {
        return 1;
    }
    search_path = text_copy(getenv("PATH"));
    root = text_format("%s/root", room);
    write_program(text_format("%s/run_sweep", root),
                  text_format("#!/bin/sh\nexec %s \"$@\"\n", path_real("/proc/self/exe")));
    write_program(text_format("%s/bin/sbatch", room), sbatch);
    write_program(text_format("%s/bin/squeue", room), squeue);
    write_program(text_format("%s/bin/parallel", room), parallel);
    char *build = dirname(dirname(dirname(dirname(path_real("/proc/self/exe")))));
    static const char *const linked[] = {"baselines", "hakmem", "workloads", "plots", "lab"};
    for (size_t i = 0; i < sizeof linked / sizeof *linked; i++) {
        if (symlink(text_format("%s/%s", build, linked[i]),
                    text_format("%s/%s", root, linked[i])) != 0) {
            return 1;
        }
    }
    /* nothing is drawn: a figure takes longer than all the rest */
    write_program(text_format("%s/bin/gnuplot", room), "#!/bin/sh\nexit 1\n");
    return setenv("PATH", text_format("%s/bin:%s", room, search_path), 1);
}

static int remove_room(void **state) {
    (void)state;
    return system(text_format("rm -rf %s", room));
}

static int forget(void **state) {
    (void)state;
    return system(text_format("rm -f %s/*.said %s/dies %s/refuses", room, room, room));
}

static options_t options_for(launcher_t launcher, const char *name) {
    options_t o = {.launcher = launcher, .reps = LAUNCHES, .quiet = true, .json = true, .seed = 33};
    dec_list_parse("1.60", WMAX_LEAST, WMAX_MOST, &o.wmax_mid);
    dec_list_parse("1.30", WMAX_LEAST, WMAX_MOST, &o.wmax_large);
    for (size_t i = 0; i < 3; i++) {
        text_list_add(&o.workloads, workloads_named[i]);
    }
    text_list_add(&o.allocators, "glibc");
    o.out = text_format("%s/%s/run", room, name);
    folder_make(text_format("%s/%s", room, name));
    return o;
}

static int launch(const options_t *o) {
    int out = dup(STDOUT_FILENO);
    fflush(stdout);
    assert_non_null(freopen("/dev/null", "w", stdout));
    int status = launcher_run(root, o);
    fflush(stdout);
    dup2(out, STDOUT_FILENO);
    close(out);
    return status;
}

static const char *said(const char *program) {
    char *text = file_read(text_format("%s/%s.said", room, program));
    return text ? text : "";
}

/* The launches of the joined run are those of one machine that measured all of it. */
static void assert_whole(const char *folder, size_t machines) {
    samples_t joined;
    text_list_t folders = {0};
    merge_machines(folder, &folders);
    assert_int_equal(folders.count, 1); /* all of this machine's type */
    samples_load(text_format("%s/samples.jsonl", folders.items[0]), &joined);
    size_t cells = 3, launches = LAUNCHES * machines;
    assert_int_equal(joined.count, 3 * cells * launches);
    for (size_t w = 0; w < 3; w++) {
        for (unsigned rep = 0; rep < launches; rep++) {
            const char *name = workloads_named[w];
            assert_true(samples_has(&joined, text_format("compare/%s/hakmem", name), rep));
            assert_true(samples_has(&joined, text_format("compare/%s/hakmem-again", name), rep));
            assert_true(samples_has(&joined, text_format("compare/%s/glibc", name), rep));
        }
    }
}

/* ---- tests ---- */

static void every_workload_is_one_part(void **state) {
    (void)state;
    distribution_t d, again;
    options_t o = options_for(LAUNCHER_SLURM, "cut");
    text_list_add(&o.machines, "big");
    text_list_add(&o.machines, "little");
    o.allocators = (text_list_t){0};
    distribution_make(root, &o, &d);
    assert_int_equal(d.count, 6);
    assert_true(d.options.allocators.count > 1); /* named, so that all machines have the same */
    for (size_t i = 0; i < 6; i++) {
        size_t same = 0;
        for (size_t j = 0; j < 6; j++) {
            same += strcmp(d.parts[i].pattern, d.parts[j].pattern) == 0;
            assert_true(i == j || strcmp(d.parts[i].name, d.parts[j].name) != 0);
        }
        assert_int_equal(same, 2);
        assert_int_equal(d.parts[i].machine, i / 3);
        assert_int_equal(d.parts[i].wastes, i % 3 == 0);
    }
    d.folder = text_format("%s/cut", room);
    distribution_write(&d);
    distribution_load(d.folder, &again);
    options_t part = distribution_options(&again, &again.parts[4]);
    assert_true(part.is_part && part.no_waste && part.reps == LAUNCHES);
    assert_int_equal(part.workloads.count, 1);
    assert_string_equal(part.workloads.items[0], d.parts[4].pattern);
    assert_int_equal(part.allocators.count, d.options.allocators.count);
    assert_string_equal(again.options.machines.items[1], "little");
}

static void slurm_gets_an_array(void **state) {
    (void)state;
    options_t o = options_for(LAUNCHER_SLURM, "slurm");
    launch(&o);
    assert_whole(o.out, 1);
    assert_non_null(strstr(said("sbatch"), "--array=0,1,2 "));
    assert_non_null(strstr(said("sbatch"), "--exclusive"));
    assert_non_null(strstr(said("sbatch"), "--no-requeue"));
    assert_null(strstr(said("sbatch"), "--constraint"));
}

static void a_part_that_died_is_given_out_again(void **state) {
    (void)state;
    options_t o = options_for(LAUNCHER_SLURM, "resume"), again = {.quiet = true, .json = true};
    file_write(text_format("%s/dies", room), "1\n");
    assert_int_equal(launch(&o), 1);
    json_t *manifest = json_load_file(text_format("%s/manifest.json", o.out), 0, NULL);
    json_t *missing = json_object_get(manifest, "missing");
    distribution_t d;
    distribution_load(o.out, &d);
    assert_int_equal(json_array_size(missing), 1);
    assert_string_equal(json_string_value(json_array_get(missing, 0)), d.parts[1].name);
    unlink(text_format("%s/dies", room));
    unlink(text_format("%s/sbatch.said", room));
    again.resume = o.out;
    launch(&again);
    assert_non_null(strstr(said("sbatch"), "--array=1 "));
    assert_whole(o.out, 1);
    unlink(text_format("%s/sbatch.said", room));
    launch(&again); /* nothing is missing */
    assert_string_equal(said("sbatch"), "");
    assert_whole(o.out, 1);
}

/* Two features of nodes are two jobs; both measure all. Here both are this machine. */
static void every_machine_measures_all(void **state) {
    (void)state;
    options_t o = options_for(LAUNCHER_PARALLEL, "machines");
    text_list_add(&o.machines, ":");
    text_list_add(&o.machines, "one,two,three,four");
    launch(&o);
    assert_whole(o.out, 2);
    assert_non_null(strstr(said("parallel"), "--sshlogin : --jobs 1 --retries 1 "));
    assert_non_null(
        strstr(said("parallel"), "--sshlogin one,two,three,four --jobs 1 --retries 3 "));
    assert_non_null(strstr(said("parallel"), "--sshlogin four --nonall"));
}

static void try_launch(void *context) {
    const options_t *o = context;
    launcher_run(root, o);
}

static void errors_say_what_to_do(void **state) {
    (void)state;
    int status;
    options_t o = options_for(LAUNCHER_PARALLEL, "errors");
    text_list_add(&o.machines, ":,gone");
    assert_non_null(strstr(said_by(try_launch, &o, &status), "gone does not see "));
    assert_true(status != 0);
    o = options_for(LAUNCHER_SLURM, "refused");
    file_write(text_format("%s/refuses", room), "");
    assert_non_null(strstr(said_by(try_launch, &o, &status), "sbatch did not take the job"));
    o = options_for(LAUNCHER_SLURM, "no-slurm");
    setenv("PATH", text_format("%s/none", room), 1);
    folder_make(text_format("%s/none", room));
    assert_int_equal(symlink("/bin/sh", text_format("%s/none/sh", room)), 0);
    assert_non_null(strstr(said_by(try_launch, &o, &status), "Debian package slurm-client"));
    assert_false(file_exists(o.out));
    o = options_for(LAUNCHER_PARALLEL, "no-parallel");
    assert_non_null(strstr(said_by(try_launch, &o, &status), "Debian package parallel"));
    write_program(text_format("%s/none/parallel", room), "#!/bin/sh\necho moreutils\n");
    assert_non_null(strstr(said_by(try_launch, &o, &status), "another program of that name"));
    setenv("PATH", text_format("%s/bin:%s", room, search_path), 1);
}

/* What was measured on another machine is not mixed with what is measured here. */
static void a_part_of_another_machine_is_set_aside(void **state) {
    (void)state;
    options_t o = options_for(LAUNCHER_SLURM, "aside");
    distribution_t d;
    text_list_t runs = {0};
    distribution_make(root, &o, &d);
    d.folder = text_format("%s/aside", room);
    d.options.allocators.items[0] = text_copy("none-such"); /* nothing is to be measured here */
    distribution_write(&d);
    char *folder = distribution_folder(&d, &d.parts[2]);
    folder_make(folder);
    measure_into(folder, d.parts[2].pattern, 1);
    json_t *manifest = manifest_of(d.parts[2].pattern, &d);
    json_object_set_new(json_object_get(manifest, "machine"), "cpu", json_string("another"));
    manifest_write(folder, manifest);
    options_t part = {.quiet = true};
    text_list_add(&part.args, d.folder);
    text_list_add(&part.args, "2");
    int status;
    pid_t child = fork();
    if (child == 0) {
        fclose(stderr);
        char *argv[] = {"run_sweep", NULL};
        _exit(distribution_part(root, &part, 1, argv));
    }
    waitpid(child, &status, 0);
    assert_false(file_exists(folder));
    distribution_runs(&d, &runs);
    assert_int_equal(runs.count, 1);
    assert_string_equal(runs.items[0], text_format("%s.aside-1", folder));
}

int main(int argc, char **argv) {
    if (argc == 4 && strcmp(argv[1], "part") == 0) {
        return make_up_part(argv);
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_workload_is_one_part),
        cmocka_unit_test_teardown(slurm_gets_an_array, forget),
        cmocka_unit_test_teardown(a_part_that_died_is_given_out_again, forget),
        cmocka_unit_test_teardown(every_machine_measures_all, forget),
        cmocka_unit_test_teardown(errors_say_what_to_do, forget),
        cmocka_unit_test(a_part_of_another_machine_is_set_aside),
    };
    return cmocka_run_group_tests(tests, make_room, remove_room);
}
