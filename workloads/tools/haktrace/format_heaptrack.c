/*
 * format_heaptrack.c - the data files of heaptrack (KDE), as recorded and as interpreted.
 *
 * Lines that begin with a letter; numbers are hexadecimal. Of interest here:
 *
 *   v VERSION FORMAT    X COMMAND    c MILLISECONDS
 *   a SIZE TRACE        the next allocation info                  (interpreted)
 *   + INFO    - INFO    a block of that info is made, is freed    (interpreted)
 *   + SIZE TRACE PTR    - PTR                                     (recorded with --raw)
 *
 * An interpreted file does not say which block of an info is freed: the youngest is taken.
 * heaptrack knows no threads, and a realloc is a free and a malloc to it. The number of its
 * back-trace becomes the call site. bytehound's export "heaptrack" is an interpreted file.
 */
#include "formats.h"
#include "lines.h"

#include "common/arena.h"
#include "trace/builder.h"
#include "trace/sites.h"

#include <inttypes.h>
#include <string.h>

enum { FORMAT_OLDEST = 1, FORMAT_NEWEST = 3, TIME_UNIT_NS = 1000000 };

typedef struct info {
    uint64_t bytes;
    uint64_t youngest; /* address of its youngest live block, 0: none */
    uint32_t trace;
} info_t;

typedef struct reader {
    lines_t lines;
    builder_t builder;
    info_t *infos;
    uint64_t info_count, info_room;
    uint64_t *older; /* by block that an interpreted file made: the next older one of its info */
    uint64_t older_count, older_room;
    trace_error_t *error;
    char command[1024];
} reader_t;

static bool matches(const sink_t *file) {
    const char *text = (const char *)file->bytes;
    return strncmp(text, "v ", 2) == 0 && strspn(text + 2, "0123456789abcdef") > 0;
}

static bool read_version(reader_t *reader) {
    uint64_t program, format;
    lines_t *lines = &reader->lines;
    if (!lines_number(lines, 16, &program) || !lines_number(lines, 16, &format))
        return lines_fault(lines, "a version of heaptrack and one of its format", reader->error);
    if (format < FORMAT_OLDEST || format > FORMAT_NEWEST)
        return trace_fault(reader->error, lines->path,
                           "heaptrack's format %" PRIu64 ", this program reads %d to %d", format,
                           FORMAT_OLDEST, FORMAT_NEWEST);
    return true;
}

static bool read_info(reader_t *reader) {
    uint64_t bytes, trace;
    if (!lines_number(&reader->lines, 16, &bytes) || !lines_number(&reader->lines, 16, &trace))
        return lines_fault(&reader->lines, "a size and a trace", reader->error);
    if (reader->info_count == reader->info_room) {
        reader->infos =
            arena_grow(reader->infos, reader->info_room, 2 * reader->info_room, sizeof(info_t));
        reader->info_room *= 2;
    }
    reader->infos[reader->info_count++] = (info_t){.bytes = bytes, .trace = (uint32_t)trace};
    return true;
}

/* Its address is its place in `older`, plus one. */
static void make_of_info(reader_t *reader, info_t *info) {
    if (reader->older_count == reader->older_room) {
        reader->older =
            arena_grow(reader->older, reader->older_room, 2 * reader->older_room, sizeof(uint64_t));
        reader->older_room *= 2;
    }
    reader->older[reader->older_count++] = info->youngest;
    info->youngest = reader->older_count;
    reader->builder.site = info->trace;
    builder_new(&reader->builder, 0, TRACE_MALLOC, info->youngest, info->bytes, 0);
}

static bool read_make(reader_t *reader) {
    lines_t *lines = &reader->lines;
    uint64_t first, trace, pointer;
    if (!lines_number(lines, 16, &first))
        return lines_fault(lines, "a number", reader->error);
    if (lines_end(lines)) {
        if (first >= reader->info_count)
            return lines_fault(lines, "an allocation info that was there before", reader->error);
        make_of_info(reader, &reader->infos[first]);
        return true;
    }
    if (!lines_number(lines, 16, &trace) || !lines_number(lines, 16, &pointer) ||
        !lines_end(lines) || pointer == 0)
        return lines_fault(lines, "a size, a trace and a pointer", reader->error);
    reader->builder.site = (uint32_t)trace;
    builder_new(&reader->builder, 0, TRACE_MALLOC, pointer, first, 0);
    return true;
}

static bool read_free(reader_t *reader) {
    uint64_t number;
    lines_t *lines = &reader->lines;
    if (!lines_number(lines, 16, &number) || !lines_end(lines))
        return lines_fault(lines, "one number", reader->error);
    if (reader->info_count == 0) {
        builder_free(&reader->builder, 0, number);
        return true;
    }
    if (number >= reader->info_count)
        return lines_fault(lines, "an allocation info that was there before", reader->error);
    info_t *info = &reader->infos[number];
    if (info->youngest == 0) {
        reader->builder.trace.unknown_frees++;
        return true;
    }
    builder_free(&reader->builder, 0, info->youngest);
    info->youngest = reader->older[info->youngest - 1];
    return true;
}

