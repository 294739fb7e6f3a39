/*
 * codec.c - the uncompressed trace format; FORMAT.md describes it byte by byte.
 *
 * Events are cut into chunks, and a chunk is stored by columns: like stands beside like, which is
 * what lets zstd find repetitions. A block that is made carries no number, it has the next one; a
 * use of a block is stored as how many blocks were made since, which is small and repetitive in
 * real programs.
 */
#include "trace/codec.h"

#include "trace/crc32c.h"
#include "trace/sites.h"

#include <inttypes.h>

const char codec_magic[8] = "HAKTRACE";

enum { CHUNK_EVENTS = 65536, PREFIX_BYTES = 16 };
enum {
    COLUMN_THREAD,
    COLUMN_OP,
    COLUMN_SIZE,
    COLUMN_AGE,
    COLUMN_ALIGN,
    COLUMNS_PLAIN,
    COLUMN_TIME = COLUMNS_PLAIN, /* from here on: version 2 */
    COLUMN_SITE,
    COLUMNS
};

enum { HAS_SITES = 1 };

static unsigned columns_of(int version) {
    return version == TRACE_VERSION_PLAIN ? COLUMNS_PLAIN : COLUMNS;
}

/* ---- encoding ---- */

static void encode_header(const trace_t *trace, sink_t *out) {
    sink_t header;
    sink_open(&header);
    sink_fixed(&header, trace->event_count, 8);
    sink_fixed(&header, trace->block_count, 8);
    sink_fixed(&header, trace->thread_count, 4);
    sink_fixed(&header, trace->peak_live_bytes, 8);
    sink_fixed(&header, trace->peak_live_blocks, 8);
    sink_fixed(&header, trace->unknown_frees, 8);
    sink_fixed(&header, trace->lost_frees, 8);
    const char *texts[] = {trace->program, trace->command, trace->allocator};
    for (unsigned i = 0; i < 3; i++) {
        const char *text = texts[i] == NULL ? "" : texts[i];
        sink_fixed(&header, strlen(text), 4);
        sink_add(&header, text, strlen(text));
    }
    if (trace_version(trace) == TRACE_VERSION_TIMED) {
        sink_fixed(&header, trace->times == NULL ? 0 : trace->time_unit_ns, 4);
        sink_fixed(&header, trace->sites == NULL ? 0 : HAS_SITES, 4);
    }
    sink_add(out, codec_magic, sizeof codec_magic);
    sink_fixed(out, (uint64_t)trace_version(trace), 4);
    sink_fixed(out, header.used, 4);
    sink_add(out, header.bytes, header.used);
    sink_fixed(out, crc32c(0, out->bytes, out->used), 4);
    sink_close(&header);
}

typedef struct encoder {
    const trace_t *trace;
    sink_t columns[COLUMNS];
    unsigned column_count;
    site_table_t sites;
    uint64_t time;   /* of the event before */
    uint64_t blocks; /* made so far */
    uint32_t run_thread;
    uint64_t run_events;
} encoder_t;

static void end_run(encoder_t *encoder) {
    if (encoder->run_events > 0) {
        sink_varint(&encoder->columns[COLUMN_THREAD], encoder->run_thread);
        sink_varint(&encoder->columns[COLUMN_THREAD], encoder->run_events);
    }
    encoder->run_events = 0;
}

/* A site is written once; after that its place in the order of first sight stands for it. */
static void encode_site(encoder_t *encoder, uint32_t site) {
    uint32_t known = encoder->sites.count;
    uint32_t place = site_table_place(&encoder->sites, site);
    sink_varint(&encoder->columns[COLUMN_SITE], place);
    if (place == known)
        sink_fixed(&encoder->columns[COLUMN_SITE], site, 4);
}

