/*
 * haktrace.c - looks into trace files.
 *
 *   haktrace info FILE            what was recorded, and how much
 *   haktrace head FILE [N]        the first N events as text (20)
 *   haktrace verify FILE …        checks files whole; says so, or what is wrong
 *   haktrace stats [--json] FILE  sizes, operations, threads, live memory
 *
 * Exit 0; 1 when a file is missing or damaged (the message names it); 2 for a bad command line.
 */
#include "common/arena.h"
#include "common/die.h"
#include "common/number.h"
#include "tools/trace_stats.h"
#include "trace/trace.h"

#include <argp.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { HEAD_EVENTS = 20, WORDS_MAX = 256, KEY_JSON = 0x100 };

typedef struct options {
    const char *words[WORDS_MAX]; /* the command and its arguments */
    unsigned word_count;
    bool json;
} options_t;

static void load(const char *path, trace_t *trace) {
    trace_error_t error;
    if (!trace_load(path, trace, &error))
        die("%s", error.text);
}

static void run_info(const char *path) {
    trace_t trace;
    struct stat status;
    load(path, &trace);
    if (stat(path, &status) != 0)
        die_errno("%s", path);
    printf("program       %s\n", trace.program);
    printf("command       %s\n", trace.command);
    printf("allocator     %s\n", trace.allocator);
    printf("format        %d, CRC32C %08" PRIx32 "\n", TRACE_VERSION, trace.crc);
    printf("file          %jd bytes", (intmax_t)status.st_size);
    if (trace.event_count > 0)
        printf(", %.2f a event", (double)status.st_size / (double)trace.event_count);
    printf("\nevents        %" PRIu64 "\n", trace.event_count);
    printf("blocks        %" PRIu64 "\n", trace.block_count);
    printf("threads       %" PRIu32 "\n", trace.thread_count);
    printf("peak live     %" PRIu64 " bytes, %" PRIu64 " blocks\n", trace.peak_live_bytes,
           trace.peak_live_blocks);
    printf("unknown frees %" PRIu64 " (of blocks older than the record; left out)\n",
           trace.unknown_frees);
    printf("lost frees    %" PRIu64 " (gaps in the record; put in)\n", trace.lost_frees);
    trace_unload(&trace);
}

static void print_event(uint64_t index, const trace_event_t *event) {
    printf("%10" PRIu64 "  t%-4" PRIu32 " %-12s", index, (uint32_t)event->thread,
           trace_op_name(event->op));
    if (event->op != TRACE_THREAD_START && event->op != TRACE_THREAD_EXIT)
        printf(" #%-9" PRIu32, event->block);
    if (trace_op_has_size(event->op))
        printf(" %10" PRIu64, event->bytes);
    if (event->op == TRACE_ALIGNED)
        printf("  align %" PRIu64, UINT64_C(1) << event->align_shift);
    printf("\n");
}

static void run_head(const char *path, const char *count) {
    trace_t trace;
    uint64_t events = HEAD_EVENTS;
    if (count != NULL && !number_parse(count, 0, UINT64_MAX, &events))
        die_usage("head: %s is not a number", count);
    load(path, &trace);
    for (uint64_t i = 0; i < trace.event_count && i < events; i++)
        print_event(i, &trace.events[i]);
    trace_unload(&trace);
}

static int run_verify(const char *const *paths, unsigned count) {
    int status = EXIT_SUCCESS;
    for (unsigned i = 0; i < count; i++) {
        trace_t trace;
        trace_error_t error;
        if (trace_load(paths[i], &trace, &error)) {
            printf("%s: good, %" PRIu64 " events\n", paths[i], trace.event_count);
            trace_unload(&trace);
        } else {
            warn("%s", error.text);
            status = EXIT_FAILURE;
        }
    }
    return status;
}

static void run_stats(const char *path, bool json) {
    trace_t trace;
    trace_stats_t stats;
    load(path, &trace);
    trace_stats_read(&trace, &stats);
    if (json)
        trace_stats_print_json(path, &trace, &stats);
    else
        trace_stats_print(path, &trace, &stats);
    trace_stats_free(&stats);
    trace_unload(&trace);
}

static error_t parse_option(int key, char *text, struct argp_state *state) {
    options_t *options = state->input;
    switch (key) {
    case KEY_JSON:
        options->json = true;
        return 0;
    case ARGP_KEY_ARG:
        if (options->word_count == WORDS_MAX)
            die_usage("more than %d words", WORDS_MAX);
        options->words[options->word_count++] = text;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int run_command(const options_t *options) {
    const char *command = options->words[0], *path = options->words[1];
    unsigned arguments = options->word_count - 1;
    bool one = arguments == 1;
    if (options->json && strcmp(command, "stats") != 0)
        die_usage("--json belongs to stats");
    if (strcmp(command, "info") == 0 && one)
        run_info(path);
    else if (strcmp(command, "head") == 0 && (one || arguments == 2))
        run_head(path, one ? NULL : options->words[2]);
    else if (strcmp(command, "verify") == 0)
        return run_verify(options->words + 1, arguments);
    else if (strcmp(command, "stats") == 0 && one)
        run_stats(path, options->json);
    else
        die_usage("%s with %u arguments is no command of haktrace (see --help)", command,
                  arguments);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv) {
    static const struct argp_option table[] = {
        {"json", KEY_JSON, NULL, 0, "stats: as one JSON object", 0}, {0}};
    static const struct argp argp = {table,
                                     parse_option,
                                     "info FILE\nhead FILE [N]\nverify FILE...\nstats FILE",
                                     "Looks into trace files of hakrec.",
                                     NULL,
                                     NULL,
                                     NULL};
    options_t options = {.word_count = 0};
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    if (options.word_count < 2)
        die_usage("a command and a file are needed (see --help)");
    int status = run_command(&options);
    if (fflush(stdout) != 0)
        die_errno("cannot write to stdout");
    return status;
}
