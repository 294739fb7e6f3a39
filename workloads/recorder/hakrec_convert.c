/*
 * hakrec_convert.c - segments become one order of events, addresses become block numbers.
 *
 * Each lane of the raw file is in order already, so the lanes are merged (a heap of the lanes, by
 * the stamp of their next record). The file is mapped, and read once from front to back as far as
 * the lanes allow: memory is what the trace itself takes. Equal stamps: what gives memory back
 * comes first. Stamps of one lane that fall (the counter may be read a few cycles early) count as
 * equal.
 *
 *   realloc    two records. At BEGIN the old address leaves the table, at END the new one enters;
 *              the trace gets one event, at END. A failed one puts the old address back. realloc to
 *              size 0 is a free, as in glibc
 *   the rest   builder.h: unknown and lost frees, threads, their ends
 *
 * Times are kept to a microsecond: finer ones would be most of the file, and a replay cannot use
 * them. hakrec makes them coarser on request.
 */
#include "recorder/hakrec_convert.h"

#include "common/arena.h"
#include "common/clock.h"
#include "recorder/raw.h"
#include "trace/builder.h"
#include "trace/file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { TIME_UNIT_NS = 1000, THREADS_MAX = 1 << 24 };

typedef struct record {
    uint64_t stamp, address, bytes;
    raw_op_t op;
    unsigned align_shift;
    uint32_t site;
} record_t;

typedef struct segment {
    uint64_t offset; /* in the file */
    uint32_t sequence, thread;
} segment_t;

typedef struct lane {
    segment_t *segments;
    uint64_t segment_count, segment_room, segment;
    uint64_t at;     /* record in the segment */
    uint32_t thread; /* that has the lane */
    record_t next;   /* when the lane is in the heap */
} lane_t;

typedef struct thread_state {
    uint64_t realloc_source; /* the address between BEGIN and END, 0: none */
    uint32_t realloc_block;
} thread_state_t;

typedef struct raw_file {
    const unsigned char *bytes;
    size_t size;
    raw_header_t header;
    lane_t *lanes;
    uint64_t lane_count;
    lane_t **heap;
    uint64_t heap_count;
    double ns_per_tick;
} raw_file_t;

typedef struct converter {
    builder_t builder;
    thread_state_t *threads; /* by raw number */
    uint64_t thread_room;
} converter_t;

/* ---- segments and lanes ---- */

static bool add_segment(raw_file_t *file, uint64_t offset) {
    raw_segment_t head;
    memcpy(&head, file->bytes + offset, sizeof head);
    if (head.magic == 0)
        return true; /* reserved, and the program was killed before it was used */
    if (head.magic != RAW_SEGMENT_MAGIC || head.lane >= file->lane_count)
        return false;
    lane_t *lane = &file->lanes[head.lane];
    if (lane->segment_count == lane->segment_room) {
        uint64_t room = lane->segment_room == 0 ? 8 : 2 * lane->segment_room;
        lane->segments = lane->segment_room == 0 ? arena_alloc(room, sizeof(segment_t))
                                                 : arena_grow(lane->segments, lane->segment_room,
                                                              room, sizeof(segment_t));
        lane->segment_room = room;
    }
    lane->segments[lane->segment_count++] =
        (segment_t){.offset = offset, .sequence = head.sequence, .thread = head.thread};
    return true;
}

/* Of two with one number the copy is first, which stands later in the file: it is whole. */
static int by_sequence(const void *a, const void *b) {
    const segment_t *x = a, *y = b;
    if (x->sequence == y->sequence)
        return (x->offset < y->offset) - (x->offset > y->offset);
    return (x->sequence > y->sequence) - (x->sequence < y->sequence);
}

static void order_segments(lane_t *lane) {
    uint64_t kept = 0;
    if (lane->segment_count > 0)
        qsort(lane->segments, lane->segment_count, sizeof(segment_t), by_sequence);
    for (uint64_t i = 0; i < lane->segment_count; i++) {
        if (i == 0 || lane->segments[i].sequence != lane->segments[i - 1].sequence)
            lane->segments[kept++] = lane->segments[i];
    }
    lane->segment_count = kept;
    lane->thread = kept > 0 ? lane->segments[0].thread : 0;
}

/* The last segment may be cut where the disk was full. */
static bool find_segments(raw_file_t *file) {
    uint64_t body = file->size - sizeof file->header;
    file->lane_count = body / RAW_SEGMENT_BYTES; /* a lane has at least one */
    file->lanes = arena_alloc(file->lane_count, sizeof *file->lanes);
    file->heap = arena_alloc(file->lane_count, sizeof(lane_t *));
    bool good = true;
    for (uint64_t i = 0; good && i < file->lane_count; i++)
        good = add_segment(file, sizeof file->header + i * RAW_SEGMENT_BYTES);
    for (uint64_t i = 0; i < file->lane_count; i++)
        order_segments(&file->lanes[i]);
    return good;
}

