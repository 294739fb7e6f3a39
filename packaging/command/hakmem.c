/*
 * hakmem.c - starts a program on hakmem, or looks into a running one (top.h).
 *
 *   hakmem run [--harden=LEVEL] [--stats[=FILE]] [--trace[=FILE]] [--] PROGRAM [ARGUMENT ...]
 *   hakmem top [--interval=SECONDS] [--once] [--json] PID
 *
 * The library is put before any LD_PRELOAD that is already there, the options become environment
 * variables, and this process becomes the program; so status and signals are the program's. Where
 * the loader would not preload (program.h), that is said, and nothing runs.
 *
 * The library is found from where this program lies; HAKMEM_LIBRARY_PATH, given by the Makefile, is
 * the way. Exit status, where nothing runs: 2 for a bad command line, 126 for a program that cannot
 * run on hakmem, 127 for one that is not there, 1 for anything else.
 */
#include "program.h"
#include "top.h"

#include "decimals.h"
#include "die.h"
#include "hakmem.h"
#include "number.h"

#include <argp.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KEY_HARDEN = 0x100, KEY_STATS, KEY_TRACE, KEY_INTERVAL, KEY_ONCE, KEY_JSON };

typedef enum { COMMAND_NONE, COMMAND_RUN, COMMAND_TOP } command_t;

typedef struct options {
    command_t command;
    const char *of_run, *of_top;        /* an option that is for this command alone; NULL: none */
    const char *harden, *stats, *trace; /* NULL: not given */
    char **program;                     /* NULL-terminated */
    top_setup_t top;
    pid_t process; /* 0: not given */
} options_t;

const char *argp_program_version = "hakmem " HAKMEM_VERSION;

/* By the table of options. */
static bool is_level_of_hardening(const char *text) {
    static const struct {
        const char *name;
        size_t least, most;
    } rows[] = {
#define HAK_OPTION(kind, field, name, initial, least, most, help) {name, least, most},
#include "hakmem_options.def"
#undef HAK_OPTION
    };
    char *end;
    unsigned long level = strtoul(text, &end, 10);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i].name, "HAKMEM_HARDEN") == 0)
            return end != text && *end == '\0' && level >= rows[i].least && level <= rows[i].most;
    }
    return false;
}

static error_t parse_word(options_t *options, char *text, struct argp_state *state) {
    uint64_t process;
    if (options->command == COMMAND_RUN) {
        options->program = state->argv + state->next - 1;
        state->next = state->argc;
    } else if (options->command == COMMAND_TOP) {
        if (options->process != 0)
            die_usage("top takes one process (see --help)");
        if (!number_parse(text, 1, INT_MAX, &process))
            die_usage("%s: not the id of a process (see --help)", text);
        options->process = (pid_t)process;
    } else if (strcmp(text, "run") == 0) {
        options->command = COMMAND_RUN;
    } else if (strcmp(text, "top") == 0) {
        options->command = COMMAND_TOP;
    } else {
        die_usage("%s: unknown command (see --help)", text);
    }
    return 0;
}

static void check_whole(const options_t *options) {
    if (options->command == COMMAND_NONE)
        die_usage("which command? (see --help)");
    if (options->command == COMMAND_RUN && options->of_top != NULL)
        die_usage("--%s is for `hakmem top` (see --help)", options->of_top);
    if (options->command == COMMAND_TOP && options->of_run != NULL)
        die_usage("--%s is for `hakmem run` (see --help)", options->of_run);
    if (options->command == COMMAND_RUN && options->program == NULL)
        die_usage("which program? (see --help)");
    if (options->command == COMMAND_TOP && options->process == 0)
        die_usage("which process? (see --help)");
}

