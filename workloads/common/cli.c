/*
 * cli.c - see cli.h. argp's one table is made from the tables of the generator.
 */
#include "common/cli.h"

#include "shared/die.h"
#include "shared/number.h"

#include <argp.h>
#include <string.h>

enum { OPTIONS_MAX = SAMPLE_PARAMS_MAX + 6, NAME_BYTES = 32, WORDS_BYTES = 256 };
enum { KEY_NUMBER = 0x1000, KEY_CHOICE = 0x2000, KEY_TOUCH = 0x3000, KEY_LATENCY, KEY_RESULT };

static void parse_number(const cli_number_t *number, const char *text) {
    bool (*parse)(const char *, uint64_t, uint64_t, uint64_t *) =
        number->bytes ? number_parse_bytes : number_parse;
    if (!parse(text, number->least, number->most, number->value)) {
        die_usage("--%s=%s: not a number from %llu to %llu", number->name, text,
                  (unsigned long long)number->least, (unsigned long long)number->most);
    }
}

static void join_words(const cli_choice_t *choice, const char *between, char out[WORDS_BYTES]) {
    size_t used = 0;
    out[0] = '\0';
    for (unsigned i = 0; choice->words[i] != NULL; i++) {
        size_t length = strlen(choice->words[i]), gap = i == 0 ? 0 : strlen(between);
        if (used + gap + length >= WORDS_BYTES)
            die("the words of --%s do not fit in %d bytes", choice->name, WORDS_BYTES);
        memcpy(out + used, between, gap);
        memcpy(out + used + gap, choice->words[i], length + 1);
        used += gap + length;
    }
}

static void parse_choice(const cli_choice_t *choice, const char *text) {
    for (unsigned i = 0; choice->words[i] != NULL; i++) {
        if (strcmp(choice->words[i], text) == 0) {
            *choice->value = i;
            return;
        }
    }
    char words[WORDS_BYTES];
    join_words(choice, ", ", words);
    die_usage("--%s=%s: not one of %s", choice->name, text, words);
}

static void parse_word(const cli_t *cli, const char *text, struct argp_state *state) {
    if (!cli->takes_command)
        die_usage("%s: no arguments are taken (see --help)", text);
    if (state->quoted == 0 || state->next - 1 < state->quoted)
        die_usage("%s: the words of the command follow \"--\" (see --help)", text);
    *cli->command = &state->argv[state->next - 1];
    state->next = state->argc;
}