static void encode_event(encoder_t *encoder, uint64_t at) {
    const trace_event_t *event = &encoder->trace->events[at];
    if (event->thread != encoder->run_thread)
        end_run(encoder);
    encoder->run_thread = event->thread;
    encoder->run_events++;
    sink_byte(&encoder->columns[COLUMN_OP], event->op);
    if (trace_op_has_size(event->op))
        sink_varint(&encoder->columns[COLUMN_SIZE], event->bytes);
    if (trace_op_uses_block(event->op))
        sink_varint(&encoder->columns[COLUMN_AGE], encoder->blocks - 1 - event->block);
    if (trace_op_makes_block(event->op))
        encoder->blocks++;
    if (event->op == TRACE_ALIGNED)
        sink_byte(&encoder->columns[COLUMN_ALIGN], event->align_shift);
    if (encoder->trace->times != NULL) {
        sink_varint(&encoder->columns[COLUMN_TIME], encoder->trace->times[at] - encoder->time);
        encoder->time = encoder->trace->times[at];
    }
    if (encoder->trace->sites != NULL && trace_op_has_size(event->op))
        encode_site(encoder, encoder->trace->sites[at]);
}

static void end_chunk(encoder_t *encoder, uint32_t events, sink_t *out) {
    size_t start = out->used;
    end_run(encoder);
    sink_fixed(out, events, 4);
    for (unsigned i = 0; i < encoder->column_count; i++)
        sink_fixed(out, encoder->columns[i].used, 4);
    for (unsigned i = 0; i < encoder->column_count; i++) {
        sink_add(out, encoder->columns[i].bytes, encoder->columns[i].used);
        encoder->columns[i].used = 0;
    }
    sink_fixed(out, crc32c(0, out->bytes + start, out->used - start), 4);
}

void codec_encode(const trace_t *trace, sink_t *out) {
    encoder_t encoder = {.trace = trace, .column_count = columns_of(trace_version(trace))};
    site_table_open(&encoder.sites);
    for (unsigned i = 0; i < COLUMNS; i++)
        sink_open(&encoder.columns[i]);
    encode_header(trace, out);
    for (uint64_t at = 0; at < trace->event_count;) {
        uint64_t left = trace->event_count - at;
        uint32_t events = left < CHUNK_EVENTS ? (uint32_t)left : CHUNK_EVENTS;
        for (uint32_t i = 0; i < events; i++)
            encode_event(&encoder, at + i);
        end_chunk(&encoder, events, out);
        at += events;
    }
    for (unsigned i = 0; i < COLUMNS; i++)
        sink_close(&encoder.columns[i]);
    site_table_close(&encoder.sites);
}

/* ---- decoding ---- */

static bool decode_text(source_t *header, char **text, size_t *text_bytes) {
    uint64_t length = source_fixed(header, 4);
    const unsigned char *bytes = source_take(header, length);
    if (bytes == NULL || memchr(bytes, '\0', length) != NULL)
        return false;
    *text_bytes = length + 1;
    *text = arena_alloc(*text_bytes, 1);
    memcpy(*text, bytes, length);
    return true;
}

/* What the header says of the columns. */
typedef struct layout {
    int version;
    bool timed, sited;
} layout_t;

static bool decode_layout(source_t *header, trace_t *out, layout_t *layout) {
    if (layout->version == TRACE_VERSION_PLAIN)
        return true;
    out->time_unit_ns = (uint32_t)source_fixed(header, 4);
    uint64_t flags = source_fixed(header, 4);
    layout->timed = out->time_unit_ns != 0;
    layout->sited = (flags & HAS_SITES) != 0;
    return (flags & ~(uint64_t)HAS_SITES) == 0;
}

