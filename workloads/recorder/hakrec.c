/*
 * hakrec.c - runs a program under the recorder and makes a trace of it.
 *
 *   hakrec run [-o FILE] [--follow[=fork|exec|all]] [--sites] [--max-events=N] [--time-unit=US] \
 *              -- PROGRAM [ARG …]
 *   hakrec recover [-o FILE] [--time-unit=US] FILE.raw
 *
 * The word `run` may be left out. libhakrec.so (beside this program, or in ../lib/hakmem) is put
 * before any LD_PRELOAD that is already there, so that the program may run on another allocator and
 * be recorded. While it runs, events go to FILE.raw; when it ends, by itself or by a signal, they
 * are converted to FILE. Terminal signals (^C) go to the program alone; SIGTERM and SIGHUP are
 * passed on to it. The exit status is the program's (128 + N after signal N), or 1 when no trace
 * could be made. When this program itself was killed, `recover` makes the trace from the raw file
 * that was left.
 *
 * Often what is named is a script that becomes the program in the end, by exec: the trace is of
 * what the started process was last, and the summary says what that was. Where that did not load
 * the recorder, the trace is of what came before, and the exit status 1.
 *
 * With --follow each child process gets a trace of its own, FILE with its process number put before
 * the suffix: those that fork makes, those that exec starts, or all; and so does (but for "fork")
 * each program that a process was before an exec: FILE.NUMBER-1, -2, ... Without it children are
 * neither recorded nor slowed down.
 */
#include "shared/die.h"
#include "shared/number.h"
#include "recorder/hakrec_convert.h"
#include "recorder/raw.h"
#include "hakmem.h"

#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <libgen.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

const char *argp_program_version = "hakrec (hakmem) " HAKMEM_VERSION;

enum { PATH_BYTES = 4096, KEY_MAX_EVENTS = 0x100, KEY_FOLLOW, KEY_SITES, KEY_TIME_UNIT };

/* Of --time-unit: a second. */
#define TIME_UNIT_US_MOST 1000000

/* A conversion of so many raw bytes takes seconds, and is announced. */
#define LONG_RAW_BYTES (INT64_C(1) << 27)

#define SUFFIX       ".hakt.zst"
#define PLAIN_SUFFIX ".hakt"

typedef struct options {
    const char *output;
    const char *follow;                   /* NULL: not */
    bool sites, quiet, recover, has_word; /* "run" or "recover" */
    uint64_t max_events, time_unit_us;
    char **program; /* NULL-terminated; with recover, the raw file */
} options_t;

/* Before the program or among the options, but not after "--". */
static bool is_word(const options_t *options, const char *text, const struct argp_state *state) {
    return !options->has_word && state->quoted == 0 &&
           (strcmp(text, "run") == 0 || strcmp(text, "recover") == 0);
}

