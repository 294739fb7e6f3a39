/*
 * format_bytehound.c - bytehound's export "replay".
 *
 * 64-bit numbers in the machine's order (little-endian here): the number of slots, the number of
 * operations, then four numbers an operation: what (1 makes a block, 2 frees it, 3 reallocates
 * it), its slot, the time in microseconds, the size. bytehound counts into the number of operations
 * also those that its filter left out, so it is an upper bound. Threads and alignments are not
 * there.
 */
#include "formats.h"

#include "common/arena.h"
#include "trace/builder.h"

#include <inttypes.h>
#include <string.h>

enum { WORD = 8, OPERATION = 4 * WORD, HEADER = 2 * WORD, TIME_UNIT_NS = 1000 };
enum { OP_MALLOC = 1, OP_FREE, OP_REALLOC };

static bool read_word(source_t *source, uint64_t *out) {
    *out = source_fixed(source, WORD);
    return !source->overrun;
}

/* No mark says that it is one; its first operation has to make the first slot. */
static bool matches(const sink_t *file) {
    source_t source = {.at = file->bytes, .end = file->bytes + file->used};
    uint64_t slots, ops, op, slot;
    return file->used >= HEADER + OPERATION && (file->used - HEADER) % OPERATION == 0 &&
           read_word(&source, &slots) && read_word(&source, &ops) && read_word(&source, &op) &&
           read_word(&source, &slot) && slots <= ops && ops >= (file->used - HEADER) / OPERATION &&
           op == OP_MALLOC && slot == 0;
}

static bool read_operation(source_t *source, uint64_t slots, builder_t *builder) {
    uint64_t op = source_fixed(source, WORD), slot = source_fixed(source, WORD);
    uint64_t time = source_fixed(source, WORD), bytes = source_fixed(source, WORD);
    if (slot >= slots || op < OP_MALLOC || op > OP_REALLOC)
        return false;
    builder_set_time(builder, time);
    if (op == OP_MALLOC)
        builder_new(builder, 0, TRACE_MALLOC, slot + 1, bytes, 0);
    else if (op == OP_FREE)
        builder_free(builder, 0, slot + 1);
    else
        builder_realloc(builder, 0, slot + 1, slot + 1, bytes);
    return true;
}

static bool read_bytehound(const sink_t *file, const char *path, trace_t *out,
                           trace_error_t *error) {
    source_t source = {.at = file->bytes, .end = file->bytes + file->used};
    builder_t builder;
    uint64_t slots = source_fixed(&source, WORD), at = 0;
    source_fixed(&source, WORD);
    builder_open(&builder, TIME_UNIT_NS, false);
    while (source_left(&source) > 0 && read_operation(&source, slots, &builder))
        at++;
    if (source_left(&source) > 0) {
        trace_fault(error, path, "damaged: operation %" PRIu64 " is none of bytehound's", at);
        return builder_drop(&builder);
    }
    if (!builder_close(&builder, path, out, error))
        return false;
    uint64_t start = out->times[0];
    for (uint64_t i = 0; i < out->event_count; i++)
        out->times[i] -= start;
    return true;
}

/* ---- writing ---- */

static void write_word(FILE *out, uint64_t value) {
    unsigned char bytes[WORD];
    for (unsigned i = 0; i < WORD; i++)
        bytes[i] = (unsigned char)(value >> (8 * i));
    fwrite(bytes, 1, WORD, out);
}

/* Slots are used again, last freed first, as bytehound does. Returns how many there are. */
static uint64_t give_slots(const trace_t *trace, uint32_t *slots, uint64_t *ops) {
    uint32_t *unused = arena_alloc(trace->block_count, sizeof *unused);
    uint64_t unused_count = 0, slot_count = 0;
    for (uint64_t i = 0; i < trace->event_count; i++) {
        const trace_event_t *event = &trace->events[i];
        *ops += event->op < TRACE_THREAD_START;
        if (trace_op_makes_block(event->op))
            slots[event->block] =
                unused_count > 0 ? unused[--unused_count] : (uint32_t)slot_count++;
        else if (event->op == TRACE_FREE)
            unused[unused_count++] = slots[event->block];
    }
    arena_free(unused, trace->block_count, sizeof *unused);
    return slot_count;
}

static bool write_bytehound(const trace_t *trace, const char *path, FILE *out,
                            trace_error_t *error) {
    (void)path, (void)error;
    uint32_t *slots = arena_alloc(trace->block_count, sizeof *slots);
    uint64_t ops = 0, slot_count = give_slots(trace, slots, &ops);
    write_word(out, slot_count);
    write_word(out, ops);
    for (uint64_t i = 0; i < trace->event_count; i++) {
        const trace_event_t *event = &trace->events[i];
        if (event->op >= TRACE_THREAD_START)
            continue;
        write_word(out, event->op == TRACE_FREE      ? OP_FREE
                        : event->op == TRACE_REALLOC ? OP_REALLOC
                                                     : OP_MALLOC);
        write_word(out, slots[event->block]);
        write_word(out,
                   trace->times == NULL ? 0 : trace->times[i] * trace->time_unit_ns / TIME_UNIT_NS);
        write_word(out, event->op == TRACE_FREE ? 0 : event->bytes);
    }
    arena_free(slots, trace->block_count, sizeof *slots);
    return true;
}

const format_t format_bytehound = {"bytehound", ".replay", matches, read_bytehound,
                                   write_bytehound};
