/*
 * haktrace.c - looks into trace files, and makes others of them.
 *
 *   haktrace info FILE                 what was recorded, and how much
 *   haktrace head FILE [N]             the first N events as text (20)
 *   haktrace stats FILE                sizes, lifetimes, threads, live memory (--json, --figures)
 *   haktrace verify FILE …             checks files whole; says so, or what is wrong
 *   haktrace convert FROM TO           between the formats of FORMAT.md (--to, --time-unit)
 *   haktrace cut FROM TO               a part of a trace (--events, --ms, --threads, --drop-live)
 *   haktrace merge TO FROM FROM …      several at once, as one program (threads beside each other)
 *   haktrace synth PROFILE TO          a trace of any length (--length, --seed, --live, --rate, …)
 *   haktrace classes FILE              the best block sizes for it (--classes, --wmax, --format, …)
 *   haktrace bound FILE …              the least memory that it can take
 *
 * All but verify read any of the formats; classes reads heap profiles, too. Exit 0; 1 when a file
 * is missing or damaged (the message names it); 2 for a bad command line.
 */
#include "haktrace/commands.h"

#include "classes/switches.h"
#include "shared/decimals.h"
#include "shared/die.h"
#include "shared/number.h"
#include "hakmem.h"

#include <argp.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *argp_program_version = "haktrace (hakmem) " HAKMEM_VERSION;

enum {
    KEY_JSON = 0x100,
    KEY_FIGURES,
    KEY_TO,
    KEY_TIME_UNIT,
    KEY_EVENTS,
    KEY_MS,
    KEY_THREADS,
    KEY_DROP_LIVE,
    KEY_LENGTH,
    KEY_SEED,
    KEY_LIVE,
    KEY_RATE,
    KEY_CLASSES,
    KEY_WMAX,
    KEY_RANGE,
    KEY_FORMAT,
    KEY_COMPARE,
    KEY_PEAK,
    KEY_SWITCHES,
    KEYS_END
};

enum { CLASSES_MOST = 256, WMAX_MOST = 16, TIME_UNIT_US_MOST = 1000000 };

/* Which command takes which option; an option that would do nothing is refused. */
static const struct {
    int key;
    const char *name, *commands;
} belongs[] = {
    {KEY_JSON, "json", "stats bound"},
    {KEY_FIGURES, "figures", "stats classes"},
    {KEY_TO, "to", "convert"},
    {KEY_TIME_UNIT, "time-unit", "convert"},
    {KEY_EVENTS, "events", "cut"},
    {KEY_MS, "ms", "cut"},
    {KEY_THREADS, "threads", "cut synth"},
    {KEY_DROP_LIVE, "drop-live", "cut"},
    {KEY_LENGTH, "length", "synth"},
    {KEY_SEED, "seed", "synth"},
    {KEY_LIVE, "live", "synth"},
    {KEY_RATE, "rate", "synth"},
    {KEY_CLASSES, "classes", "classes"},
    {KEY_WMAX, "wmax", "classes"},
    {KEY_RANGE, "range", "classes"},
    {KEY_FORMAT, "format", "classes"},
    {KEY_COMPARE, "compare", "classes"},
    {KEY_PEAK, "peak", "classes"},
    {KEY_SWITCHES, "switches", "classes"},
};

static bool given[KEYS_END - KEY_JSON];

/* FROM:TO, either of which may be left out. */
static range_t parse_range(const char *name, const char *text, bool bytes) {
    bool (*parse)(const char *, uint64_t, uint64_t, uint64_t *) =
        bytes ? number_parse_bytes : number_parse;
    range_t range = {.is_set = true, .to = UINT64_MAX};
    char from[32];
    const char *colon = strchr(text, ':');
    size_t length = colon == NULL ? sizeof from : (size_t)(colon - text);
    bool good = length < sizeof from;
    if (good) {
        memcpy(from, text, length);
        from[length] = '\0';
        good = (length == 0 || parse(from, 0, UINT64_MAX, &range.from)) &&
               (colon[1] == '\0' || parse(colon + 1, 0, UINT64_MAX, &range.to));
    }
    if (!good || range.from >= range.to)
        die_usage("--%s=%s: not FROM:TO with FROM below TO", name, text);
    return range;
}

static void parse_number(const char *name, const char *text, uint64_t least, uint64_t most,
                         bool bytes, uint64_t *out) {
    if (!(bytes ? number_parse_bytes : number_parse)(text, least, most, out))
        die_usage("--%s=%s: not a number from %llu to %llu", name, text, (unsigned long long)least,
                  (unsigned long long)most);
}

