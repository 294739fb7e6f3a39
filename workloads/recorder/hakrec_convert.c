/*
 * hakrec_convert.c - addresses become block numbers, tickets become the order of events.
 *
 * All records are read and sorted by ticket; then one pass keeps a table from live addresses to
 * block numbers (open addressing, linear probing, Knuth's deletion without tombstones).
 *
 *   realloc    two records. At BEGIN the old address leaves the table, at END the new one enters;
 * the trace gets one event, at END. A failed one puts the old address back. realloc to size 0 is a
 * free, as in glibc. unknown    a free or realloc of an address that is not in the table (the block
 * was made before the recorder started) is counted and left out. gap        a malloc that returns
 * an address which is still live: the free in between was lost (the program was killed with buffers
 * unwritten). A free is put in before it, counted. threads    numbered anew, in the order of their
 * first event. A thread that frees in a late destructor ends after that.
 */
#include "recorder/hakrec_convert.h"

#include "common/arena.h"
#include "recorder/raw.h"
#include "trace/codec.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- live addresses ---- */

typedef struct entry {
    uint64_t address; /* 0: empty */
    uint64_t block;
} entry_t;

typedef struct table {
    entry_t *entries;
    uint64_t room, used; /* room: a power of two */
} table_t;

static uint64_t home_of(const table_t *table, uint64_t address) {
    return ((address >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (table->room - 1);
}

static entry_t *table_find(const table_t *table, uint64_t address) {
    uint64_t at = home_of(table, address);
    while (table->entries[at].address != 0 && table->entries[at].address != address)
        at = (at + 1) & (table->room - 1);
    return &table->entries[at];
}

static void table_open(table_t *table, uint64_t room) {
    *table = (table_t){.entries = arena_alloc(room, sizeof(entry_t)), .room = room};
}

static void table_close(table_t *table) {
    arena_free(table->entries, table->room, sizeof(entry_t));
}

static void table_put(table_t *table, uint64_t address, uint64_t block) {
    if (2 * table->used >= table->room) {
        table_t larger;
        table_open(&larger, 2 * table->room);
        for (uint64_t i = 0; i < table->room; i++) {
            if (table->entries[i].address != 0)
                table_put(&larger, table->entries[i].address, table->entries[i].block);
        }
        table_close(table);
        *table = larger;
    }
    *table_find(table, address) = (entry_t){address, block};
    table->used++;
}

/* Entries behind the gap move up, unless their home lies behind it too. */
static void table_remove(table_t *table, entry_t *entry) {
    uint64_t mask = table->room - 1, gap = (uint64_t)(entry - table->entries), at = gap;
    table->entries[gap].address = 0;
    table->used--;
    for (;;) {
        at = (at + 1) & mask;
        if (table->entries[at].address == 0)
            return;
        uint64_t home = home_of(table, table->entries[at].address);
        if (((at - home) & mask) < ((at - gap) & mask))
            continue;
        table->entries[gap] = table->entries[at];
        table->entries[at].address = 0;
        gap = at;
    }
}

/* ---- reading ---- */

typedef struct records {
    raw_record_t *list;
    uint64_t count, room;
} records_t;

static int by_ticket(const void *a, const void *b) {
    const raw_record_t *x = a, *y = b;
    return (x->ticket > y->ticket) - (x->ticket < y->ticket);
}

static void add_batch(records_t *records, const unsigned char *bytes, uint32_t count) {
    while (records->count + count > records->room) {
        records->list =
            arena_grow(records->list, records->room, 2 * records->room, sizeof(raw_record_t));
        records->room *= 2;
    }
    memcpy(records->list + records->count, bytes, count * sizeof(raw_record_t));
    records->count += count;
}

/* The last batch of a killed program may be cut: what is whole of it is taken. */
static bool add_batches(records_t *records, source_t *source) {
    while (source_left(source) >= sizeof(raw_batch_t)) {
        raw_batch_t head;
        memcpy(&head, source_take(source, sizeof head), sizeof head);
        if (memcmp(head.magic, RAW_BATCH_MAGIC, sizeof head.magic) != 0)
            return false;
        uint64_t whole = source_left(source) / sizeof(raw_record_t);
        uint32_t count = head.count < whole ? head.count : (uint32_t)whole;
        add_batch(records, source->at, count);
        source->at += count * sizeof(raw_record_t);
        if (count < head.count)
            break;
    }
    return true;
}

static bool read_raw(const char *path, raw_header_t *header, records_t *records,
                     trace_error_t *error) {
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) != 0) {
        codec_fault(error, path, "%s", strerrordesc_np(errno));
        if (fd >= 0)
            close(fd);
        return false;
    }
    size_t bytes = (size_t)status.st_size;
    unsigned char *map =
        bytes < sizeof *header ? MAP_FAILED : mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (map == MAP_FAILED)
        return codec_fault(error, path, "not a raw file of the recorder");
    memcpy(header, map, sizeof *header);
    source_t source = {.at = map + sizeof *header, .end = map + bytes};
    bool good = memcmp(header->magic, RAW_MAGIC, sizeof header->magic) == 0;
    good = good && add_batches(records, &source);
    munmap(map, bytes);
    if (!good)
        return codec_fault(error, path, "not a raw file of the recorder");
    qsort(records->list, records->count, sizeof(raw_record_t), by_ticket);
    return true;
}