static bool decode_header(source_t *source, const char *what, trace_t *out, layout_t *layout,
                          trace_error_t *error) {
    const unsigned char *start = source->at;
    const unsigned char *magic = source_take(source, sizeof codec_magic);
    if (magic == NULL || memcmp(magic, codec_magic, sizeof codec_magic) != 0)
        return trace_fault(error, what, "not a hakmem trace");
    uint64_t version = source_fixed(source, 4);
    if (!source->overrun && (version < TRACE_VERSION_PLAIN || version > TRACE_VERSION))
        return trace_fault(error, what,
                           "trace version %" PRIu64 ", this program reads versions %d to %d",
                           version, TRACE_VERSION_PLAIN, TRACE_VERSION);
    layout->version = (int)version;
    uint64_t header_bytes = source_fixed(source, 4);
    const unsigned char *bytes = source_take(source, header_bytes);
    uint64_t crc = source_fixed(source, 4);
    if (source->overrun)
        return trace_fault(error, what, "truncated in its header");
    if (crc != crc32c(0, start, PREFIX_BYTES + header_bytes))
        return trace_fault(error, what, "damaged: the header's checksum is wrong");
    source_t header = {.at = bytes, .end = bytes + header_bytes};
    out->event_count = source_fixed(&header, 8);
    out->block_count = source_fixed(&header, 8);
    out->thread_count = (uint32_t)source_fixed(&header, 4);
    out->peak_live_bytes = source_fixed(&header, 8);
    out->peak_live_blocks = source_fixed(&header, 8);
    out->unknown_frees = source_fixed(&header, 8);
    out->lost_frees = source_fixed(&header, 8);
    if (!decode_text(&header, &out->program, &out->program_bytes) ||
        !decode_text(&header, &out->command, &out->command_bytes) ||
        !decode_text(&header, &out->allocator, &out->allocator_bytes) ||
        !decode_layout(&header, out, layout) || header.overrun || source_left(&header) != 0)
        return trace_fault(error, what, "damaged: its header makes no sense");
    /* Each event takes a byte at least: a count that the file cannot hold is not believed. */
    if (out->event_count > source_left(source) || out->event_count > TRACE_EVENTS_MAX)
        return trace_fault(error, what, "truncated: %" PRIu64 " events were promised",
                           out->event_count);
    return true;
}

typedef struct decoder {
    const layout_t *layout;
    trace_t *trace;
    source_t columns[COLUMNS];
    site_table_t sites;
    uint64_t time;
    uint64_t blocks;
    uint64_t run_thread, run_events;
} decoder_t;

static bool decode_site(decoder_t *decoder, uint32_t *site) {
    uint64_t place = source_varint(&decoder->columns[COLUMN_SITE]);
    uint32_t known = decoder->sites.count;
    if (place > known)
        return false;
    if (place < known) {
        *site = decoder->sites.list[place];
        return true;
    }
    *site = (uint32_t)source_fixed(&decoder->columns[COLUMN_SITE], 4);
    return site_table_place(&decoder->sites, *site) == known;
}

/* What version 2 adds; a time that would pass the end of its range is no time. */
static bool decode_extras(decoder_t *decoder, uint64_t at) {
    trace_t *trace = decoder->trace;
    if (decoder->layout->timed &&
        __builtin_add_overflow(decoder->time, source_varint(&decoder->columns[COLUMN_TIME]),
                               &decoder->time))
        return false;
    if (decoder->layout->timed)
        trace->times[at] = decoder->time;
    return !decoder->layout->sited || !trace_op_has_size(trace->events[at].op) ||
           decode_site(decoder, &trace->sites[at]);
}

static bool decode_event(decoder_t *decoder, trace_event_t *event) {
    if (decoder->run_events == 0) {
        decoder->run_thread = source_varint(&decoder->columns[COLUMN_THREAD]);
        decoder->run_events = source_varint(&decoder->columns[COLUMN_THREAD]);
        if (decoder->run_events == 0 || decoder->run_thread >= TRACE_THREADS_MAX)
            return false;
    }
    decoder->run_events--;
    uint64_t op = source_fixed(&decoder->columns[COLUMN_OP], 1);
    if (op >= TRACE_OPS)
        return false;
    *event = (trace_event_t){.op = op & 7, .thread = decoder->run_thread & 0xffffff};
    if (trace_op_has_size(event->op))
        event->bytes = source_varint(&decoder->columns[COLUMN_SIZE]);
    if (trace_op_uses_block(event->op)) {
        uint64_t age = source_varint(&decoder->columns[COLUMN_AGE]);
        if (age >= decoder->blocks)
            return false;
        event->block = (uint32_t)(decoder->blocks - 1 - age);
    }
    if (trace_op_makes_block(event->op))
        event->block = (uint32_t)decoder->blocks++;
    if (event->op == TRACE_ALIGNED) {
        uint64_t shift = source_fixed(&decoder->columns[COLUMN_ALIGN], 1);
        if (shift > TRACE_ALIGN_SHIFT_MAX)
            return false;
        event->align_shift = shift & TRACE_ALIGN_SHIFT_MAX;
    }
    return true;
}