/* false: the lane is at its end. */
static bool read_next(const raw_file_t *file, lane_t *lane) {
    uint64_t words[RAW_WORDS_SITES] = {0}, last = lane->next.stamp;
    unsigned width = file->header.record_words;
    if (lane->at == raw_segment_records(width)) {
        lane->segment++;
        lane->at = 0;
    }
    if (lane->segment == lane->segment_count)
        return false;
    uint64_t offset =
        lane->segments[lane->segment].offset + sizeof(raw_segment_t) + 8 * width * lane->at++;
    memcpy(words, file->bytes + offset, 8 * (size_t)width);
    lane->next = (record_t){
        .stamp = words[RAW_STAMP] < last ? last : words[RAW_STAMP],
        .address = words[RAW_PLACE] & ((UINT64_C(1) << RAW_OP_SHIFT) - 1),
        .op = (raw_op_t)(words[RAW_PLACE] >> RAW_OP_SHIFT & 0xff),
        .align_shift = (unsigned)(words[RAW_PLACE] >> RAW_ALIGN_SHIFT) & TRACE_ALIGN_SHIFT_MAX,
        .bytes = words[RAW_BYTES],
        .site = (uint32_t)words[RAW_SITE],
    };
    return words[RAW_STAMP] != 0;
}

/* ---- the heap of lanes ---- */

static bool gives_back(raw_op_t op) {
    return op == RAW_FREE || op == RAW_REALLOC_BEGIN;
}

static bool is_before(const lane_t *a, const lane_t *b) {
    if (a->next.stamp != b->next.stamp)
        return a->next.stamp < b->next.stamp;
    return gives_back(a->next.op) && !gives_back(b->next.op);
}

