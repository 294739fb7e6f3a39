/*
 * options.c - the command line (argp) and its copy in the manifest. See options.h.
 */
#include "options.h"

#include "number.h"
#include "text.h"

#include <argp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define GRID_MID   "1.01,1.10,1.25,1.60,2.00"
#define GRID_LARGE "1.01,1.10,1.30,2.00"

enum {
    KEY_MID = 0x100,
    KEY_LARGE,
    KEY_WORKLOAD,
    KEY_ALLOCATOR,
    KEY_REPS,
    KEY_BUDGET,
    KEY_SEED,
    KEY_THREADS,
    KEY_OUT,
    KEY_RESUME,
    KEY_LIST,
    KEY_DRY_RUN,
    KEY_QUIET,
    KEY_JSON,
    KEY_FULL,
    KEY_MARGIN,
    KEY_AGAINST,
    KEY_LAUNCHER,
    KEY_MACHINE,
    KEY_HELD_OUT,
    KEY_END
};

static const struct argp_option option_table[] = {
    {"wmax-mid", KEY_MID, "LIST", 0,
     "HAKMEM_WMAX_MID values of the grid: 1.01,1.25,1.6 or "
     "1.0:2.0:0.1 (default " GRID_MID ")",
     1},
    {"wmax-large", KEY_LARGE, "LIST", 0,
     "HAKMEM_WMAX_LARGE values of the grid (default " GRID_LARGE ")", 1},
    {"workload", KEY_WORKLOAD, "NAME", 0,
     "a workload, a glob of names, or a trace file; repeatable "
     "(default: peers: all but whole programs; else what is not marked '-' in --list)",
     1},
    {"allocator", KEY_ALLOCATOR, "KEY", 0,
     "an allocator of the table, name=/path/lib.so, or 'name=KEY VARIABLE=VALUE ...', one of the "
     "table with settings; "
     "repeatable (default: the whole table; hakmem always "
     "takes part, as the reference, but of advise only if named)",
     1},
    {"threads", KEY_THREADS, "N", 0, "threads, for the workloads that have the parameter", 1},
    {"reps", KEY_REPS, "N", 0,
     "repetitions of everything (default: what the budget admits; peers: 7)", 2},
    {"budget", KEY_BUDGET, "TIME", 0,
     "time for the whole run: 90s, 10m, 1h (default 4m; advise: 5m; peers: no limit)", 2},
    {"full", KEY_FULL, 0, 0,
     "repeat until everything is decided (40 repetitions at most); "
     "no time limit unless --budget is given",
     2},
    {"margin", KEY_MARGIN, "PERCENT", 0, "a difference within this counts as equal (default 2)", 2},
    {"seed", KEY_SEED, "N", 0,
     "seed of the random order, and of the first launch of workloads that have "
     "the parameter, from which those of others follow (default: order 33, "
     "workloads as in the catalogue)",
     2},
    {"out", KEY_OUT, "DIR", 0, "folder of the run (default results/<run-id>)", 3},
    {"resume", KEY_RESUME, "DIR", 0, "finish an interrupted run: measures what is missing", 3},
    {"against", KEY_AGAINST, "RUN", 0,
     "count: an earlier run to compare with; exit 1 where a count is worse by more than the margin",
     2},
    {"launcher", KEY_LAUNCHER, "NAME", 0,
     "who measures: local (this machine, the default), slurm (an array job, a workload a node) or "
     "parallel (GNU parallel, a workload a host); --budget is then the time for each workload",
     3},
    {"machine", KEY_MACHINE, "NAME", 0,
     "slurm: a feature of nodes; parallel: a host as its --sshlogin takes it (: is this one), or "
     "some of equal kind, parted by commas. Repeatable: everything is measured on each",
     3},
    {"held-out", KEY_HELD_OUT, "TRACE", 0,
     "advise: a second recording, on which gains must show, too (default: a part of the first)", 2},
    {"list", KEY_LIST, 0, 0, "list workloads and allocators", 4},
    {"dry-run", KEY_DRY_RUN, 0, 0, "show what would be measured, and how long it takes", 4},
    {"quiet", KEY_QUIET, 0, 0, "no progress, no plan: the summary only", 4},
    {"json", KEY_JSON, 0, 0, "the summary as JSON on standard output", 4},
    {0}};