static error_t parse_option_of_top(int key, char *text, options_t *options) {
    switch (key) {
    case KEY_INTERVAL:
        options->of_top = "interval";
        if (!duration_parse(text, &options->top.interval_seconds))
            die_usage("--interval=%s: not a time such as 2, 0.5 or 1m (see --help)", text);
        return 0;
    case KEY_ONCE:
        options->of_top = "once";
        options->top.once = true;
        return 0;
    case KEY_JSON:
        options->of_top = "json";
        options->top.as_json = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static error_t parse_option(int key, char *text, struct argp_state *state) {
    options_t *options = state->input;
    switch (key) {
    case KEY_HARDEN:
        if (!is_level_of_hardening(text))
            die_usage("--harden=%s: not a level of hardening (see --help)", text);
        options->of_run = "harden";
        options->harden = text;
        return 0;
    case KEY_STATS:
        options->of_run = "stats";
        options->stats = text == NULL ? "-" : text;
        return 0;
    case KEY_TRACE:
        options->of_run = "trace";
        options->trace = text == NULL ? "-" : text;
        return 0;
    case ARGP_KEY_ARG:
        return parse_word(options, text, state);
    case ARGP_KEY_END:
        check_whole(options);
        return 0;
    default:
        return parse_option_of_top(key, text, options);
    }
}

static void parse_options(int argc, char **argv, options_t *options) {
    static const struct argp_option table[] = {
        {NULL, 0, NULL, 0, "Options of run:", 0},
        {"harden", KEY_HARDEN, "LEVEL", 0,
         "1: stop at double frees and invalid pointers; 2: and at writes past the ends of a block, "
         "and to freed ones",
         0},
        {"stats", KEY_STATS, "FILE", OPTION_ARG_OPTIONAL,
         "write all figures as JSON when the program ends (default: to standard error)", 0},
        {"trace", KEY_TRACE, "FILE", OPTION_ARG_OPTIONAL,
         "a line for each request that no size class could serve, and a summary at the end "
         "(default: to standard error)",
         0},
        {NULL, 0, NULL, 0, "Options of top:", 0},
        {"interval", KEY_INTERVAL, "SECONDS", 0, "how often to look (default: 2)", 0},
        {"once", KEY_ONCE, NULL, 0, "look once", 0},
        {"json", KEY_JSON, NULL, 0, "print an object of JSON a line instead of a table", 0},
        {0}};
    static const struct argp argp = {
        table,
        parse_option,
        "run [--] PROGRAM [ARGUMENT...]\ntop PID",
        "Runs a program on the memory allocator hakmem, or looks into a running one."
        "\vThe program's own children run on hakmem, too. In FILE, %p stands for the process id, "
        "so "
        "that each of them can write a file of its own. All other options of hakmem are "
        "environment "
        "variables: see hakmem(7).\n\n"
        "top shows the classes whose blocks a process holds, those of most bytes first, how much "
        "more they have than the program asked for (waste), and how many requests no class could "
        "serve, as a process shows them that was started with HAKMEM_STATS_SHM=1. It does not stop "
        "the process. On a terminal it draws the table again at each interval; otherwise it prints "
        "one behind the other. It ends when the process does.\n\n"
        "Exit status: the program's. If it was not started: 2 for a bad command line, 126 if it "
        "cannot run on hakmem (because it is static, say), 127 if there is no such program. "
        "Of top: 0, 2 for a bad command line, 1 if there are no figures to be had.",
        NULL,
        NULL,
        NULL};
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, options);
}

static char *joined(const char *first, const char *between, const char *last) {
    char *out;
    if (asprintf(&out, "%s%s%s", first, between, last) < 0)
        die("out of memory");
    return out;
}

static char *library_path(void) {
    char own[PATH_MAX] = {0};
    if (readlink("/proc/self/exe", own, sizeof own - 1) < 0)
        die_errno("cannot find this program's own folder");
    *strrchr(own, '/') = '\0';
    char *path = joined(own, "/", HAKMEM_LIBRARY_PATH);
    char *whole = realpath(path, NULL);
    if (whole == NULL)
        die_errno("cannot find the library, %s", path);
    free(whole);
    if (strpbrk(path, " :") != NULL)
        die("%s: the loader preloads nothing whose path has a space or a colon in it", path);
    return path;
}

/* The program may have another folder when it writes the file. In a path of the library's % begins
 * what it puts in; in the folder it stands for itself. */
static char *path_from_here(const char *path) {
    if (path[0] == '/' || strcmp(path, "-") == 0)
        return joined("", "", path);
    char folder[PATH_MAX], doubled[2 * PATH_MAX];
    if (getcwd(folder, sizeof folder) == NULL)
        die_errno("cannot find the current folder");
    char *to = doubled;
    for (const char *from = folder; *from != '\0'; from++) {
        *to++ = *from;
        if (*from == '%')
            *to++ = '%';
    }
    *to = '\0';
    return joined(doubled, "/", path);
}

static void set(const char *name, const char *value) {
    if (setenv(name, value, 1) != 0)
        die_errno("cannot set %s", name);
}

static void set_environment(const options_t *options) {
    const char *before = getenv("LD_PRELOAD");
    bool has_before = before != NULL && *before != '\0';
    set("LD_PRELOAD", joined(library_path(), has_before ? ":" : "", has_before ? before : ""));
    if (options->harden != NULL)
        set("HAKMEM_HARDEN", options->harden);
    if (options->stats != NULL)
        set("HAKMEM_STATS", path_from_here(options->stats));
    if (options->trace != NULL)
        set("HAKMEM_ACE_TRACE", "2");
    if (options->trace != NULL && strcmp(options->trace, "-") != 0)
        set("HAKMEM_ACE_TRACE_FILE", path_from_here(options->trace));
}

static int run(const options_t *options) {
    const char *name = options->program[0];
    char *path = program_find(name);
    const char *trouble = path == NULL ? NULL : program_trouble(path);
    if (trouble != NULL) {
        warn("%s cannot run on hakmem: %s", path, trouble);
        return 126;
    }
    set_environment(options);
    execvp(name, options->program);
    int error_code = errno;
    warn("%s: %s", name, strerrordesc_np(error_code));
    return error_code == ENOENT ? 127 : 126;
}

int main(int argc, char **argv) {
    options_t options = {.top = {.interval_seconds = 2}};
    parse_options(argc, argv, &options);
    if (options.command == COMMAND_TOP)
        return top_show(options.process, &options.top);
    return run(&options);
}