static bool open_chunk(decoder_t *decoder, source_t *source, uint64_t *events, const char *what,
                       trace_error_t *error) {
    const unsigned char *start = source->at;
    uint64_t column_bytes[COLUMNS] = {0};
    *events = source_fixed(source, 4);
    for (unsigned i = 0; i < columns_of(decoder->layout->version); i++)
        column_bytes[i] = source_fixed(source, 4);
    for (unsigned i = 0; i < COLUMNS; i++) {
        const unsigned char *bytes = source_take(source, column_bytes[i]);
        decoder->columns[i] = (source_t){.at = bytes, .end = bytes};
        if (bytes != NULL)
            decoder->columns[i].end = bytes + column_bytes[i];
    }
    const unsigned char *end = source->at;
    uint64_t crc = source_fixed(source, 4);
    if (source->overrun)
        return trace_fault(error, what, "truncated");
    if (crc != crc32c(0, start, (size_t)(end - start)))
        return trace_fault(error, what, "damaged: a chunk's checksum is wrong");
    return true;
}

static bool chunk_is_used_up(const decoder_t *decoder) {
    bool whole = decoder->run_events == 0;
    for (unsigned i = 0; i < COLUMNS; i++)
        whole = whole && !decoder->columns[i].overrun && source_left(&decoder->columns[i]) == 0;
    return whole;
}

static bool decode_events(source_t *source, const char *what, decoder_t *decoder,
                          trace_error_t *error) {
    const trace_t *out = decoder->trace;
    for (uint64_t at = 0; at < out->event_count;) {
        uint64_t events;
        if (!open_chunk(decoder, source, &events, what, error))
            return false;
        bool good = events > 0 && events <= out->event_count - at;
        for (uint64_t i = 0; good && i < events; i++)
            good = decode_event(decoder, &out->events[at + i]) && decode_extras(decoder, at + i);
        if (!good || !chunk_is_used_up(decoder))
            return trace_fault(error, what,
                               "damaged: the chunk after event %" PRIu64 " makes no sense", at);
        at += events;
    }
    if (source_left(source) != 0)
        return trace_fault(error, what, "damaged: %zu bytes follow the last chunk",
                           source_left(source));
    return true;
}

static bool counts_agree(const char *what, trace_t *out, trace_error_t *error) {
    trace_t promised = *out;
    trace_error_t impossible;
    if (!trace_count(out, &impossible))
        return trace_fault(error, what, "damaged: %s", impossible.text);
    if (promised.block_count != out->block_count || promised.thread_count != out->thread_count ||
        promised.peak_live_bytes != out->peak_live_bytes ||
        promised.peak_live_blocks != out->peak_live_blocks)
        return trace_fault(error, what, "damaged: its header and its events disagree");
    return true;
}

static bool decode_body(source_t *source, const char *what, const layout_t *layout, trace_t *out,
                        trace_error_t *error) {
    decoder_t decoder = {.layout = layout, .trace = out};
    out->events = arena_alloc(out->event_count, sizeof *out->events);
    if (layout->timed)
        out->times = arena_alloc(out->event_count, sizeof *out->times);
    if (layout->sited)
        out->sites = arena_alloc(out->event_count, sizeof *out->sites);
    site_table_open(&decoder.sites);
    bool good = decode_events(source, what, &decoder, error) && counts_agree(what, out, error);
    site_table_close(&decoder.sites);
    return good;
}

bool codec_decode(const unsigned char *bytes, size_t count, const char *what, trace_t *out,
                  trace_error_t *error) {
    source_t source = {.at = bytes, .end = bytes + count};
    layout_t layout = {.version = 0};
    *out = (trace_t){.crc = crc32c(0, bytes, count)};
    bool good = decode_header(&source, what, out, &layout, error) &&
                decode_body(&source, what, &layout, out, error);
    if (!good)
        trace_unload(out);
    return good;
}