static const char usage_args[] =
    "\npeers\nadvise WORKLOAD|TRACE\nadvise -- PROGRAM [WORD...]\ntune "
    "WORKLOAD|TRACE\ncheck-noise\ncheck-power\ncount\nmerge RUN...\nreport RUN\ncompare RUN_A "
    "RUN_B";
static const char usage_text[] =
    "Measures hakmem over a grid of W_MAX settings and compares allocators.\v"
    "Without a command: every allocator on every workload of the sweep, and the W_MAX grid on the "
    "33 KB-heavy ones.\n\n"
    "  peers        hakmem against every allocator on every workload but whole\n"
    "               programs: a verdict per row, the claims about hakmem, waste\n"
    "               by size. 7 repetitions and no time limit, unless --budget,\n"
    "               --reps or --full is given\n"
    "  advise       which settings of which allocator, for a workload, a trace file\n"
    "               or a program: searches the knobs of all allocators, confirms on\n"
    "               fresh launches, and prints lines to paste. 5 minutes\n"
    "  tune         the same for hakmem only\n"
    "  check-noise  hakmem against itself, for a minute: which difference can this\n"
    "               machine tell? Exit 1 where that is more than the margin\n"
    "  check-power  hakmem against itself with a known delay, on one workload\n"
    "               (default: small): how small a difference does a run find,\n"
    "               and how long does it take?\n"
    "  count        count instructions, page faults and system calls per\n"
    "               operation: no clock, exact on a busy machine. Needs valgrind;\n"
    "               --against RUN compares\n"
    "  merge        join runs of several machines, or of one, in the folder --out:\n"
    "               results per machine, and what holds on all of them\n"
    "  part         RUN NUMBER: measure one part of a launched run on this machine;\n"
    "               what the launchers start on a node\n"
    "  report       make tables and figures again from the raw samples of RUN\n"
    "               (a folder or a run-id)\n"
    "  compare      compare the cells that two runs have in common. Exit 1 where\n"
    "               RUN_B is worse, 3 where that is undecided\n\n"
    "Verdicts: faster, slower (more, less), equivalent within the margin, undecided.\n"
    "docs/reading-the-report.md explains the output.\n\n"
    "Exit status: 0 done; 1 a sample failed or a comparison is worse; 2 usage; 3 compare could not "
    "decide; 130 interrupted (the run can be resumed).\n";

typedef struct parse_state {
    options_t *options;
    bool given[KEY_END - KEY_MID];
} parse_state_t;

void fail_usage(const char *format, ...) {
    va_list args;
    va_start(args, format);
    warn_list(format, args);
    va_end(args);
    fputs("Try './run_sweep --help'.\n", stderr);
    exit(EXIT_USAGE);
}

void text_list_add(text_list_t *list, const char *item) {
    list->items = text_grow(list->items, list->count, sizeof *list->items);
    list->items[list->count++] = text_copy(item);
}

static const char *const command_names[] = {"sweep",       "peers",       "advise", "tune",
                                            "check-noise", "check-power", "count",  "merge",
                                            "part",        "report",      "compare"};
static const char *const launcher_names[] = {"local", "slurm", "parallel"};

bool command_advises(command_t command) {
    return command == COMMAND_ADVISE || command == COMMAND_TUNE;
}

const char *command_name(command_t command) {
    return command_names[command];
}

const char *launcher_name(launcher_t launcher) {
    return launcher_names[launcher];
}

