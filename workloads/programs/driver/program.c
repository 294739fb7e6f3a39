/*
 * program.c - runs a real program whole, and measures it as the other drivers measure themselves.
 *
 *   bin/program --program=NAME [--percent=N] [--result=FILE]
 *   bin/program [--result=FILE] -- COMMAND …
 *
 * workloads/programs/NAME.sh says how, in stages (common/stages.sh has the list). A server is
 * started, driven by its load generator, and stopped; a tool is run as often as the script says.
 * The allocator in LD_PRELOAD reaches what the script starts by `serve` and nothing else: not the
 * shell, not the load generator. Who served malloc is what these processes say themselves
 * (witness_lines.h). Without LD_PRELOAD libc is preloaded: some programs link another allocator.
 * What is measured is what the process becomes in the end, where a script or a launcher becomes
 * another program by exec; the sample names the programs that were served.
 *
 * An operation is what the program's own figure counts - a request, a transaction, a run - and its
 * time is the load generator's own where the script's figures say so, else from the start of the
 * load to its end. Memory is that of the server's processes together, read every 20 ms and at the
 * end, or of the largest process of a tool as it ended; its requests are unknown, so 0. Time of the
 * processor and page faults are of the server while it was under load, or of the tool's whole life.
 *
 * A COMMAND of the user's is a tool without a script: it runs where the driver was started, under
 * the allocator with all that it starts, and its memory is the most of all its processes together.
 * It is one operation, unless it writes lines "ops N" and "ns N" into the file $PROGRAM_FIGURES. A
 * server that it leaves behind is killed.
 *
 * However the driver ends, no process and no file of it is left (janitor.h).
 */
#include "common/cli.h"
#include "common/clock.h"
#include "shared/die.h"
#include "common/probe.h"
#include "common/sample.h"
#include "programs/driver/janitor.h"
#include "programs/driver/stage.h"
#include "programs/driver/testimony.h"
#include "programs/driver/tree.h"
#include "programs/driver/witness_lines.h"

#include <fcntl.h>
#include <glob.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    PROGRAMS_MAX = 64,
    OUTPUT_BYTES = 4096,
    LOOK_MS = 20,
    READY_STEP_MS = 50,
    READY_MOST_MS = 30000,
    STOP_MOST_MS = 20000,
    DRAIN_REST_MS = 1000
};

typedef struct run {
    uint64_t percent;
    unsigned choice;
    const char *result;
    script_t script;
    char stages[OUTPUT_BYTES]; /* a word each, with a blank on either side */
    char witness[PATH_MAX], check[OUTPUT_BYTES];
    pid_t process; /* of the tool, or the server */
    char seen[WITNESS_PATH_BYTES];
    uint64_t seen_ns; /* what it was then; "": nobody looked yet */
    uint64_t peak_bytes;
    sample_t sample;
    testimony_t testimony;
} run_t;

static char root[PATH_MAX];
static const char *names[PROGRAMS_MAX + 1];

static void put(char *out, size_t room, const char *left, const char *right) {
    int length = snprintf(out, room, "%s%s", left, right);
    if (length < 0 || (size_t)length >= room)
        die("a path is longer than %zu bytes", room - 1);
}

/* The programs are the scripts that there are. */
static void find_programs(void) {
    char own[PATH_MAX] = {0}, pattern[PATH_MAX];
    glob_t found;
    if (readlink("/proc/self/exe", own, sizeof own - 1) < 0)
        die_errno("cannot find this program's own folder");
    put(root, sizeof root, dirname(dirname(own)), "");
    put(pattern, sizeof pattern, root, "/workloads/programs/*.sh");
    if (glob(pattern, 0, NULL, &found) != 0 || found.gl_pathc > PROGRAMS_MAX)
        die("no programs, or more than %d: %s", PROGRAMS_MAX, pattern);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        char *name = basename(found.gl_pathv[i]);
        name[strlen(name) - strlen(".sh")] = '\0';
        names[i] = name;
    }
}

static bool has_stage(const run_t *run, const char *stage) {
    char word[64];
    snprintf(word, sizeof word, " %s ", stage);
    return strstr(run->stages, word) != NULL;
}

/* ---- the environment of the stages ---- */

static void set_environment(run_t *run) {
    char preload[2 * PATH_MAX], number[32];
    const char *given = getenv("LD_PRELOAD");
    put(preload, sizeof preload, given != NULL && *given != '\0' ? given : probe_malloc_object(),
        ":");
    size_t used = strlen(preload);
    put(preload + used, sizeof preload - used, root, "/bin/libwitness.so");
    if (access(preload + used, R_OK) != 0)
        die_errno("cannot read %s", preload + used);
    put(run->witness, sizeof run->witness, run->script.folder, "/witness");
    int fd = open(run->witness, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0 || fchmod(fd, 0666) != 0) /* the server may be somebody else */
        die_errno("cannot create %s", run->witness);
    close(fd);
    snprintf(number, sizeof number, "%llu", (unsigned long long)run->percent);
    unsetenv("LD_PRELOAD");
    setenv("PROGRAM_PRELOAD", preload, 1);
    setenv("PROGRAM_PERCENT", number, 1);
    setenv(WITNESS_FILE_VARIABLE, run->witness, 1);
    setenv("LC_ALL", "C", 1);
}

