/*
 * shape.c - haktrace convert, cut and merge: traces from traces.
 *
 * A cut begins with the blocks that are alive there, each made by the thread that had made it, so
 * that live memory is that of the whole trace. What the kept threads use of blocks that no kept
 * thread made is left out, and counted as unknown. A merge lets the traces run at once: by their
 * times when all have them, else each at the share of its own length.
 */
#include "commands.h"
#include "formats.h"

#include "common/arena.h"
#include "shared/die.h"
#include "shared/number.h"
#include "trace/builder.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void run_convert(const options_t *options) {
    trace_t trace;
    formats_check(options->words[2], options->to);
    formats_load(options->words[1], &trace);
    if (options->drops_times)
        trace_drop_times(&trace);
    trace_coarsen_times(&trace, (uint32_t)options->time_unit_us * 1000);
    formats_save(options->words[2], options->to, &trace);
    trace_unload(&trace);
}

/* Block addresses in the builder: numbers from 1 on, apart for each source. */
enum { SOURCE_SHIFT = 40 };

static uint64_t key_of(uint64_t source, uint32_t number) {
    return (source << SOURCE_SHIFT) + number;
}

static void copy_event(builder_t *builder, const trace_t *from, uint64_t at, uint64_t source) {
    const trace_event_t *event = &from->events[at];
    uint64_t thread = key_of(source, event->thread), address = key_of(source, event->block) + 1;
    builder->site = from->sites == NULL ? 0 : from->sites[at];
    if (event->op == TRACE_THREAD_START)
        builder_thread_starts(builder, thread);
    else if (event->op == TRACE_THREAD_EXIT)
        builder_thread_ends(builder, thread);
    else if (event->op == TRACE_FREE)
        builder_free(builder, thread, address);
    else if (event->op == TRACE_REALLOC)
        builder_realloc(builder, thread, address, address, event->bytes);
    else
        builder_new(builder, thread, event->op, address, event->bytes, event->align_shift);
}

static void set_texts(const trace_t *from, const char *command, trace_t *out) {
    const char *program = from->program == NULL ? "" : from->program;
    const char *allocator = from->allocator == NULL ? "" : from->allocator;
    trace_set_text(&out->program, &out->program_bytes, program);
    trace_set_text(&out->command, &out->command_bytes, command == NULL ? "" : command);
    trace_set_text(&out->allocator, &out->allocator_bytes, allocator);
}

/* ---- cut ---- */

typedef struct cut {
    const trace_t *from;
    builder_t builder;
    uint64_t *makers;    /* by block: the event that made its present version, plus one; 0: none */
    unsigned char *kept; /* by thread */
    uint64_t first, last;
} cut_t;

static void read_threads(cut_t *cut, const char *list) {
    memset(cut->kept, list == NULL, cut->from->thread_count);
    char *copy = strdup(list == NULL ? "" : list), *rest = copy;
    for (char *word; list != NULL && (word = strsep(&rest, ",")) != NULL;) {
        uint64_t number;
        if (!number_parse(word, 0, UINT32_MAX, &number))
            die_usage("--threads=%s: not numbers of threads with commas between them", list);
        if (number >= cut->from->thread_count)
            die("--threads=%s: the trace has threads 0 to %u", list, cut->from->thread_count - 1);
        cut->kept[number] = 1;
    }
    free(copy);
}

static void find_bounds(cut_t *cut, const options_t *options, const char *path) {
    const trace_t *trace = cut->from;
    cut->first = options->events.is_set ? options->events.from : 0;
    cut->last = trace->event_count;
    if (options->events.is_set && options->events.to < cut->last)
        cut->last = options->events.to;
    if (options->times_ms.is_set && trace->times == NULL)
        die("%s: has no times to cut at", path);
    for (; options->times_ms.is_set && cut->first < cut->last; cut->first++) {
        if (trace->times[cut->first] * trace->time_unit_ns / 1000000 >= options->times_ms.from)
            break;
    }
    for (; options->times_ms.is_set && cut->last > cut->first; cut->last--) {
        if (trace->times[cut->last - 1] * trace->time_unit_ns / 1000000 < options->times_ms.to)
            break;
    }
    if (cut->first >= cut->last)
        die("%s: has no events there (it has %" PRIu64 ")", path, trace->event_count);
}