static launcher_t parse_launcher(const char *text) {
    for (launcher_t l = LAUNCHER_LOCAL; l < LAUNCHERS; l++) {
        if (strcmp(text, launcher_names[l]) == 0) {
            return l;
        }
    }
    fail_usage("--launcher is local, slurm or parallel, not '%s'", text);
}

static uint64_t parse_count(const char *name, const char *text, uint64_t least, uint64_t most) {
    uint64_t value;
    if (!number_parse(text, least, most, &value)) {
        fail_usage("--%s takes a whole number from %llu to %llu, not '%s'", name,
                   (unsigned long long)least, (unsigned long long)most, text);
    }
    return value;
}

static double parse_percent(const char *name, const char *text) {
    char *end;
    double value = strtod(text, &end);
    if (*end == '%') {
        end++;
    }
    if (end == text || *end || !(value >= 0 && value <= 100)) {
        fail_usage("--%s takes per cent from 0 to 100, not '%s'", name, text);
    }
    return value;
}

static void parse_axis(const char *name, const char *text, dec_list_t *out) {
    const char *error = dec_list_parse(text, WMAX_LEAST, WMAX_MOST, out);
    if (error) {
        fail_usage("--%s %s: %s (values from 1.00 to 4.00)", name, text, error);
    }
}

/* The values that need checking; false for a key that is not one of them. */
static bool parse_value(int key, const char *arg, options_t *o) {
    switch (key) {
    case KEY_MID:
        parse_axis("wmax-mid", arg, &o->wmax_mid);
        o->grid_given = true;
        return true;
    case KEY_LARGE:
        parse_axis("wmax-large", arg, &o->wmax_large);
        o->grid_given = true;
        return true;
    case KEY_REPS:
        o->reps = (unsigned)parse_count("reps", arg, 1, 10000);
        return true;
    case KEY_THREADS:
        o->threads = (unsigned)parse_count("threads", arg, 1, 1024);
        return true;
    case KEY_SEED:
        o->seed = parse_count("seed", arg, 0, UINT32_MAX);
        o->seed_given = true;
        return true;
    case KEY_BUDGET:
        if (!duration_parse(arg, &o->budget_s)) {
            fail_usage("--budget takes a time such as 90s, 10m or 1h, not '%s'", arg);
        }
        return true;
    case KEY_LAUNCHER:
        o->launcher = parse_launcher(arg);
        return true;
    case KEY_MARGIN:
        o->margin = parse_percent("margin", arg);
        o->margin_given = true;
        return true;
    default:
        return false;
    }
}

static void parse_flag(int key, const char *arg, options_t *o) {
    switch (key) {
    case KEY_WORKLOAD:
        text_list_add(&o->workloads, arg);
        break;
    case KEY_ALLOCATOR:
        text_list_add(&o->allocators, arg);
        break;
    case KEY_MACHINE:
        text_list_add(&o->machines, arg);
        break;
    case KEY_OUT:
        o->out = text_copy(arg);
        break;
    case KEY_RESUME:
        o->resume = text_copy(arg);
        break;
    case KEY_AGAINST:
        o->against = text_copy(arg);
        break;
    case KEY_HELD_OUT:
        o->held_out = text_copy(arg);
        break;
    case KEY_LIST:
        o->list = true;
        break;
    case KEY_DRY_RUN:
        o->dry_run = true;
        break;
    case KEY_QUIET:
        o->quiet = true;
        break;
    case KEY_JSON:
        o->json = true;
        break;
    default:
        o->full = true;
    }
}

static error_t parse_option(int key, char *arg, struct argp_state *state) {
    parse_state_t *parse = state->input;
    if (key == ARGP_KEY_ARG) {
        text_list_add(&parse->options->args, arg);
        return 0;
    }
    if (key < KEY_MID || key >= KEY_END) {
        return ARGP_ERR_UNKNOWN;
    }
    parse->given[key - KEY_MID] = true;
    if (!parse_value(key, arg, parse->options)) {
        parse_flag(key, arg, parse->options);
    }
    return 0;
}