static void prepare_command(run_t *run) {
    char path[PATH_MAX];
    run->script.name = run->script.command[0];
    run->script.folder = janitor_start();
    strcpy(run->stages, " tool ");
    set_environment(run);
    put(path, sizeof path, run->script.folder, "/figures.out");
    setenv("PROGRAM_FIGURES", path, 1);
}

static void prepare(run_t *run) {
    static char path[PATH_MAX];
    put(path, sizeof path, root, "/workloads/programs/");
    put(path + strlen(path), sizeof path - strlen(path), names[run->choice], ".sh");
    run->script.name = names[run->choice];
    run->script.path = path;
    run->script.folder = janitor_start();
    set_environment(run);
    stage_run(&run->script, "stages");
    stage_output(&run->script, "stages", run->stages, sizeof run->stages);
    if (has_stage(run, "tool") == has_stage(run, "server"))
        die("%s: needs either a tool or a server", path);
    if (has_stage(run, "prepare"))
        stage_run(&run->script, "prepare");
}

/* ---- measuring ---- */

/* What the process was before it became another program is not what is measured. */
static void look_which(run_t *run) {
    char path[64], program[WITNESS_PATH_BYTES];
    uint64_t now_ns = clock_ns();
    snprintf(path, sizeof path, "/proc/%d/exe", (int)run->process);
    ssize_t length = readlink(path, program, sizeof program - 1);
    if (length <= 0) /* it has ended */
        return;
    program[length] = '\0';
    if (strcmp(program, run->seen) != 0)
        run->peak_bytes = 0;
    strcpy(run->seen, program);
    run->seen_ns = now_ns;
}

static void look(run_t *run) {
    look_which(run);
    tree_t tree = tree_read(run->process);
    uint64_t peak = tree.anon_bytes > tree.anon_peak_bytes ? tree.anon_bytes : tree.anon_peak_bytes;
    run->peak_bytes = peak > run->peak_bytes ? peak : run->peak_bytes;
}

static uint64_t ns_of(struct timeval time) {
    return (uint64_t)time.tv_sec * UINT64_C(1000000000) + (uint64_t)time.tv_usec * 1000;
}

static void run_tool(run_t *run) {
    sample_t *sample = &run->sample;
    struct rusage used;
    int status;
    uint64_t start_ns = clock_ns();
    run->process = stage_start(&run->script, "tool");
    while (!stage_wait(run->process, LOOK_MS, &status, &used))
        look(run);
    sample->wall_ns = clock_ns() - start_ns;
    sample->cpu_user_ns = ns_of(used.ru_utime);
    sample->cpu_sys_ns = ns_of(used.ru_stime);
    sample->minor_faults = (uint64_t)used.ru_minflt;
    sample->major_faults = (uint64_t)used.ru_majflt;
    sample->ops = 1;
    stage_expect(&run->script, "tool", status);
}

static void expect_alive(const run_t *run) {
    int status;
    if (!stage_wait(run->process, 0, &status, NULL))
        return;
    stage_expect(&run->script, "server", status);
    die("%s: the server ended before its time", run->script.name);
}

static void await_ready(const run_t *run) {
    for (int waited_ms = 0; waited_ms < READY_MOST_MS; waited_ms += READY_STEP_MS) {
        int status;
        stage_wait(stage_start(&run->script, "ready"), -1, &status, NULL);
        expect_alive(run);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
            return;
        usleep(READY_STEP_MS * 1000);
    }
    die("%s: the server does not answer after %d s", run->script.name, READY_MOST_MS / 1000);
}

/* A stage that drives the server, which is looked at meanwhile. */
static void drive(run_t *run, const char *stage) {
    int status;
    pid_t driver = stage_start(&run->script, stage);
    while (!stage_wait(driver, LOOK_MS, &status, NULL)) {
        look(run);
        expect_alive(run);
    }
    expect_alive(run);
    stage_expect(&run->script, stage, status);
}

static void stop(const run_t *run) {
    int status;
    kill(run->process, SIGTERM);
    if (!stage_wait(run->process, STOP_MOST_MS, &status, NULL))
        die("%s: the server does not end within %d s of SIGTERM", run->script.name,
            STOP_MOST_MS / 1000);
    if (!(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM))
        stage_expect(&run->script, "server", status);
}

static void run_server(run_t *run) {
    sample_t *sample = &run->sample;
    run->process = stage_start(&run->script, "server");
    await_ready(run);
    if (has_stage(run, "fill"))
        drive(run, "fill");
    tree_t before = tree_read(run->process);
    uint64_t start_ns = clock_ns();
    drive(run, "load");
    sample->wall_ns = clock_ns() - start_ns;
    tree_t after = tree_read(run->process);
    sample->cpu_user_ns = after.user_ns - before.user_ns;
    sample->cpu_sys_ns = after.sys_ns - before.sys_ns;
    sample->minor_faults = after.minor_faults - before.minor_faults;
    sample->major_faults = after.major_faults - before.major_faults;
    sample->rss_anon_steady_bytes = (int64_t)after.anon_bytes;
    look(run);
    if (has_stage(run, "drain"))
        drive(run, "drain");
    usleep(DRAIN_REST_MS * 1000);
    sample->rss_anon_drain_bytes = (int64_t)tree_read(run->process).anon_bytes;
    stop(run);
}