/* ---- converting ---- */

enum { NO_BLOCK = UINT32_MAX, NO_THREAD = UINT32_MAX };

typedef struct thread_state {
    uint32_t number;         /* in the trace */
    uint64_t last;           /* index of its last event in the trace */
    uint64_t realloc_source; /* the address between BEGIN and END, 0: none */
    uint32_t realloc_block;
} thread_state_t;

typedef struct converter {
    trace_t *trace;
    uint64_t room;
    table_t live;
    thread_state_t *threads; /* by raw number */
    uint32_t raw_threads;
} converter_t;

static void emit(converter_t *converter, uint32_t raw_thread, trace_event_t event) {
    trace_t *trace = converter->trace;
    thread_state_t *thread = &converter->threads[raw_thread];
    if (thread->number == NO_THREAD) {
        thread->number = trace->thread_count++;
        emit(converter, raw_thread, (trace_event_t){.op = TRACE_THREAD_START});
    }
    if (trace->event_count == converter->room) {
        trace->events =
            arena_grow(trace->events, converter->room, 2 * converter->room, sizeof event);
        converter->room *= 2;
    }
    event.thread = thread->number & 0xffffff;
    thread->last = trace->event_count;
    trace->events[trace->event_count++] = event;
}

static void take_block(converter_t *converter, const raw_record_t *record, uint32_t *block) {
    entry_t *entry = table_find(&converter->live, record->address);
    *block = NO_BLOCK;
    if (entry->address == 0) {
        converter->trace->unknown_frees++;
        return;
    }
    *block = (uint32_t)entry->block;
    table_remove(&converter->live, entry);
}

/* The address is live from here on; a block that the record still has there lost its free. */
static void put_block(converter_t *converter, const raw_record_t *record, uint32_t block) {
    entry_t *entry = table_find(&converter->live, record->address);
    if (entry->address != 0) {
        uint32_t lost = (uint32_t)entry->block;
        emit(converter, record->thread, (trace_event_t){.op = TRACE_FREE, .block = lost});
        converter->trace->lost_frees++;
        table_remove(&converter->live, entry);
    }
    table_put(&converter->live, record->address, block);
}

static void convert_new(converter_t *converter, const raw_record_t *record, trace_op_t op) {
    uint32_t block = (uint32_t)converter->trace->block_count;
    put_block(converter, record, block);
    converter->trace->block_count++;
    emit(converter, record->thread,
         (trace_event_t){.op = op & 7,
                         .block = block,
                         .bytes = record->bytes,
                         .align_shift = record->align_shift & TRACE_ALIGN_SHIFT_MAX});
}

static void convert_realloc_end(converter_t *converter, const raw_record_t *record) {
    thread_state_t *thread = &converter->threads[record->thread];
    uint64_t source = thread->realloc_source;
    uint32_t block = thread->realloc_block;
    thread->realloc_source = 0;
    if (source == 0 || block == NO_BLOCK) {
        /* Of a block that is not known: the result is a block all the same. */
        if (record->address != 0)
            convert_new(converter, record, TRACE_MALLOC);
    } else if (record->address != 0) {
        put_block(converter, record, block);
        emit(converter, record->thread,
             (trace_event_t){.op = TRACE_REALLOC, .block = block, .bytes = record->bytes});
    } else if (record->bytes == 0) {
        emit(converter, record->thread, (trace_event_t){.op = TRACE_FREE, .block = block});
    } else {
        raw_record_t back = *record;
        back.address = source;
        put_block(converter, &back, block);
    }
}