/* The command is the first word that is not an option; the words behind it are its arguments. */
static void take_command(options_t *o) {
    if (o->args.count == 0) {
        return;
    }
    const char *word = o->args.items[0];
    for (command_t c = COMMAND_PEERS; c <= COMMAND_COMPARE; c++) {
        if (strcmp(word, command_names[c]) == 0) {
            o->command = c;
            o->args.items++;
            o->args.count--;
            return;
        }
    }
    fail_usage("'%s' is not a command: peers, advise, tune, check-noise, check-power, count, "
               "merge, part, report, compare",
               word);
}

/* Ends with a usage error if an option was given that is not in the bit set `allowed`. */
static void allow_only(const parse_state_t *parse, uint64_t allowed, const char *where) {
    for (const struct argp_option *row = option_table; row->name; row++) {
        int bit = row->key - KEY_MID;
        if (parse->given[bit] && !(allowed >> bit & 1)) {
            fail_usage("--%s has no effect with %s", row->name, where);
        }
    }
}

static uint64_t bit_of(int key) {
    return UINT64_C(1) << (key - KEY_MID);
}

/* What follows the command. */
static void check_words(const options_t *o) {
    static const struct {
        command_t command;
        size_t least, most;
        const char *what;
    } rules[] = {{COMMAND_MERGE, 1, SIZE_MAX, "at least one run"},
                 {COMMAND_PART, 2, 2, "a run and the number of its part"},
                 {COMMAND_REPORT, 1, 1, "one run"},
                 {COMMAND_COMPARE, 2, 2, "two runs"}};
    bool advises = command_advises(o->command), runs = o->program.count > 0;
    size_t least = advises && !o->resume && !o->list && !runs, most = least;
    const char *what =
        advises ? "one workload or trace file, or -- and a program" : "no further words";
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        if (rules[i].command == o->command) {
            least = rules[i].least;
            most = rules[i].most;
            what = rules[i].what;
        }
    }
    if (o->args.count < least || o->args.count > most || (runs && !advises)) {
        fail_usage("%s takes %s", command_name(o->command), what);
    }
    if (runs && o->held_out) {
        fail_usage("--held-out has no effect with a program, which is no recording");
    }
}

static void check_combination(const parse_state_t *parse) {
    options_t *o = parse->options;
    uint64_t all = ~UINT64_C(0), show = bit_of(KEY_QUIET) | bit_of(KEY_JSON);
    uint64_t grid = bit_of(KEY_MID) | bit_of(KEY_LARGE);
    uint64_t elsewhere = bit_of(KEY_LAUNCHER) | bit_of(KEY_MACHINE);
    uint64_t timed = all & ~bit_of(KEY_AGAINST) & ~bit_of(KEY_HELD_OUT);
    if (o->resume) {
        allow_only(parse, bit_of(KEY_RESUME) | show, "--resume, which takes all from the run");
    } else if (o->command == COMMAND_REPORT || o->command == COMMAND_COMPARE) {
        allow_only(parse,
                   bit_of(KEY_JSON) | bit_of(KEY_MARGIN) |
                       (o->command == COMMAND_REPORT ? show : 0),
                   command_name(o->command));
    } else if (o->command == COMMAND_MERGE) {
        allow_only(parse, bit_of(KEY_OUT) | bit_of(KEY_MARGIN) | show, "merge");
    } else if (o->command == COMMAND_PART) {
        allow_only(parse, bit_of(KEY_QUIET), "part, which takes all from the run");
    } else if (o->list) {
        allow_only(parse, bit_of(KEY_LIST), "--list");
    } else if (o->command == COMMAND_PEERS) {
        allow_only(parse, timed & ~grid, "peers, which draws no grid");
    } else if (o->command == COMMAND_CHECK_NOISE || o->command == COMMAND_CHECK_POWER) {
        allow_only(parse, timed & ~grid & ~elsewhere & ~bit_of(KEY_ALLOCATOR) & ~bit_of(KEY_FULL),
                   "check-noise and check-power, which measure hakmem only");
    } else if (command_advises(o->command)) {
        bool tune = o->command == COMMAND_TUNE;
        allow_only(parse,
                   (timed | bit_of(KEY_HELD_OUT)) & ~grid & ~elsewhere & ~bit_of(KEY_WORKLOAD) &
                       ~bit_of(KEY_REPS) & ~bit_of(KEY_FULL) & ~(tune ? bit_of(KEY_ALLOCATOR) : 0),
                   tune ? "tune: name the workload after it"
                        : "advise: name the workload after it");
    } else if (o->command == COMMAND_COUNT) {
        allow_only(parse,
                   all & ~grid & ~elsewhere & ~bit_of(KEY_BUDGET) & ~bit_of(KEY_FULL) &
                       ~bit_of(KEY_HELD_OUT),
                   "count, which takes no time");
    } else {
        allow_only(parse, timed, "a sweep");
    }
    if (o->dry_run && o->json) {
        fail_usage("--json has no effect with --dry-run");
    }
    if (o->full && o->reps) {
        fail_usage("--full and --reps exclude each other");
    }
    check_words(o);
    if (o->machines.count > 0 && o->launcher == LAUNCHER_LOCAL) {
        fail_usage("--machine needs a --launcher that gives work to machines: slurm or parallel");
    }
    if (o->command == COMMAND_MERGE && !o->out) {
        fail_usage("merge needs --out DIR, the folder for what is joined");
    }
    if (o->resume && o->command != COMMAND_SWEEP) {
        fail_usage("--resume takes no command: the run knows its own");
    }
}