static void parse_classes(const char *text, options_t *options) {
    options->takes_fewest = strcmp(text, "fewest") == 0;
    if (!options->takes_fewest)
        parse_number("classes", text, 1, CLASSES_MOST, false, &options->classes);
}

static void parse_wmax(const char *text, options_t *options) {
    dec_t wmax = 0;
    options->has_wmax = true;
    if (strcmp(text, "none") == 0)
        return;
    if (!dec_parse(text, &wmax) || wmax < DEC_ONE || wmax > WMAX_MOST * DEC_ONE)
        die_usage("--wmax=%s: not none, nor a number from 1 to %d with four decimals at most", text,
                  WMAX_MOST);
    options->wmax = (uint64_t)wmax * (1000000 / DEC_ONE);
}

static void parse_format(const char *text, options_t *options) {
    static const char known[] = "text, json, hakmem, memcached, scudo";
    const char *found = strstr(known, text);
    options->format = text;
    if (found == NULL || strpbrk(text, ", ") != NULL || *text == '\0' ||
        (found != known && found[-1] != ' ') || isalpha((unsigned char)found[strlen(text)]))
        die_usage("--format=%s: not one of %s", text, known);
}

static error_t parse_class_option(int key, const char *text, options_t *options) {
    switch (key) {
    case KEY_CLASSES:
        parse_classes(text, options);
        return 0;
    case KEY_WMAX:
        parse_wmax(text, options);
        return 0;
    case KEY_RANGE:
        options->sizes = parse_range("range", text, true);
        return 0;
    case KEY_FORMAT:
        parse_format(text, options);
        return 0;
    case KEY_COMPARE:
        options->compares = true;
        return 0;
    case KEY_PEAK:
        options->at_peak = true;
        return 0;
    case KEY_SWITCHES:
        options->has_switches = true;
        parse_number("switches", text, 0, SWITCHES_MOST, false, &options->switches);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static error_t parse_word(options_t *options, const char *text) {
    if (options->word_count == WORDS_MAX)
        die_usage("more than %d words", WORDS_MAX);
    options->words[options->word_count++] = text;
    return 0;
}

static error_t parse_option(int key, char *text, struct argp_state *state) {
    options_t *options = state->input;
    if (key >= KEY_JSON && key < KEYS_END)
        given[key - KEY_JSON] = true;
    switch (key) {
    case KEY_JSON:
        options->json = true;
        return 0;
    case KEY_FIGURES:
        options->figures = text;
        return 0;
    case KEY_TO:
        options->to = text;
        return 0;
    case KEY_TIME_UNIT:
        options->drops_times = strcmp(text, "none") == 0;
        if (!options->drops_times)
            parse_number("time-unit", text, 1, TIME_UNIT_US_MOST, false, &options->time_unit_us);
        return 0;
    case KEY_EVENTS:
        options->events = parse_range("events", text, false);
        return 0;
    case KEY_MS:
        options->times_ms = parse_range("ms", text, false);
        return 0;
    case KEY_THREADS:
        options->threads = text;
        return 0;
    case KEY_DROP_LIVE:
        options->drop_live = true;
        return 0;
    case KEY_LENGTH:
        parse_number("length", text, 1, TRACE_EVENTS_MAX - 1, false, &options->length);
        return 0;
    case KEY_SEED:
        parse_number("seed", text, 0, UINT64_MAX, false, &options->seed);
        return 0;
    case KEY_LIVE:
        parse_number("live", text, 1, INT64_MAX, true, &options->live_bytes);
        return 0;
    case KEY_RATE:
        parse_number("rate", text, 1, 1000000000, false, &options->rate);
        return 0;
    case ARGP_KEY_ARG:
        return parse_word(options, text);
    default:
        return parse_class_option(key, text, options);
    }
}

static void check_options(const char *command) {
    for (unsigned i = 0; i < sizeof belongs / sizeof belongs[0]; i++) {
        if (given[belongs[i].key - KEY_JSON] && strstr(belongs[i].commands, command) == NULL)
            die_usage("--%s belongs to %s", belongs[i].name, belongs[i].commands);
    }
}

static int run_command(const options_t *options) {
    const char *command = options->words[0], *path = options->words[1];
    unsigned arguments = options->word_count - 1;
    check_options(command);
    if (strcmp(command, "info") == 0 && arguments == 1)
        run_info(path);
    else if (strcmp(command, "head") == 0 && arguments <= 2)
        run_head(path, arguments == 1 ? NULL : options->words[2]);
    else if (strcmp(command, "verify") == 0)
        return run_verify(options->words + 1, arguments);
    else if (strcmp(command, "stats") == 0 && arguments == 1)
        run_stats(options);
    else if (strcmp(command, "convert") == 0 && arguments == 2)
        run_convert(options);
    else if (strcmp(command, "cut") == 0 && arguments == 2)
        run_cut(options);
    else if (strcmp(command, "merge") == 0 && arguments >= 3)
        run_merge(options);
    else if (strcmp(command, "synth") == 0 && arguments == 2)
        run_synth(options);
    else if (strcmp(command, "classes") == 0)
        run_classes(options);
    else if (strcmp(command, "bound") == 0)
        run_bound(options);
    else
        die_usage("%s with %u arguments is no command of haktrace (see --help)", command,
                  arguments);
    return EXIT_SUCCESS;
}

static const struct argp_option option_table[] = {
    {"json", KEY_JSON, NULL, 0,
     "stats: as one JSON object, which synth reads as a profile; bound: as JSON", 0},
    {"figures", KEY_FIGURES, "FOLDER", 0,
     "stats, classes --compare: draw figures into it, with gnuplot", 0},
    {"to", KEY_TO, "FORMAT", 0,
     "convert: hakt, csv, rep, android, heaptrack, bytehound (default: from the name)", 0},
    {"time-unit", KEY_TIME_UNIT, "US|none", 0,
     "convert: times in steps of so many microseconds, or without times (default: as they are)", 0},
    {"events", KEY_EVENTS, "FROM:TO", 0, "cut: events by number, TO not included", 0},
    {"ms", KEY_MS, "FROM:TO", 0, "cut: events by time, in milliseconds", 0},
    {"threads", KEY_THREADS, "LIST|N", 0, "cut: only these, as 0,3,4; synth: how many", 0},
    {"drop-live", KEY_DROP_LIVE, NULL, 0,
     "cut: begin without the blocks that are alive at FROM, and leave out their frees", 0},
    {"length", KEY_LENGTH, "N", 0, "synth: events (default: as many as the profile has)", 0},
    {"seed", KEY_SEED, "N", 0, "synth: of the random numbers (default: 1)", 0},
    {"live", KEY_LIVE, "BYTES", 0, "synth: live bytes to scale a table to; k, m, g may follow", 0},
    {"rate", KEY_RATE, "N", 0, "synth: events a second (default: the profile's)", 0},
    {"classes", KEY_CLASSES, "K|fewest", 0,
     "classes: at most K (default: as many as pay for themselves); or the fewest within W_MAX", 0},
    {"wmax", KEY_WMAX, "W|none", 0,
     "classes: largest block / request (default: hakmem's, 1.60 in the mid and 1.30 in the large "
     "pool)",
     0},
    {"range", KEY_RANGE, "LOW:HIGH", 0,
     "classes: only for sizes from LOW to HIGH; outside the built-in classes stay", 0},
    {"format", KEY_FORMAT, "FORMAT", 0,
     "classes: text, json, or lines for hakmem, memcached, scudo (default: text)", 0},
    {"compare", KEY_COMPARE, NULL, 0,
     "classes: a table of files; other ways to choose sizes beside the best", 0},
    {"peak", KEY_PEAK, NULL, 0, "classes: for what is alive when most is (default: over all time)",
     0},
    {"switches", KEY_SWITCHES, "M", 0,
     "classes: the best tables in turn, with at most M changes while the trace runs", 0},
    {0}};

int main(int argc, char **argv) {
    static const struct argp argp = {
        option_table,
        parse_option,
        "info FILE\nhead FILE [N]\nstats FILE\nverify FILE...\nconvert FROM TO\ncut FROM TO\n"
        "merge TO FROM FROM...\nsynth PROFILE TO\nclasses FILE\nclasses --compare FILE...\n"
        "bound FILE...",
        "Looks into traces of hakrec and of other tools, and makes others of them."
        "\vCommands:\n"
        "  info       what was recorded, and how much\n"
        "  head       the first N events as text (default: 20)\n"
        "  stats      sizes, lifetimes, threads and live memory\n"
        "  verify     check files whole, and say so, or what is wrong\n"
        "  convert    from one format into another\n"
        "  cut        a part of a trace\n"
        "  merge      several traces as one program\n"
        "  synth      a trace of any length, from the figures of stats --json\n"
        "  classes    the block sizes that waste least, and how they compare\n"
        "  bound      the least memory that any allocator needs\n\n"
        "Exit status: 0 done; 1 a file is missing or damaged; 2 usage.",
        NULL,
        NULL,
        NULL};
    static options_t options = {.seed = 1, .format = "text"};
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    if (options.word_count < 2)
        die_usage("a command and a file are needed (see --help)");
    int status = run_command(&options);
    if (fflush(stdout) != 0)
        die_errno("cannot write to stdout");
    return status;
}