static void sift_down(raw_file_t *file, uint64_t at) {
    lane_t **heap = file->heap, *lane = heap[at];
    for (;;) {
        uint64_t child = 2 * at + 1;
        if (child >= file->heap_count)
            break;
        if (child + 1 < file->heap_count && is_before(heap[child + 1], heap[child]))
            child++;
        if (!is_before(heap[child], lane))
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = lane;
}

static void fill_heap(raw_file_t *file) {
    for (uint64_t i = 0; i < file->lane_count; i++) {
        if (read_next(file, &file->lanes[i]))
            file->heap[file->heap_count++] = &file->lanes[i];
    }
    for (uint64_t i = file->heap_count / 2; i-- > 0;)
        sift_down(file, i);
}

static void advance_first(raw_file_t *file) {
    if (!read_next(file, file->heap[0]))
        file->heap[0] = file->heap[--file->heap_count];
    if (file->heap_count > 0)
        sift_down(file, 0);
}

/* ---- events ---- */

static thread_state_t *state_of(converter_t *converter, uint32_t thread) {
    while (thread >= converter->thread_room) {
        converter->threads = arena_grow(converter->threads, converter->thread_room,
                                        2 * converter->thread_room, sizeof(thread_state_t));
        converter->thread_room *= 2;
    }
    return &converter->threads[thread];
}

static void convert_realloc_end(converter_t *converter, uint32_t thread, const record_t *record) {
    thread_state_t *state = state_of(converter, thread);
    builder_t *builder = &converter->builder;
    uint64_t source = state->realloc_source;
    uint32_t block = source == 0 ? BUILDER_NO_BLOCK : state->realloc_block;
    state->realloc_source = 0;
    if (record->address != 0)
        builder_moved(builder, thread, record->address, record->bytes, block);
    else if (block != BUILDER_NO_BLOCK && record->bytes == 0)
        builder_gone(builder, thread, block);
    else if (block != BUILDER_NO_BLOCK)
        builder_put_back(builder, thread, source, block);
}

static void convert_record(converter_t *converter, uint32_t thread, const record_t *record) {
    static const trace_op_t ops[] = {
        [RAW_MALLOC] = TRACE_MALLOC, [RAW_CALLOC] = TRACE_CALLOC, [RAW_ALIGNED] = TRACE_ALIGNED};
    builder_t *builder = &converter->builder;
    thread_state_t *state;
    builder->site = record->site;
    switch (record->op) {
    case RAW_MALLOC:
    case RAW_CALLOC:
    case RAW_ALIGNED:
        builder_new(builder, thread, ops[record->op], record->address, record->bytes,
                    record->align_shift);
        break;
    case RAW_FREE:
        builder_free(builder, thread, record->address);
        break;
    case RAW_REALLOC_BEGIN:
        state = state_of(converter, thread);
        state->realloc_block = builder_take(builder, record->address);
        state->realloc_source = record->address;
        break;
    case RAW_REALLOC_END:
        convert_realloc_end(converter, thread, record);
        break;
    case RAW_THREAD_EXIT:
        builder_thread_ends(builder, thread);
        break;
    default:
        break;
    }
}

/* Realloc is no event before its END, so the count may pass the limit by none. */
static bool convert_all(raw_file_t *file, uint64_t max_events, converter_t *converter) {
    builder_t *builder = &converter->builder;
    fill_heap(file);
    while (file->heap_count > 0 && builder->trace.event_count < max_events) {
        lane_t *lane = file->heap[0];
        const record_t *record = &lane->next;
        if (record->op >= RAW_OPS || lane->thread >= THREADS_MAX)
            return false;
        uint64_t ticks =
            record->stamp < file->header.start_stamp ? 0 : record->stamp - file->header.start_stamp;
        builder_set_time(builder, (uint64_t)((double)ticks * file->ns_per_tick / TIME_UNIT_NS));
        if (record->op == RAW_THREAD_START)
            lane->thread = (uint32_t)record->bytes;
        else
            convert_record(converter, lane->thread, record);
        advance_first(file);
    }
    return true;
}

/* ---- the file ---- */

/* The rate of the counter, from the two moments at which both clocks were read. */
static double tick_ns(const raw_header_t *header) {
    struct timespec now;
    if (header->clock == RAW_CLOCK_NS)
        return 1;
    clock_gettime(CLOCK_MONOTONIC_RAW, &now);
    uint64_t ns = (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
    uint64_t ticks = clock_ticks();
    /* A file of before the last boot: its own unit is as good as any. */
    if (ticks <= header->start_stamp || ns <= header->start_ns)
        return 1;
    return (double)(ns - header->start_ns) / (double)(ticks - header->start_stamp);
}

static bool is_raw(const raw_header_t *header) {
    return memcmp(header->magic, RAW_MAGIC, sizeof header->magic) == 0 &&
           header->record_words >= RAW_WORDS_PLAIN && header->record_words <= RAW_WORDS_SITES &&
           header->clock <= RAW_CLOCK_TSC;
}

static bool map_file(const char *path, raw_file_t *file, trace_error_t *error) {
    if (!trace_file_map(path, sizeof file->header, "a raw file of the recorder", &file->bytes,
                        &file->size, error))
        return false;
    memcpy(&file->header, file->bytes, sizeof file->header);
    if (is_raw(&file->header))
        return true;
    munmap((void *)(uintptr_t)file->bytes, file->size);
    return trace_fault(error, path, "not a raw file of this version of the recorder");
}

static void unmap_file(raw_file_t *file) {
    for (uint64_t i = 0; i < file->lane_count; i++) {
        if (file->lanes[i].segment_room > 0)
            arena_free(file->lanes[i].segments, file->lanes[i].segment_room, sizeof(segment_t));
    }
    arena_free(file->lanes, file->lane_count, sizeof *file->lanes);
    arena_free(file->heap, file->lane_count, sizeof(lane_t *));
    munmap((void *)(uintptr_t)file->bytes, file->size);
}

static void set_texts(raw_header_t *header, trace_t *out) {
    header->program[sizeof header->program - 1] = '\0';
    header->command[RAW_TEXT_BYTES - 1] = header->allocator[RAW_TEXT_BYTES - 1] = '\0';
    trace_set_text(&out->program, &out->program_bytes, header->program);
    trace_set_text(&out->command, &out->command_bytes, header->command);
    trace_set_text(&out->allocator, &out->allocator_bytes, header->allocator);
}

bool convert_raw(const char *raw_path, uint64_t max_events, trace_t *out, trace_error_t *error) {
    static raw_file_t file;
    converter_t converter = {.thread_room = 64};
    memset(&file, 0, sizeof file);
    if (!map_file(raw_path, &file, error))
        return false;
    file.ns_per_tick = tick_ns(&file.header);
    converter.threads = arena_alloc(converter.thread_room, sizeof(thread_state_t));
    builder_open(&converter.builder, TIME_UNIT_NS, file.header.record_words == RAW_WORDS_SITES);
    bool sound = find_segments(&file) && convert_all(&file, max_events, &converter);
    bool good = builder_close(&converter.builder, raw_path, out, error);
    if (good && (!sound || out->event_count == 0)) {
        trace_unload(out);
        good = trace_fault(error, raw_path, "%s", sound ? "nothing was recorded" : "damaged");
    }
    if (good && out->event_count > max_events)
        trace_cut_to(out, max_events);
    good = good && trace_count(out, error);
    if (good)
        set_texts(&file.header, out);
    arena_free(converter.threads, converter.thread_room, sizeof(thread_state_t));
    unmap_file(&file);
    return good;
}

void convert_read_facts(const char *raw_path, raw_facts_t *out) {
    static raw_header_t header;
    int fd = open(raw_path, O_RDONLY | O_CLOEXEC);
    memset(out, 0, sizeof *out);
    bool whole = fd >= 0 && read(fd, &header, sizeof header) == (ssize_t)sizeof header;
    if (fd >= 0)
        close(fd);
    if (!whole || !is_raw(&header))
        return;
    out->process = header.process;
    out->programs_before = header.programs_before;
    out->children = header.children;
    memcpy(out->became, header.became, sizeof out->became - 1);
}