static void convert_record(converter_t *converter, const raw_record_t *record) {
    thread_state_t *thread = &converter->threads[record->thread];
    uint32_t block;
    switch ((raw_op_t)record->op) {
    case RAW_MALLOC:
        convert_new(converter, record, TRACE_MALLOC);
        break;
    case RAW_CALLOC:
        convert_new(converter, record, TRACE_CALLOC);
        break;
    case RAW_ALIGNED:
        convert_new(converter, record, TRACE_ALIGNED);
        break;
    case RAW_FREE:
        take_block(converter, record, &block);
        if (block != NO_BLOCK)
            emit(converter, record->thread, (trace_event_t){.op = TRACE_FREE, .block = block});
        break;
    case RAW_REALLOC_BEGIN:
        take_block(converter, record, &block);
        thread->realloc_source = record->address;
        thread->realloc_block = block;
        break;
    case RAW_REALLOC_END:
        convert_realloc_end(converter, record);
        break;
    case RAW_THREAD_START:
    case RAW_THREAD_EXIT:
        break; /* put in by emit and add_exits: only threads that do something count */
    }
}

/* Behind the last event of each thread that ended comes its exit. */
static void add_exits(converter_t *converter, const records_t *records) {
    trace_t *trace = converter->trace;
    uint64_t count = 0;
    unsigned char *ends = arena_alloc(trace->event_count, 1);
    for (uint64_t i = 0; i < records->count; i++) {
        thread_state_t *thread = &converter->threads[records->list[i].thread];
        if (records->list[i].op == RAW_THREAD_EXIT && thread->number != NO_THREAD) {
            ends[thread->last] = 1;
            count++;
        }
    }
    trace_event_t *with_exits = arena_alloc(trace->event_count + count, sizeof *with_exits);
    uint64_t to = 0;
    for (uint64_t from = 0; from < trace->event_count; from++) {
        with_exits[to++] = trace->events[from];
        if (ends[from])
            with_exits[to++] =
                (trace_event_t){.op = TRACE_THREAD_EXIT, .thread = trace->events[from].thread};
    }
    arena_free(ends, trace->event_count, 1);
    arena_free(trace->events, converter->room, sizeof *trace->events);
    trace->events = with_exits;
    trace->event_count = to;
}

static void start_threads(converter_t *converter, const records_t *records) {
    for (uint64_t i = 0; i < records->count; i++) {
        if (records->list[i].thread >= converter->raw_threads)
            converter->raw_threads = records->list[i].thread + 1;
    }
    converter->threads = arena_alloc(converter->raw_threads, sizeof *converter->threads);
    for (uint32_t i = 0; i < converter->raw_threads; i++)
        converter->threads[i].number = NO_THREAD;
}

static void convert_records(const records_t *records, trace_t *out) {
    converter_t converter = {.trace = out, .room = records->count + 1};
    out->events = arena_alloc(converter.room, sizeof *out->events);
    table_open(&converter.live, 1024);
    start_threads(&converter, records);
    for (uint64_t i = 0; i < records->count; i++)
        convert_record(&converter, &records->list[i]);
    add_exits(&converter, records);
    table_close(&converter.live);
    arena_free(converter.threads, converter.raw_threads, sizeof *converter.threads);
}

bool convert_raw(const char *raw_path, trace_t *out, trace_error_t *error) {
    static raw_header_t header;
    records_t records = {.room = 1 << 16};
    records.list = arena_alloc(records.room, sizeof(raw_record_t));
    *out = (trace_t){.events = NULL};
    bool good = read_raw(raw_path, &header, &records, error);
    if (good && records.count == 0)
        good = codec_fault(error, raw_path, "nothing was recorded");
    if (good) {
        header.program[RAW_TEXT_BYTES - 1] = header.command[RAW_TEXT_BYTES - 1] = '\0';
        header.allocator[RAW_TEXT_BYTES - 1] = '\0';
        trace_set_text(&out->program, &out->program_bytes, header.program);
        trace_set_text(&out->command, &out->command_bytes, header.command);
        trace_set_text(&out->allocator, &out->allocator_bytes, header.allocator);
        convert_records(&records, out);
        good = trace_count(out, error);
    }
    arena_free(records.list, records.room, sizeof(raw_record_t));
    return good;
}
