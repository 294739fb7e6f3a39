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
#include "common/die.h"
#include "common/number.h"
#include "trace/stats.h"
#include "trace/trace.h"

#include <argp.h>
#include <inttypes.h>
#include <jansson.h>
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
    trace_error_t error = {.text = ""};
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
        trace_error_t error = {.text = ""};
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

/* ---- stats ---- */

static double percent(uint64_t part, uint64_t whole) {
    return whole == 0 ? 0 : 100.0 * (double)part / (double)whole;
}

static uint64_t bucket_low(unsigned bucket) {
    return bucket == 0 ? 0 : UINT64_C(1) << (bucket - 1);
}

static void print_buckets(const trace_stats_t *stats) {
    printf("\n%14s %12s %8s %14s %8s\n", "size from", "requests", "%", "bytes", "%");
    for (unsigned i = 0; i < STATS_BUCKETS; i++) {
        if (stats->bucket_requests[i] == 0)
            continue;
        printf("%14" PRIu64 " %12" PRIu64 " %8.2f %14" PRIu64 " %8.2f\n", bucket_low(i),
               stats->bucket_requests[i], percent(stats->bucket_requests[i], stats->requests),
               stats->bucket_bytes[i], percent(stats->bucket_bytes[i], stats->requested_bytes));
    }
}

static void print_stats(const trace_t *trace, const trace_stats_t *stats) {
    printf("command          %s\n", trace->command);
    printf("events           %" PRIu64 ", %" PRIu32 " threads\n", trace->event_count,
           trace->thread_count);
    for (unsigned op = 0; op < TRACE_OPS; op++)
        printf("  %-14s %" PRIu64 "\n", trace_op_name(op), stats->ops[op]);
    printf("requested        %" PRIu64 " bytes in %" PRIu64 " requests of %" PRIu64 " sizes\n",
           stats->requested_bytes, stats->requests, stats->distinct_sizes);
    printf("32 to 64 KiB     %.2f %% of the requests, %.2f %% of the bytes\n",
           percent(stats->mid_requests, stats->requests),
           percent(stats->mid_bytes, stats->requested_bytes));
    printf("peak live        %" PRIu64 " bytes, %" PRIu64 " blocks\n", trace->peak_live_bytes,
           trace->peak_live_blocks);
    printf("never freed      %" PRIu64 " bytes, %" PRIu64 " blocks\n", stats->leftover_bytes,
           stats->leftover_blocks);
    printf("cross-thread     %.2f %% of the frees and reallocs\n",
           percent(stats->cross_uses, stats->uses));
    for (uint32_t t = 0; t < trace->thread_count && trace->thread_count > 1; t++)
        printf("  thread %-7" PRIu32 " %" PRIu64 " events\n", t, stats->thread_events[t]);
    print_buckets(stats);
    printf("\n%14s %12s %8s   most requested sizes\n", "size", "requests", "%");
    for (unsigned i = 0; i < stats->top_count; i++) {
        printf("%14" PRIu64 " %12" PRIu64 " %8.2f\n", stats->top[i].bytes, stats->top[i].requests,
               percent(stats->top[i].requests, stats->requests));
    }
}

static void set_number(json_t *object, const char *key, uint64_t value) {
    json_object_set_new(object, key, json_integer((json_int_t)value));
}

static json_t *buckets_json(const trace_stats_t *stats) {
    json_t *list = json_array();
    for (unsigned i = 0; i < STATS_BUCKETS; i++) {
        if (stats->bucket_requests[i] == 0)
            continue;
        json_t *bucket = json_object();
        set_number(bucket, "from_bytes", bucket_low(i));
        set_number(bucket, "requests", stats->bucket_requests[i]);
        set_number(bucket, "bytes", stats->bucket_bytes[i]);
        json_array_append_new(list, bucket);
    }
    return list;
}

static json_t *top_json(const trace_stats_t *stats) {
    json_t *list = json_array();
    for (unsigned i = 0; i < stats->top_count; i++) {
        json_t *size = json_object();
        set_number(size, "bytes", stats->top[i].bytes);
        set_number(size, "requests", stats->top[i].requests);
        json_array_append_new(list, size);
    }
    return list;
}

static json_t *stats_json(const trace_t *trace, const trace_stats_t *stats) {
    json_t *object = json_object(), *ops = json_object(), *threads = json_array();
    json_object_set_new(object, "command", json_string(trace->command));
    json_object_set_new(object, "allocator", json_string(trace->allocator));
    set_number(object, "crc32c", trace->crc);
    set_number(object, "events", trace->event_count);
    for (unsigned op = 0; op < TRACE_OPS; op++)
        set_number(ops, trace_op_name(op), stats->ops[op]);
    json_object_set_new(object, "ops", ops);
    set_number(object, "requests", stats->requests);
    set_number(object, "requested_bytes", stats->requested_bytes);
    set_number(object, "distinct_sizes", stats->distinct_sizes);
    set_number(object, "mid_requests", stats->mid_requests);
    set_number(object, "mid_bytes", stats->mid_bytes);
    set_number(object, "peak_live_bytes", trace->peak_live_bytes);
    set_number(object, "peak_live_blocks", trace->peak_live_blocks);
    set_number(object, "leftover_bytes", stats->leftover_bytes);
    set_number(object, "leftover_blocks", stats->leftover_blocks);
    set_number(object, "uses", stats->uses);
    set_number(object, "cross_uses", stats->cross_uses);
    set_number(object, "unknown_frees", trace->unknown_frees);
    set_number(object, "lost_frees", trace->lost_frees);
    for (uint32_t t = 0; t < trace->thread_count; t++)
        json_array_append_new(threads, json_integer((json_int_t)stats->thread_events[t]));
    json_object_set_new(object, "thread_events", threads);
    json_object_set_new(object, "size_histogram", buckets_json(stats));
    json_object_set_new(object, "top_sizes", top_json(stats));
    return object;
}

static void print_stats_json(const trace_t *trace, const trace_stats_t *stats) {
    json_t *object = stats_json(trace, stats);
    if (json_dumpf(object, stdout, JSON_INDENT(2)) != 0)
        die("cannot write the statistics to stdout");
    printf("\n");
    json_decref(object);
}

static void run_stats(const char *path, bool json) {
    trace_t trace;
    trace_stats_t stats;
    load(path, &trace);
    trace_stats_read(&trace, &stats);
    if (json)
        print_stats_json(&trace, &stats);
    else
        print_stats(&trace, &stats);
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