static bool read_line(reader_t *reader) {
    lines_t *lines = &reader->lines;
    uint64_t time;
    char letter = *lines->at++;
    if (*lines->at != ' ' && *lines->at != '\0')
        return lines_fault(lines, "one letter and a blank", reader->error);
    switch (letter) {
    case 'v':
        return read_version(reader);
    case 'X':
        snprintf(reader->command, sizeof reader->command, "%s", lines->at);
        return true;
    case 'c':
        if (!lines_number(lines, 16, &time))
            return lines_fault(lines, "a time", reader->error);
        builder_set_time(&reader->builder, time);
        return true;
    case 'a':
        return read_info(reader);
    case '+':
        return read_make(reader);
    case '-':
        return read_free(reader);
    default:
        return true; /* modules, addresses, strings, comments */
    }
}

static bool read_heaptrack(const sink_t *file, const char *path, trace_t *out,
                           trace_error_t *error) {
    reader_t reader = {.infos = arena_alloc(1024, sizeof(info_t)),
                       .info_room = 1024,
                       .older = arena_alloc(1024, sizeof(uint64_t)),
                       .older_room = 1024,
                       .error = error};
    bool good = true;
    lines_open(&reader.lines, file, path);
    builder_open(&reader.builder, TIME_UNIT_NS, true);
    while (good && lines_next(&reader.lines))
        good = read_line(&reader);
    lines_close(&reader.lines);
    arena_free(reader.infos, reader.info_room, sizeof(info_t));
    arena_free(reader.older, reader.older_room, sizeof(uint64_t));
    good = good ? builder_close(&reader.builder, path, out, error) : builder_drop(&reader.builder);
    if (good) {
        trace_set_text(&out->command, &out->command_bytes,
                       reader.command + (reader.command[0] == ' '));
    }
    return good;
}

/* ---- writing ---- */

/* A size and the place of a site in one number, so that each pair is an allocation info. */
enum { SITE_BITS = 20 };

typedef struct writer {
    const trace_t *trace;
    FILE *out;
    site_table_t sites;
    addresses_t infos;
    uint64_t *block_infos; /* by block */
    uint64_t time_ms;
} writer_t;

/* heaptrack counts addresses and traces from 1. Each site is one address without a name. */
static uint32_t write_site(writer_t *writer, uint32_t site) {
    uint32_t known = writer->sites.count, place = site_table_place(&writer->sites, site);
    if (place == known)
        fprintf(writer->out, "i %" PRIx32 " 1\nt %" PRIx32 " 0\n", site, place + 1);
    return place;
}

static bool write_make(writer_t *writer, uint64_t at) {
    const trace_event_t *event = &writer->trace->events[at];
    uint32_t place =
        write_site(writer, writer->trace->sites == NULL ? 1 : writer->trace->sites[at]);
    if (place >> SITE_BITS != 0 || event->bytes >> (63 - SITE_BITS) != 0)
        return false;
    uint64_t key = 1 + (event->bytes << SITE_BITS | place), info = writer->infos.used;
    address_entry_t *known = addresses_find(&writer->infos, key);
    if (known == NULL) {
        fprintf(writer->out, "a %" PRIx64 " %" PRIx32 "\n", (uint64_t)event->bytes, place + 1);
        addresses_put(&writer->infos, key, info);
    } else {
        info = known->value;
    }
    writer->block_infos[event->block] = info;
    fprintf(writer->out, "+ %" PRIx64 "\n", info);
    return true;
}

static bool write_event(writer_t *writer, uint64_t at) {
    const trace_t *trace = writer->trace;
    const trace_event_t *event = &trace->events[at];
    uint64_t ms = trace->times == NULL ? 0 : trace->times[at] * trace->time_unit_ns / TIME_UNIT_NS;
    if (ms > writer->time_ms)
        fprintf(writer->out, "c %" PRIx64 "\n", ms);
    writer->time_ms = ms;
    if (trace_op_uses_block(event->op))
        fprintf(writer->out, "- %" PRIx64 "\n", writer->block_infos[event->block]);
    return !trace_op_has_size(event->op) || write_make(writer, at);
}

static bool write_heaptrack(const trace_t *trace, const char *path, FILE *out,
                            trace_error_t *error) {
    writer_t writer = {.trace = trace,
                       .out = out,
                       .block_infos = arena_alloc(trace->block_count, sizeof(uint64_t))};
    bool good = true;
    site_table_open(&writer.sites);
    addresses_open(&writer.infos);
    fprintf(out, "v 10400 3\nX %s\nI 1000 1\ns 7 unknown\n",
            trace->command == NULL || *trace->command == '\0' ? "unknown" : trace->command);
    for (uint64_t i = 0; good && i < trace->event_count; i++)
        good = write_event(&writer, i);
    if (!good)
        trace_fault(error, path,
                    "heaptrack's format as written here holds %d call sites and "
                    "sizes below 2^%d",
                    1 << SITE_BITS, 63 - SITE_BITS);
    site_table_close(&writer.sites);
    addresses_close(&writer.infos);
    arena_free(writer.block_infos, trace->block_count, sizeof(uint64_t));
    return good;
}

const format_t format_heaptrack = {"heaptrack", ".heaptrack", matches, read_heaptrack,
                                   write_heaptrack};
