/*
 * cli.h - the command line of a generator: numbers, choices of a word, and what all of them take.
 *
 * A generator says in tables which options it has; parsing, bounds, --help, messages and the
 * parameters of its sample follow from them. --touch, --latency and --result are there when the
 * generator gives a place for them, and --memory with --latency. What depends on several options
 * together, it checks itself.
 *
 * Bad input ends the process with exit 2 and a line that names the option.
 */
#ifndef WORKLOADS_CLI_H
#define WORKLOADS_CLI_H

#include "common/memory.h"
#include "common/sample.h"
#include "common/team.h"
#include "common/touch.h"
#include "common/turns.h"

#include <stdbool.h>
#include <stdint.h>

/* The largest block that a generator makes: sizes fit in 31 bits. */
enum { CLI_BYTES_MAX = 1 << 30 };

typedef struct cli_number {
    const char *name, *argument, *help;
    uint64_t *value;
    uint64_t fallback, least, most;
    bool bytes; /* k, m and g may follow the number */
} cli_number_t;

typedef struct cli_choice {
    const char *name, *help;
    const char *const *words; /* NULL after the last */
    unsigned *value;          /* index of the word */
    unsigned fallback;
} cli_choice_t;

typedef struct cli {
    const char *about; /* one sentence, for --help */
    const cli_number_t *numbers;
    unsigned number_count;
    const cli_choice_t *choices;
    unsigned choice_count;
    touch_t *touch; /* holds the default; NULL: no --touch; likewise the next two */
    bool *latency;
    const char **result;
    bool takes_command; /* what follows "--" is kept in `command`, NULL after the last word */
    char ***command;
} cli_t;

void cli_parse(const cli_t *cli, int argc, char **argv);

/* What a driver with a table of argp's own takes as well: the rows, and what they do. */
enum { CLI_KEY_MEMORY = 0x4000, CLI_KEY_TURNS, CLI_KEY_DELAY };
#define CLI_MEMORY                                                                                 \
    { "memory", CLI_KEY_MEMORY, NULL, 0, MEMORY_HELP, 0 }
#define CLI_TURNS                                                                                  \
    { "turns", CLI_KEY_TURNS, "FD", 0, TURNS_HELP, 0 }
#define CLI_DELAY                                                                                  \
    { "delay-ps", CLI_KEY_DELAY, "PS", 0, TEAM_DELAY_HELP, 0 }
int cli_parse_shared(int key, char *text); /* as argp's parsers: an errno, 0: done */

/* Every number and choice, and the touch policy, with '-' in names as '_'. */
void cli_describe(const cli_t *cli, sample_t *sample);

#endif
