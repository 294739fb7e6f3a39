/*
 * format_rep.c - the trace files of the CS:APP malloc lab (Bryant and O'Hallaron).
 *
 * Four lines of numbers: suggested heap size, ids, operations, weight. Then one operation a line:
 * `a ID SIZE`, `r ID SIZE`, `f ID`. It knows one thread, malloc, realloc and free.
 */
#include "formats.h"
#include "lines.h"

#include "trace/builder.h"

#include <inttypes.h>
#include <string.h>

static bool matches(const sink_t *file) {
    const char *at = (const char *)file->bytes;
    for (unsigned i = 0; i < 4; i++) {
        size_t digits = strspn(at, "0123456789");
        if (digits == 0 || at[digits + strspn(at + digits, " \t\r")] != '\n')
            return false;
        at += digits + strspn(at + digits, " \t\r") + 1;
    }
    return true;
}

static bool read_op(lines_t *lines, uint64_t ids, builder_t *builder, trace_error_t *error) {
    char op[2];
    uint64_t id, bytes = 0;
    if (!lines_word(lines, op, sizeof op) || strchr("arf", *op) == NULL)
        return lines_fault(lines, "a, r or f", error);
    if (*op == 'f' && strcmp(lines->at, " -1") == 0)
        return true; /* some files write free(NULL) so */
    if (!lines_number(lines, 10, &id) || id >= ids)
        return lines_fault(lines, "an id below the number of ids", error);
    if (*op != 'f' && !lines_number(lines, 10, &bytes))
        return lines_fault(lines, "a size", error);
    if (!lines_end(lines))
        return lines_fault(lines, "the end of the line", error);
    bool live = addresses_find(&builder->live, id + 1) != NULL;
    if (*op == 'f')
        builder_free(builder, 0, id + 1);
    else
        builder_realloc(builder, 0, *op == 'r' && live ? id + 1 : 0, id + 1, bytes);
    return true;
}

static bool read_header(lines_t *lines, uint64_t *header, trace_error_t *error) {
    for (unsigned i = 0; i < 4; i++) {
        if (!lines_next(lines) || !lines_number(lines, 10, &header[i]) || !lines_end(lines))
            return lines_fault(lines, "a number (heap size, ids, operations, weight)", error);
    }
    return true;
}

static bool read_rep(const sink_t *file, const char *path, trace_t *out, trace_error_t *error) {
    enum { HEAP, IDS, OPS, WEIGHT, NUMBERS };
    uint64_t header[NUMBERS], ops = 0;
    lines_t lines;
    builder_t builder;
    lines_open(&lines, file, path);
    builder_open(&builder, 0, false);
    bool good = read_header(&lines, header, error);
    for (; good && lines_next(&lines); ops++)
        good = read_op(&lines, header[IDS], &builder, error);
    if (good && ops != header[OPS])
        good = trace_fault(error, path, "has %" PRIu64 " operations, its header promises %" PRIu64,
                           ops, header[OPS]);
    lines_close(&lines);
    return good ? builder_close(&builder, path, out, error) : builder_drop(&builder);
}

static bool write_rep(const trace_t *trace, const char *path, FILE *out, trace_error_t *error) {
    (void)path, (void)error;
    uint64_t ops = 0;
    for (uint64_t i = 0; i < trace->event_count; i++)
        ops += trace->events[i].op < TRACE_THREAD_START;
    fprintf(out, "%" PRIu64 "\n%" PRIu64 "\n%" PRIu64 "\n1\n", trace->peak_live_bytes,
            trace->block_count, ops);
    for (uint64_t i = 0; i < trace->event_count; i++) {
        const trace_event_t *event = &trace->events[i];
        if (event->op == TRACE_FREE)
            fprintf(out, "f %u\n", event->block);
        else if (event->op < TRACE_THREAD_START)
            fprintf(out, "%c %u %" PRIu64 "\n", event->op == TRACE_REALLOC ? 'r' : 'a',
                    event->block, (uint64_t)event->bytes);
    }
    return true;
}

const format_t format_rep = {"rep", ".rep", matches, read_rep, write_rep};