/* What the events before the cut leave alive; each block as its last realloc left it. */
static void make_live(cut_t *cut) {
    const trace_t *from = cut->from;
    for (uint64_t i = 0; i < cut->first; i++) {
        const trace_event_t *event = &from->events[i];
        if (trace_op_has_size(event->op))
            cut->makers[event->block] = i + 1;
        else if (event->op == TRACE_FREE)
            cut->makers[event->block] = 0;
    }
    for (uint64_t block = 0; block < from->block_count; block++) {
        if (cut->makers[block] == 0)
            continue;
        uint64_t at = cut->makers[block] - 1;
        const trace_event_t *event = &from->events[at];
        trace_op_t op = event->op == TRACE_REALLOC ? TRACE_MALLOC : event->op;
        cut->builder.site = from->sites == NULL ? 0 : from->sites[at];
        if (cut->kept[event->thread])
            builder_new(&cut->builder, key_of(0, event->thread), op, key_of(0, event->block) + 1,
                        event->bytes, event->align_shift);
    }
}

void run_cut(const options_t *options) {
    const char *path = options->words[1];
    trace_t from, out;
    trace_error_t error = {.text = ""};
    formats_check(options->words[2], NULL);
    formats_load(path, &from);
    cut_t cut = {.from = &from,
                 .makers = arena_alloc(from.block_count, sizeof(uint64_t)),
                 .kept = arena_alloc(from.thread_count, 1)};
    read_threads(&cut, options->threads);
    find_bounds(&cut, options, path);
    builder_open(&cut.builder, from.time_unit_ns, from.sites != NULL);
    if (!options->drop_live)
        make_live(&cut);
    uint64_t live = cut.builder.trace.block_count;
    for (uint64_t i = cut.first; i < cut.last; i++) {
        if (from.times != NULL)
            builder_set_time(&cut.builder, from.times[i] - from.times[cut.first]);
        if (cut.kept[from.events[i].thread])
            copy_event(&cut.builder, &from, i, 0);
    }
    if (!builder_close(&cut.builder, path, &out, &error))
        die("%s", error.text);
    set_texts(&from, from.command, &out);
    formats_save(options->words[2], NULL, &out);
    warn("%s: %" PRIu64 " events, %" PRIu64 " blocks alive at the beginning, %" PRIu64
         " uses of unknown blocks left out",
         options->words[2], out.event_count, live, out.unknown_frees);
    arena_free(cut.makers, from.block_count, sizeof(uint64_t));
    arena_free(cut.kept, from.thread_count, 1);
    trace_unload(&out);
    trace_unload(&from);
}

/* ---- merge ---- */

typedef struct part {
    trace_t trace;
    uint64_t at;
} part_t;

/* When the next event of a part is due: in ns, or as the share of its trace that is done. */
static double due(const part_t *part, bool timed) {
    const trace_t *trace = &part->trace;
    return timed ? (double)(trace->times[part->at] - trace->times[0]) * trace->time_unit_ns
                 : (double)part->at / (double)trace->event_count;
}

static part_t *next_part(part_t *parts, unsigned count, bool timed) {
    part_t *next = NULL;
    for (unsigned i = 0; i < count; i++) {
        if (parts[i].at < parts[i].trace.event_count &&
            (next == NULL || due(&parts[i], timed) < due(next, timed)))
            next = &parts[i];
    }
    return next;
}

static void merge_parts(part_t *parts, unsigned count, const char *path, trace_t *out) {
    builder_t builder;
    trace_error_t error = {.text = ""};
    bool timed = true, sited = true;
    for (unsigned i = 0; i < count; i++) {
        timed = timed && parts[i].trace.times != NULL;
        sited = sited && parts[i].trace.sites != NULL;
    }
    builder_open(&builder, timed ? 1 : 0, sited);
    for (part_t *part; (part = next_part(parts, count, timed)) != NULL; part->at++) {
        if (timed)
            builder_set_time(&builder, (uint64_t)due(part, true));
        copy_event(&builder, &part->trace, part->at, (uint64_t)(part - parts));
    }
    if (!builder_close(&builder, path, out, &error))
        die("%s", error.text);
    if (timed && out->event_count > 0)
        trace_settle_times(out, false);
}

void run_merge(const options_t *options) {
    const char *path = options->words[1];
    const char *const *names = options->words + 2;
    unsigned count = options->word_count - 2;
    part_t *parts = arena_alloc(count, sizeof *parts);
    char command[4096] = "";
    trace_t out;
    formats_check(path, NULL);
    for (unsigned i = 0; i < count; i++) {
        formats_load(names[i], &parts[i].trace);
        const char *own = parts[i].trace.command;
        size_t used = strlen(command);
        snprintf(command + used, sizeof command - used, "%s%s", i == 0 ? "" : " & ",
                 own == NULL || *own == '\0' ? names[i] : own);
    }
    merge_parts(parts, count, path, &out);
    set_texts(&parts[0].trace, command, &out);
    formats_save(path, NULL, &out);
    warn("%s: %" PRIu64 " events, %u threads", path, out.event_count, out.thread_count);
    trace_unload(&out);
    for (unsigned i = 0; i < count; i++)
        trace_unload(&parts[i].trace);
    arena_free(parts, count, sizeof *parts);
}