/* ---- what it comes to ---- */

static void read_number(const char *line, const char *key, uint64_t *value) {
    size_t length = strlen(key);
    char *end;
    if (strncmp(line, key, length) != 0 || line[length] != ' ')
        return;
    *value = strtoull(line + length + 1, &end, 10);
    if (end == line + length + 1)
        die("not a figure: %s", line);
}

static void read_figures(run_t *run) {
    char text[OUTPUT_BYTES], *rest = NULL;
    sample_t *sample = &run->sample;
    if (run->script.command == NULL && has_stage(run, "figures"))
        stage_run(&run->script, "figures");
    else if (access(getenv("PROGRAM_FIGURES") != NULL ? getenv("PROGRAM_FIGURES") : "", R_OK) != 0)
        return;
    stage_output(&run->script, "figures", text, sizeof text);
    for (char *line = strtok_r(text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        read_number(line, "ops", &sample->ops);
        read_number(line, "ns", &sample->wall_ns);
        read_number(line, "p50_ns", &sample->requests.p50_ns);
        read_number(line, "p90_ns", &sample->requests.p90_ns);
        read_number(line, "p99_ns", &sample->requests.p99_ns);
        read_number(line, "p999_ns", &sample->requests.p999_ns);
        read_number(line, "max_ns", &sample->requests.max_ns);
        if (strncmp(line, "check ", 6) == 0)
            put(run->check, sizeof run->check, line + 6, "");
    }
    if (sample->ops == 0 || sample->wall_ns == 0)
        die("%s: the load generator did nothing", run->script.name);
}

/* FNV-1a (Fowler, Noll, Vo), 64 bits, of what must come out the same under every allocator. */
static uint64_t hash_check(const run_t *run) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325) + run->percent;
    for (const char *at = run->script.name; *at != '\0'; at++)
        hash = (hash ^ (unsigned char)*at) * UINT64_C(0x100000001b3);
    for (const char *at = run->check; *at != '\0'; at++)
        hash = (hash ^ (unsigned char)*at) * UINT64_C(0x100000001b3);
    return hash;
}

static void conclude(run_t *run) {
    static buffer_t json, summary;
    sample_t *sample = &run->sample;
    testimony_t *testimony = &run->testimony;
    read_figures(run);
    testimony_read(run->witness, run->script.name, testimony);
    testimony_expect_last(testimony, run->script.name, run->process, run->seen, run->seen_ns);
    if (run->script.command != NULL && testimony_kill_rest(testimony) > 0)
        fprintf(stderr, "%s left processes behind; they were killed\n", run->script.name);
    testimony_write(testimony, &json, &summary);
    if (testimony->peak_bytes > run->peak_bytes)
        run->peak_bytes = testimony->peak_bytes;
    if (has_stage(run, "tool"))
        sample->rss_anon_steady_bytes = (int64_t)testimony->at_exit_bytes;
    sample->rss_anon_peak_bytes = (int64_t)run->peak_bytes;
    sample->threads = 1;
    sample->checksum = hash_check(run);
    sample->malloc_object = testimony->malloc_object;
    sample->hakmem = &testimony->hakmem;
    sample->more_json = json.bytes;
    sample->more_text = summary.bytes;
    int left = janitor_finish();
    if (left != 0)
        die("%s: left %d processes behind; they were killed", run->script.name, left);
}

static bool has_command(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--") == 0)
            return true;
    }
    return false;
}

int main(int argc, char **argv) {
    static run_t run;
    char **command = NULL;
    find_programs();
    const cli_number_t numbers[] = {
        {"percent", "N", "share of the full work", &run.percent, 100, 1, 10000, false},
    };
    const cli_choice_t choices[] = {
        {"program", "a script of workloads/programs", names, &run.choice, 0},
    };
    const cli_t cli = {.about = "Runs a real program whole, or the command after \"--\".",
                       .numbers = numbers,
                       .number_count = 1,
                       .choices = choices,
                       .choice_count = 1,
                       .result = &run.result,
                       .takes_command = has_command(argc, argv),
                       .command = &command};
    cli_parse(&cli, argc, argv);
    run.sample.workload = "program";
    if (command != NULL)
        sample_param_text(&run.sample, "command", command[0]);
    else
        cli_describe(&cli, &run.sample);
    run.script.command = command;
    if (command != NULL)
        prepare_command(&run);
    else
        prepare(&run);
    if (has_stage(&run, "tool"))
        run_tool(&run);
    else
        run_server(&run);
    conclude(&run);
    sample_report(&run.sample, run.result);
    return 0;
}
