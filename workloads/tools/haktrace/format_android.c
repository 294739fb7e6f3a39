/*
 * format_android.c - the text of Android's malloc_debug (record_allocs) and memory_replay.
 *
 *   TID: malloc PTR SIZE             TID: free PTR             TID: thread_done 0x0
 *   TID: calloc PTR COUNT SIZE       TID: realloc NEW OLD SIZE
 *   TID: memalign PTR ALIGN SIZE
 *
 * and behind each, since 2023, the times at which the call began and ended in ns (of thread_done
 * its end only). Pointers are hexadecimal. A trace that is written gets invented pointers.
 */
#include "formats.h"
#include "lines.h"

#include "trace/builder.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

enum { POINTER_FIRST = 0x10000, POINTER_STEP = 0x10 };

typedef struct entry {
    uint64_t thread, pointer, time;
    uint64_t numbers[2]; /* behind the pointer */
    char op[16];
} entry_t;

static bool matches(const sink_t *file) {
    const char *at = (const char *)file->bytes;
    size_t digits = strspn(at, "0123456789");
    return digits > 0 && at[digits] == ':' && at[digits + 1] == ' ' &&
           isalpha((unsigned char)at[digits + 2]);
}

/* How many numbers follow the pointer; -1: no such operation. */
static int numbers_of(const char *op) {
    static const struct {
        const char *name;
        int numbers;
    } ops[] = {{"malloc", 1},  {"calloc", 2}, {"memalign", 2},
               {"realloc", 2}, {"free", 0},   {"thread_done", 0}};
    for (unsigned i = 0; i < sizeof ops / sizeof ops[0]; i++) {
        if (strcmp(op, ops[i].name) == 0)
            return ops[i].numbers;
    }
    return -1;
}

static bool read_entry(lines_t *lines, entry_t *entry, trace_error_t *error) {
    if (!lines_number(lines, 10, &entry->thread) || *lines->at++ != ':' ||
        entry->thread > UINT32_MAX)
        return lines_fault(lines, "a thread and a colon", error);
    if (!lines_word(lines, entry->op, sizeof entry->op) || numbers_of(entry->op) < 0)
        return lines_fault(lines, "malloc, calloc, memalign, realloc, free or thread_done", error);
    if (!lines_number(lines, 16, &entry->pointer))
        return lines_fault(lines, "a pointer", error);
    for (int i = 0; i < numbers_of(entry->op); i++) {
        bool is_old = i == 0 && strcmp(entry->op, "realloc") == 0;
        if (!lines_number(lines, is_old ? 16 : 10, &entry->numbers[i]))
            return lines_fault(lines, "one number more", error);
    }
    return true;
}

/* Where the event stands in time: frees where the call began, the others where it ended. */
static bool read_time(lines_t *lines, entry_t *entry, trace_error_t *error) {
    const char *op = entry->op;
    uint64_t start = 0, end = 0;
    if (lines_end(lines))
        return true;
    bool good = lines_number(lines, 10, &start);
    if (strcmp(op, "thread_done") == 0)
        end = start;
    else
        good = good && lines_number(lines, 10, &end);
    entry->time = strcmp(op, "free") == 0 ? start : end;
    if (!good || !lines_end(lines))
        return lines_fault(lines, "the times of begin and end, or none", error);
    return true;
}

static bool add_entry(const lines_t *lines, const entry_t *entry, builder_t *builder,
                      trace_error_t *error) {
    uint64_t thread = entry->thread, pointer = entry->pointer, first = entry->numbers[0];
    uint64_t bytes;
    if (strcmp(entry->op, "thread_done") == 0) {
        builder_thread_ends(builder, thread);
    } else if (strcmp(entry->op, "free") == 0) {
        if (pointer != 0)
            builder_free(builder, thread, pointer);
    } else if (strcmp(entry->op, "realloc") == 0) {
        /* One of nothing to nothing is none, and one that gives no memory has failed. */
        if (pointer != 0 || (first != 0 && entry->numbers[1] == 0))
            builder_realloc(builder, thread, first, pointer, entry->numbers[1]);
    } else if (pointer == 0) {
        return true; /* it failed */
    } else if (strcmp(entry->op, "calloc") == 0) {
        if (__builtin_mul_overflow(first, entry->numbers[1], &bytes))
            return lines_fault(lines, "a product of 64 bits", error);
        builder_new(builder, thread, TRACE_CALLOC, pointer, bytes, 0);
    } else if (strcmp(entry->op, "memalign") == 0) {
        if (first == 0 || (first & (first - 1)) != 0 || first >> TRACE_ALIGN_SHIFT_MAX > 1)
            return lines_fault(lines, "a power of two as alignment", error);
        builder_new(builder, thread, TRACE_ALIGNED, pointer, entry->numbers[1],
                    (unsigned)__builtin_ctzll(first));
    } else {
        builder_new(builder, thread, TRACE_MALLOC, pointer, first, 0);
    }
    return true;
}

static bool read_android(const sink_t *file, const char *path, trace_t *out, trace_error_t *error) {
    lines_t lines;
    builder_t builder;
    bool good = true, timed = false;
    lines_open(&lines, file, path);
    builder_open(&builder, 1, false);
    while (good && lines_next(&lines)) {
        entry_t entry = {.thread = 0};
        good = read_entry(&lines, &entry, error) && read_time(&lines, &entry, error);
        timed = timed || entry.time > 0;
        builder_set_time(&builder, entry.time);
        good = good && add_entry(&lines, &entry, &builder, error);
    }
    lines_close(&lines);
    good = good ? builder_close(&builder, path, out, error) : builder_drop(&builder);
    if (good && timed)
        trace_settle_times(out, true);
    else if (good)
        trace_drop_times(out);
    return good;
}

static bool write_android(const trace_t *trace, const char *path, FILE *out, trace_error_t *error) {
    (void)path, (void)error;
    for (uint64_t i = 0; i < trace->event_count; i++) {
        const trace_event_t *event = &trace->events[i];
        uint64_t pointer = POINTER_FIRST + (uint64_t)event->block * POINTER_STEP;
        uint64_t bytes = event->bytes;
        if (event->op == TRACE_THREAD_START)
            continue;
        fprintf(out, "%u: ", event->thread + 1);
        if (event->op == TRACE_MALLOC)
            fprintf(out, "malloc 0x%" PRIx64 " %" PRIu64, pointer, bytes);
        else if (event->op == TRACE_CALLOC)
            fprintf(out, "calloc 0x%" PRIx64 " 1 %" PRIu64, pointer, bytes);
        else if (event->op == TRACE_ALIGNED)
            fprintf(out, "memalign 0x%" PRIx64 " %" PRIu64 " %" PRIu64, pointer,
                    UINT64_C(1) << event->align_shift, bytes);
        else if (event->op == TRACE_REALLOC)
            fprintf(out, "realloc 0x%" PRIx64 " 0x%" PRIx64 " %" PRIu64, pointer, pointer, bytes);
        else if (event->op == TRACE_FREE)
            fprintf(out, "free 0x%" PRIx64, pointer);
        else
            fprintf(out, "thread_done 0x0");
        if (trace->times != NULL) {
            uint64_t time = trace->times[i] * trace->time_unit_ns;
            if (event->op != TRACE_THREAD_EXIT)
                fprintf(out, " %" PRIu64, time);
            fprintf(out, " %" PRIu64, time);
        }
        fputc('\n', out);
    }
    return true;
}

const format_t format_android = {"android", ".txt", matches, read_android, write_android};