static error_t parse_option(int key, char *text, struct argp_state *state) {
    options_t *options = state->input;
    switch (key) {
    case 'o':
        options->output = text;
        return 0;
    case 'q':
        options->quiet = true;
        return 0;
    case KEY_FOLLOW:
        options->follow = text == NULL ? "all" : text;
        if (strcmp(options->follow, "fork") != 0 && strcmp(options->follow, "exec") != 0 &&
            strcmp(options->follow, "all") != 0)
            die_usage("--follow=%s: not one of fork, exec, all", text);
        return 0;
    case KEY_SITES:
        options->sites = true;
        return 0;
    case KEY_MAX_EVENTS:
        if (!number_parse(text, 1, TRACE_EVENTS_MAX, &options->max_events))
            die_usage("--max-events=%s: not a number of at least 1", text);
        return 0;
    case KEY_TIME_UNIT:
        if (!number_parse(text, 1, TIME_UNIT_US_MOST, &options->time_unit_us))
            die_usage("--time-unit=%s: not a number of microseconds from 1 to %d", text,
                      TIME_UNIT_US_MOST);
        return 0;
    case ARGP_KEY_ARG:
        if (!is_word(options, text, state))
            return ARGP_ERR_UNKNOWN; /* the program: ARGP_KEY_ARGS */
        options->has_word = true;
        options->recover = strcmp(text, "recover") == 0;
        return 0;
    case ARGP_KEY_ARGS:
        options->program = state->argv + state->next;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void parse_options(int argc, char **argv, options_t *options) {
    static const struct argp_option table[] = {
        {"output", 'o', "FILE", 0, "the trace (default: PROGRAM" SUFFIX ")", 0},
        {"follow", KEY_FOLLOW, "fork|exec|all", OPTION_ARG_OPTIONAL,
         "record child processes too, each into its own file (default: all)", 0},
        {"sites", KEY_SITES, NULL, 0, "record where each request came from", 0},
        {"max-events", KEY_MAX_EVENTS, "N", 0, "stop recording after N events; the program goes on",
         0},
        {"time-unit", KEY_TIME_UNIT, "US", 0,
         "keep times in steps of so many microseconds (default: 1); the longer, the smaller the "
         "file",
         0},
        {"quiet", 'q', NULL, 0, "say nothing when all went well", 0},
        {0}};
    static const struct argp argp = {
        table,
        parse_option,
        "run [--] PROGRAM [ARGUMENT...]\nrecover FILE.raw",
        "Records what a program asks of its allocator, as a trace for hakreplay."
        "\vrecover makes a trace of the raw file that is left when hakrec itself was killed.\n\n"
        "Exit status: the program's (128 + N after signal N); 1 if no trace could be made, 2 for a "
        "bad command line.",
        NULL,
        NULL,
        NULL};
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, options);
    if (options->program == NULL)
        die_usage("which %s? (see --help)", options->recover ? "raw file" : "program");
    if (options->recover && options->program[1] != NULL)
        die_usage("%s: only one raw file is converted at a time", options->program[1]);
    if (options->recover && (options->follow != NULL || options->sites))
        die_usage("--follow and --sites belong to run");
}

static void put(char *to, size_t room, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void put(char *to, size_t room, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int length = vsnprintf(to, room, format, args);
    va_end(args);
    if (length < 0 || (size_t)length >= room)
        die("a path is longer than %zu bytes", room - 1);
}

static void library_path(char *path) {
    char own[PATH_BYTES] = {0};
    if (readlink("/proc/self/exe", own, sizeof own - 1) < 0)
        die_errno("cannot find this program's own folder");
    const char *folder = dirname(own);
    put(path, PATH_BYTES, "%s/libhakrec.so", folder);
    if (access(path, R_OK) != 0)
        put(path, PATH_BYTES, "%s/../lib/hakmem/libhakrec.so", folder);
    if (access(path, R_OK) != 0)
        die_errno("cannot read %s", path);
    if (strpbrk(path, " :") != NULL)
        die("%s: the loader preloads nothing whose path has a space or a colon in it", path);
}

static void set_environment(const options_t *options, const char *library, const char *raw_path) {
    char list[2 * PATH_BYTES], number[32];
    const char *before = getenv("LD_PRELOAD");
    bool has_before = before != NULL && *before != '\0';
    put(list, sizeof list, "%s%s%s", library, has_before ? ":" : "", has_before ? before : "");
    setenv("LD_PRELOAD", list, 1);
    setenv(RAW_ENV_PRELOAD, has_before ? before : "", 1);
    setenv(RAW_ENV_FILE, raw_path, 1);
    setenv(RAW_ENV_FOLLOW, options->follow == NULL ? "" : options->follow, 1);
    setenv(RAW_ENV_SITES, options->sites ? "1" : "0", 1);
    put(number, sizeof number, "%d", (int)getpid());
    setenv(RAW_ENV_FIRST, number, 1);
    unsetenv(RAW_ENV_BEFORE);
    if (options->max_events < TRACE_EVENTS_MAX) {
        put(number, sizeof number, "%" PRIu64, options->max_events);
        setenv(RAW_ENV_LIMIT, number, 1);
    }
}

static volatile sig_atomic_t child_pid;

static void pass_on(int signal_number) {
    if (child_pid > 0)
        kill(child_pid, signal_number);
}

static int run_program(const options_t *options, const char *raw_path) {
    struct sigaction ignore = {.sa_handler = SIG_IGN}, pass = {.sa_handler = pass_on};
    char library[PATH_BYTES];
    library_path(library);
    pid_t pid = fork();
    if (pid < 0)
        die_errno("cannot fork");
    if (pid == 0) {
        set_environment(options, library, raw_path);
        execvp(options->program[0], options->program);
        warn("%s: %s", options->program[0], strerrordesc_np(errno));
        _exit(127);
    }
    child_pid = pid;
    sigaction(SIGINT, &ignore, NULL);
    sigaction(SIGQUIT, &ignore, NULL);
    sigaction(SIGTERM, &pass, NULL);
    sigaction(SIGHUP, &pass, NULL);
    int status;
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR)
            die_errno("cannot wait for %s", options->program[0]);
    }
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* What was recorded: of which program, and how the process came to be that. */
static void tell(const options_t *options, const char *output, const trace_t *trace,
                 const raw_facts_t *facts) {
    char before[64] = "";
    if (facts->programs_before > 0)
        put(before, sizeof before, ", by exec after %u other program%s", facts->programs_before,
            facts->programs_before == 1 ? "" : "s");
    warn("%s: %s, process %d%s: %" PRIu64 " events, %u thread%s, %" PRIu64 " blocks", output,
         trace->program, facts->process, before, trace->event_count, trace->thread_count,
         trace->thread_count == 1 ? "" : "s", trace->block_count);
    if (facts->children > 0 && options->follow == NULL)
        warn("%s: not recorded: %u program%s that it started beside itself; --follow records all",
             output, facts->children, facts->children == 1 ? "" : "s");
}

/* A raw file with a second number is of what a process was before an exec that is recorded. */
static bool is_last_of_process(const char *raw_path) {
    const char *name = strrchr(raw_path, '/'), *end = strrchr(raw_path, '.');
    return end == NULL || end < name || strchr(end, '-') == NULL;
}

/* false: there is no trace, or not of what the process was in the end. */
static bool convert_file(const options_t *options, const char *raw_path, const char *output) {
    trace_t trace;
    trace_error_t error = {.text = ""};
    struct stat status;
    static raw_facts_t facts;
    convert_read_facts(raw_path, &facts);
    if (!options->quiet && stat(raw_path, &status) == 0 && status.st_size > LONG_RAW_BYTES)
        warn("converting %jd MB", (intmax_t)(status.st_size / 1000000));
    if (!convert_raw(raw_path, options->max_events, &trace, &error)) {
        warn("%s", error.text);
        return false;
    }
    trace_coarsen_times(&trace, (uint32_t)options->time_unit_us * 1000);
    bool saved = trace_save(output, &trace, &error);
    if (!saved)
        warn("%s", error.text);
    else
        unlink(raw_path);
    if (saved && !options->quiet)
        tell(options, output, &trace, &facts);
    bool complete = facts.became[0] == '\0' || !is_last_of_process(raw_path);
    if (!complete)
        warn(
            "%s: of %s only: the process then became %s, which did not load the recorder (a static "
            "program?)",
            output, trace.program, facts.became);
    if (trace.lost_frees > 0)
        warn("%s: the record has gaps, %" PRIu64 " frees were put in", output, trace.lost_frees);
    trace_unload(&trace);
    return saved && complete;
}

/* FILE.hakt.zst and 123 make FILE.123.hakt.zst. */
static void name_of_child(const char *output, const char *number, char *path) {
    static const char *const suffixes[] = {SUFFIX, PLAIN_SUFFIX, ""};
    size_t length = strlen(output);
    for (unsigned i = 0; i < 3; i++) {
        size_t tail = strlen(suffixes[i]);
        if (length >= tail && strcmp(output + length - tail, suffixes[i]) == 0) {
            put(path, PATH_BYTES, "%.*s.%s%s", (int)(length - tail), output, number, suffixes[i]);
            return;
        }
    }
}

static bool convert_children(const options_t *options, const char *raw_path) {
    char pattern[PATH_BYTES + 8], path[PATH_BYTES];
    glob_t found;
    bool good = true;
    put(pattern, sizeof pattern, "%s.[0-9]*", raw_path);
    if (glob(pattern, 0, NULL, &found) != 0)
        return true;
    for (size_t i = 0; i < found.gl_pathc; i++) {
        name_of_child(options->output, found.gl_pathv[i] + strlen(raw_path) + 1, path);
        good = convert_file(options, found.gl_pathv[i], path) && good;
    }
    globfree(&found);
    return good;
}

/* NAME.hakt.zst.raw makes NAME.hakt.zst. */
static int recover(options_t *options) {
    const char *raw_path = options->program[0];
    char output[PATH_BYTES];
    size_t length = strlen(raw_path);
    bool has_suffix = length > 4 && strcmp(raw_path + length - 4, ".raw") == 0;
    put(output, sizeof output, "%.*s%s", (int)(has_suffix ? length - 4 : length), raw_path,
        has_suffix ? "" : SUFFIX);
    return convert_file(options, raw_path, options->output == NULL ? output : options->output)
               ? EXIT_SUCCESS
               : EXIT_FAILURE;
}

/* Absolute: the program may change its folder before a child of it opens the file. */
static void name_raw_file(const options_t *options, char *path, size_t room) {
    char folder[PATH_BYTES];
    if (options->output[0] == '/') {
        put(path, room, "%s.raw", options->output);
        return;
    }
    if (getcwd(folder, sizeof folder) == NULL)
        die_errno("cannot find the current folder");
    put(path, room, "%s/%s.raw", folder, options->output);
}

/* Before the program runs, perhaps for hours. Also removes what an earlier record left. */
static void prove_writable(const char *raw_path) {
    unlink(raw_path);
    int fd = open(raw_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        die_errno("cannot create %s", raw_path);
    close(fd);
    unlink(raw_path);
}

int main(int argc, char **argv) {
    options_t options = {.max_events = TRACE_EVENTS_MAX, .time_unit_us = 1};
    char default_output[PATH_BYTES], raw_path[PATH_BYTES + 8];
    parse_options(argc, argv, &options);
    if (options.recover)
        return recover(&options);
    if (options.output == NULL) {
        char *program = strdup(options.program[0]); /* basename may change it */
        put(default_output, sizeof default_output, "%s" SUFFIX, basename(program));
        free(program);
        options.output = default_output;
    }
    name_raw_file(&options, raw_path, sizeof raw_path);
    prove_writable(raw_path);
    int status = run_program(&options, raw_path);
    if (access(raw_path, F_OK) != 0) {
        warn("%s did not load the recorder (a static program?): no trace", options.program[0]);
        return status == 0 ? EXIT_FAILURE : status;
    }
    bool good = convert_file(&options, raw_path, options.output);
    if (options.follow != NULL)
        good = convert_children(&options, raw_path) && good;
    return good ? status : EXIT_FAILURE;
}
