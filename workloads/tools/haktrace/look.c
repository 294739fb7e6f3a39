/*
 * look.c - haktrace info, head and verify.
 */
#include "commands.h"
#include "formats.h"

#include "shared/die.h"
#include "shared/number.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { HEAD_EVENTS = 20 };

static const char *text_or(const char *text, const char *otherwise) {
    return text == NULL || *text == '\0' ? otherwise : text;
}

void run_info(const char *path) {
    trace_t trace;
    struct stat status;
    formats_load(path, &trace);
    if (stat(path, &status) != 0)
        die_errno("%s", path);
    printf("program       %s\n", text_or(trace.program, "-"));
    printf("command       %s\n", text_or(trace.command, "-"));
    printf("allocator     %s\n", text_or(trace.allocator, "-"));
    printf("format        %d, CRC32C %08" PRIx32 "\n", trace_version(&trace), trace.crc);
    printf("file          %jd bytes", (intmax_t)status.st_size);
    if (trace.event_count > 0)
        printf(", %.2f an event", (double)status.st_size / (double)trace.event_count);
    printf("\nevents        %" PRIu64 "\n", trace.event_count);
    printf("blocks        %" PRIu64 "\n", trace.block_count);
    printf("threads       %" PRIu32 "\n", trace.thread_count);
    if (trace.times != NULL && trace.event_count > 0)
        printf("time          %.3f s, in steps of %" PRIu32 " ns\n",
               (double)(trace.times[trace.event_count - 1] - trace.times[0]) * trace.time_unit_ns /
                   1e9,
               trace.time_unit_ns);
    else
        printf("time          not recorded\n");
    printf("call sites    %s\n", trace.sites == NULL ? "not recorded" : "recorded");
    printf("peak live     %" PRIu64 " bytes, %" PRIu64 " blocks\n", trace.peak_live_bytes,
           trace.peak_live_blocks);
    printf("unknown frees %" PRIu64 " (of blocks older than the record; left out)\n",
           trace.unknown_frees);
    printf("lost frees    %" PRIu64 " (gaps in the record; put in)\n", trace.lost_frees);
    trace_unload(&trace);
}

static void print_event(const trace_t *trace, uint64_t at) {
    const trace_event_t *event = &trace->events[at];
    printf("%10" PRIu64 "  t%-4" PRIu32 " %-12s", at, (uint32_t)event->thread,
           trace_op_name(event->op));
    if (event->op != TRACE_THREAD_START && event->op != TRACE_THREAD_EXIT)
        printf(" #%-9" PRIu32, event->block);
    if (trace_op_has_size(event->op))
        printf(" %10" PRIu64, (uint64_t)event->bytes);
    if (event->op == TRACE_ALIGNED)
        printf("  align %" PRIu64, UINT64_C(1) << event->align_shift);
    if (trace->sites != NULL && trace_op_has_size(event->op))
        printf("  site %08" PRIx32, trace->sites[at]);
    if (trace->times != NULL)
        printf("  at %.6f s", (double)trace->times[at] * trace->time_unit_ns / 1e9);
    printf("\n");
}

void run_head(const char *path, const char *count) {
    trace_t trace;
    uint64_t events = HEAD_EVENTS;
    if (count != NULL && !number_parse(count, 0, UINT64_MAX, &events))
        die_usage("head: %s is not a number", count);
    formats_load(path, &trace);
    for (uint64_t i = 0; i < trace.event_count && i < events; i++)
        print_event(&trace, i);
    trace_unload(&trace);
}

int run_verify(const char *const *paths, unsigned count) {
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