static void set_defaults(options_t *o) {
    if (o->wmax_mid.count == 0) {
        dec_list_parse(GRID_MID, WMAX_LEAST, WMAX_MOST, &o->wmax_mid);
    }
    if (o->wmax_large.count == 0) {
        dec_list_parse(GRID_LARGE, WMAX_LEAST, WMAX_MOST, &o->wmax_large);
    }
    if (!o->margin_given && o->command != COMMAND_REPORT && o->command != COMMAND_MERGE) {
        o->margin = MARGIN_DEFAULT; /* a report's is the run's own */
    }
    if (o->command == COMMAND_COUNT) {
        o->reps = o->reps ? o->reps : COUNT_REPS;
    } else if (o->budget_s == 0 && !o->full && !o->reps) {
        bool peers = o->command == COMMAND_PEERS;
        o->reps = peers ? PEERS_REPS : 0;
        o->budget_s = peers                               ? 0
                      : o->command == COMMAND_CHECK_NOISE ? NOISE_BUDGET_S
                      : o->command == COMMAND_CHECK_POWER ? POWER_BUDGET_S
                      : command_advises(o->command)       ? ADVISE_BUDGET_S
                                                          : DEFAULT_BUDGET_S;
    }
    if (!o->seed_given) {
        o->seed = DEFAULT_SEED;
    }
    o->unnamed = o->workloads.count == 0;
}

/* The words after "--", which are nobody's but the program's. Returns how many are before. */
static int take_program(int argc, char **argv, options_t *o) {
    int own = 1;
    while (own < argc && strcmp(argv[own], "--") != 0) {
        own++;
    }
    for (int i = own + 1; i < argc; i++) {
        text_list_add(&o->program, argv[i]);
    }
    return own;
}

void options_parse(int argc, char **argv, options_t *out) {
    static const struct argp argp = {option_table, parse_option, usage_args, usage_text, 0, 0, 0};
    parse_state_t parse = {.options = out};
    memset(out, 0, sizeof *out);
    argp_err_exit_status = 2;
    argv[0] = text_copy("run_sweep"); /* the name that users type, in --help and usage errors */
    if (argp_parse(&argp, take_program(argc, argv, out), argv, 0, NULL, &parse) != 0) {
        exit(2);
    }
    take_command(out);
    check_combination(&parse);
    set_defaults(out);
}