int cli_parse_shared(int key, char *text) {
    switch (key) {
    case CLI_KEY_MEMORY:
        memory_wanted = true;
        return 0;
    case CLI_KEY_TURNS:
        turns_open(text);
        return 0;
    case CLI_KEY_DELAY:
        team_delay_parse(text);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static error_t parse_option(int key, char *text, struct argp_state *state) {
    const cli_t *cli = *(const cli_t **)state->input;
    if (key >= KEY_NUMBER && key < KEY_NUMBER + (int)cli->number_count) {
        parse_number(&cli->numbers[key - KEY_NUMBER], text);
        return 0;
    }
    if (key >= KEY_CHOICE && key < KEY_CHOICE + (int)cli->choice_count) {
        parse_choice(&cli->choices[key - KEY_CHOICE], text);
        return 0;
    }
    switch (key) {
    case KEY_TOUCH:
        if (!touch_parse(text, cli->touch))
            die_usage("--touch=%s: not one of first, page, whole", text);
        return 0;
    case KEY_LATENCY:
        *cli->latency = true;
        return 0;
    case KEY_RESULT:
        *cli->result = text;
        return 0;
    case ARGP_KEY_ARG:
        parse_word(cli, text, state);
        return 0;
    default:
        return cli_parse_shared(key, text);
    }
}

/* Where all words are too long for the column of names, they stand in the text. */
static struct argp_option option_of(const cli_choice_t *choice, char words[WORDS_BYTES]) {
    enum { COLUMN_BYTES = 24 };
    struct argp_option out = {.name = choice->name, .arg = words, .doc = choice->help};
    join_words(choice, "|", words);
    if (strlen(words) > COLUMN_BYTES) {
        char list[WORDS_BYTES];
        join_words(choice, ", ", list);
        size_t used = strlen(choice->help), room = WORDS_BYTES - used;
        memcpy(words, choice->help, used);
        if (snprintf(words + used, room, ": %s", list) >= (int)room)
            die("the help of --%s does not fit in %d bytes", choice->name, WORDS_BYTES);
        out.arg = "NAME";
        out.doc = words;
    }
    return out;
}

/* In the order of --help; what is left of the table is zero and so its end. */
static void make_table(const cli_t *cli, struct argp_option *table, char (*words)[WORDS_BYTES]) {
    unsigned used = 0;
    if (cli->number_count + cli->choice_count + 4 > OPTIONS_MAX)
        die("a generator has more than %d options", OPTIONS_MAX);
    for (unsigned i = 0; i < cli->number_count; i++) {
        const cli_number_t *number = &cli->numbers[i];
        table[used++] = (struct argp_option){
            number->name, KEY_NUMBER + (int)i, number->argument, 0, number->help, 0};
        *number->value = number->fallback;
    }
    for (unsigned i = 0; i < cli->choice_count; i++) {
        table[used++] = option_of(&cli->choices[i], words[i]);
        table[used - 1].key = KEY_CHOICE + (int)i;
        *cli->choices[i].value = cli->choices[i].fallback;
    }
    if (cli->touch != NULL)
        table[used++] = (struct argp_option){
            "touch", KEY_TOUCH, "first|page|whole", 0, "what of each block is written", 0};
    if (cli->latency != NULL)
        table[used++] =
            (struct argp_option){"latency", KEY_LATENCY, NULL, 0, "time each operation", 0};
    if (cli->latency != NULL)
        table[used++] = (struct argp_option)CLI_MEMORY;
    table[used++] = (struct argp_option)CLI_TURNS;
    table[used++] = (struct argp_option)CLI_DELAY;
    if (cli->result != NULL)
        table[used] = (struct argp_option){
            "result", KEY_RESULT, "FILE", 0, "write the sample as JSON (default: a summary)", 0};
}

void cli_parse(const cli_t *cli, int argc, char **argv) {
    static struct argp_option table[OPTIONS_MAX + 1];
    static char words[OPTIONS_MAX][WORDS_BYTES];
    make_table(cli, table, words);
    const struct argp argp = {
        table, parse_option, cli->takes_command ? "-- PROGRAM [WORD...]" : NULL, cli->about, NULL,
        NULL,  NULL};
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&argp, argc, argv, cli->takes_command ? ARGP_IN_ORDER : 0, NULL, &cli);
    if (cli->takes_command && *cli->command == NULL)
        die_usage("there is no command after \"--\" (see --help)");
}

/* The option's name as a key of JSON. */
static const char *key_of(const char *name, char key[NAME_BYTES]) {
    if (strlen(name) >= NAME_BYTES)
        die("--%s: a name of more than %d bytes", name, NAME_BYTES - 1);
    strcpy(key, name);
    for (char *at = key; *at != '\0'; at++) {
        if (*at == '-')
            *at = '_';
    }
    return key;
}

void cli_describe(const cli_t *cli, sample_t *sample) {
    static char keys[OPTIONS_MAX][NAME_BYTES];
    unsigned used = 0;
    for (unsigned i = 0; i < cli->number_count; i++)
        sample_param_number(sample, key_of(cli->numbers[i].name, keys[used++]),
                            *cli->numbers[i].value);
    for (unsigned i = 0; i < cli->choice_count; i++) {
        const cli_choice_t *choice = &cli->choices[i];
        sample_param_text(sample, key_of(choice->name, keys[used++]),
                          choice->words[*choice->value]);
    }
    if (cli->touch != NULL)
        sample_param_text(sample, "touch", touch_name(*cli->touch));
}
