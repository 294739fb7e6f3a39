/*
 * replay_options.c - see replay_options.h.
 */
#include "replayer/replay_options.h"

#include "shared/die.h"
#include "common/cli.h"
#include "shared/number.h"
#include "hakmem.h"

#include <argp.h>
#include <string.h>

const char *argp_program_version = "hakreplay (hakmem) " HAKMEM_VERSION;

enum {
    KEY_TOUCH = 0x100,
    KEY_LOOP,
    KEY_SPEED,
    KEY_WINDOW,
    KEY_LATENCY,
    KEY_VERIFY,
    KEY_RESULT,
    KEY_UNTIL
};
enum { WINDOW_MAX = 1 << 30, LOOP_MAX = 1000000 };

static error_t parse_option(int key, char *text, struct argp_state *state) {
    replay_options_t *options = state->input;
    switch (key) {
    case KEY_TOUCH:
        if (!touch_parse(text, &options->touch))
            die_usage("--touch=%s: not one of first, page, whole", text);
        return 0;
    case KEY_LOOP:
        if (!number_parse(text, 1, LOOP_MAX, &options->loop))
            die_usage("--loop=%s: not a number from 1 to %d", text, LOOP_MAX);
        return 0;
    case KEY_SPEED:
        options->recorded = strcmp(text, "recorded") == 0;
        if (!options->recorded && strcmp(text, "max") != 0)
            die_usage("--speed=%s: not one of max, recorded", text);
        return 0;
    case KEY_WINDOW:
        if (!number_parse(text, 2, WINDOW_MAX, &options->window))
            die_usage("--window=%s: not a number from 2 to %d", text, WINDOW_MAX);
        return 0;
    case KEY_UNTIL:
        if (strcmp(text, "peak") != 0)
            die_usage("--until=%s: it can be peak only", text);
        options->until_peak = true;
        return 0;
    case KEY_LATENCY:
        options->latency = true;
        return 0;
    case KEY_VERIFY:
        options->verify = true;
        return 0;
    case KEY_RESULT:
        options->result = text;
        return 0;
    case ARGP_KEY_ARG:
        if (options->trace != NULL)
            die_usage("%s: only one trace is replayed at a time", text);
        options->trace = text;
        return 0;
    case ARGP_KEY_END:
        if (options->trace == NULL)
            die_usage("which trace? (see --help)");
        if (options->verify && options->latency)
            die_usage("--verify and --latency exclude each other");
        return 0;
    default:
        return cli_parse_shared(key, text);
    }
}

void replay_options_parse(int argc, char **argv, replay_options_t *options) {
    static const struct argp_option table[] = {
        {"touch", KEY_TOUCH, "first|page|whole", 0, "what of each block is written (default: page)",
         0},
        {"loop", KEY_LOOP, "N", 0, "how often the trace is replayed (default: 1)", 0},
        {"speed", KEY_SPEED, "max|recorded", 0, "as fast as can be, or as recorded (default: max)",
         0},
        {"window", KEY_WINDOW, "N", 0,
         "how many events of the trace threads may be apart (default: 4096)", 0},
        {"until", KEY_UNTIL, "peak", 0,
         "end where most bytes are alive, and ask the allocator what it holds", 0},
        {"latency", KEY_LATENCY, NULL, 0, "time each operation", 0},
        CLI_MEMORY,
        CLI_TURNS,
        CLI_DELAY,
        {"verify", KEY_VERIFY, NULL, 0, "fill and check every block: a test, not a measurement", 0},
        {"result", KEY_RESULT, "FILE", 0, "write the sample as JSON (default: a summary)", 0},
        {0}};
    static const struct argp argp = {
        table,
        parse_option,
        "TRACE",
        "Replays a recorded trace against this process's allocator, and measures it.\v"
        "Exit status: 0 done; 1 the trace cannot be replayed, or --verify found an error; 2 usage.",
        NULL,
        NULL,
        NULL};
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, options);
}