static json_t *list_to_json(const text_list_t *list) {
    json_t *out = json_array();
    for (size_t i = 0; i < list->count; i++) {
        json_array_append_new(out, json_string(list->items[i]));
    }
    return out;
}

static void list_from_json(const json_t *array, text_list_t *out) {
    size_t index;
    json_t *item;
    json_array_foreach(array, index, item) {
        text_list_add(out, json_string_value(item));
    }
}

json_t *options_to_json(const options_t *o) {
    return json_pack(
        "{s:s, s:s, s:s, s:b, s:o, s:o, s:I, s:f, s:I, s:b, s:I, s:b, s:f, s:s?, s:s?, s:o, s:o, "
        "s:b, s:b, s:b}",
        "command", command_name(o->command), "wmax_mid", dec_list_print(&o->wmax_mid), "wmax_large",
        dec_list_print(&o->wmax_large), "grid_given", o->grid_given, "workloads",
        list_to_json(&o->workloads), "allocators", list_to_json(&o->allocators), "reps",
        (json_int_t)o->reps, "budget_seconds", o->budget_s, "seed", (json_int_t)o->seed,
        "seed_given", o->seed_given, "threads", (json_int_t)o->threads, "full", o->full, "margin",
        o->margin, "against", o->against, "held_out", o->held_out, "args", list_to_json(&o->args),
        "program", list_to_json(&o->program), "is_part", o->is_part, "unnamed", o->unnamed,
        "no_waste", o->no_waste);
}

void options_from_json(const json_t *object, options_t *out) {
    const char *command = json_string_value(json_object_get(object, "command"));
    const char *mid = json_string_value(json_object_get(object, "wmax_mid"));
    const char *large = json_string_value(json_object_get(object, "wmax_large"));
    if (!command || !mid || !large || dec_list_parse(mid, WMAX_LEAST, WMAX_MOST, &out->wmax_mid) ||
        dec_list_parse(large, WMAX_LEAST, WMAX_MOST, &out->wmax_large)) {
        fail("the manifest's options cannot be read");
    }
    for (command_t c = COMMAND_SWEEP; c <= COMMAND_COMPARE; c++) {
        if (strcmp(command, command_names[c]) == 0) {
            out->command = c;
        }
    }
    out->grid_given = json_is_true(json_object_get(object, "grid_given"));
    list_from_json(json_object_get(object, "workloads"), &out->workloads);
    list_from_json(json_object_get(object, "allocators"), &out->allocators);
    out->reps = (unsigned)json_integer_value(json_object_get(object, "reps"));
    out->budget_s = json_number_value(json_object_get(object, "budget_seconds"));
    out->seed = (uint64_t)json_integer_value(json_object_get(object, "seed"));
    out->seed_given = json_is_true(json_object_get(object, "seed_given"));
    out->threads = (unsigned)json_integer_value(json_object_get(object, "threads"));
    out->full = json_is_true(json_object_get(object, "full"));
    const json_t *margin = json_object_get(object, "margin"); /* not in runs of old */
    const char *against = json_string_value(json_object_get(object, "against"));
    out->margin = margin ? json_number_value(margin) : MARGIN_DEFAULT;
    const char *held_out = json_string_value(json_object_get(object, "held_out"));
    out->against = against ? text_copy(against) : NULL;
    const json_t *unnamed = json_object_get(object, "unnamed"); /* likewise */
    out->unnamed = unnamed ? json_is_true(unnamed) : out->workloads.count == 0;
    out->is_part = json_is_true(json_object_get(object, "is_part"));
    out->no_waste = json_is_true(json_object_get(object, "no_waste"));
    out->held_out = held_out ? text_copy(held_out) : NULL;
    list_from_json(json_object_get(object, "args"), &out->args);
    list_from_json(json_object_get(object, "program"), &out->program);
}
