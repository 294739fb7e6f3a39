/*
 * format_csv.c - traces as comma-separated values, one event a line, for other programs.
 *
 *   event,thread,op,block,bytes,align,time_ns,site
 *
 * Columns are known by their names in the first line; thread, op and block must be there. Fields
 * that an event does not have are empty. Nothing of the events is lost; the texts are.
 */
#include "formats.h"
#include "lines.h"

#include "trace/builder.h"

#include <inttypes.h>
#include <string.h>

enum { THREAD, OP, BLOCK, BYTES, ALIGN, TIME, SITE, FIELDS, COLUMNS_MAX = 32 };

static const char *const field_names[FIELDS] = {"thread", "op",      "block", "bytes",
                                                "align",  "time_ns", "site"};

typedef struct table {
    lines_t lines;
    int columns[COLUMNS_MAX]; /* by column: which field, -1: none that is known */
    unsigned column_count;
    const char *fields[FIELDS]; /* of the line */
} table_t;

static bool matches(const sink_t *file) {
    const char *text = (const char *)file->bytes;
    size_t length = strcspn(text, "\n");
    const char *op = memmem(text, length, "op", 2);
    return op != NULL && memchr(text, ',', length) != NULL &&
           memmem(text, length, "block", 5) != NULL;
}

/* Cuts the line at its commas. */
static char *next_field(char **at) {
    char *field = *at;
    if (field == NULL)
        return NULL;
    char *comma = strchr(field, ',');
    if (comma != NULL)
        *comma = '\0';
    *at = comma == NULL ? NULL : comma + 1;
    return field;
}

static bool read_names(table_t *table, trace_error_t *error) {
    unsigned found = 0;
    char *at = lines_next(&table->lines) ? table->lines.text : NULL;
    for (char *name; (name = next_field(&at)) != NULL && table->column_count < COLUMNS_MAX;) {
        int field = FIELDS - 1;
        while (field >= 0 && strcmp(name, field_names[field]) != 0)
            field--;
        table->columns[table->column_count++] = field;
        found |= field < 0 ? 0 : 1u << field;
    }
    if ((found & 7) != 7)
        return lines_fault(&table->lines, "columns named thread, op and block", error);
    return true;
}

static bool cut_line(table_t *table) {
    char *at = table->lines.text;
    for (unsigned i = 0; i < FIELDS; i++)
        table->fields[i] = "";
    for (unsigned i = 0; i < table->column_count; i++) {
        const char *field = next_field(&at);
        if (field == NULL)
            return false;
        if (table->columns[i] >= 0)
            table->fields[table->columns[i]] = field;
    }
    return at == NULL;
}

/* An empty field is 0 where it may be empty. */
static bool field_number(table_t *table, int field, bool may_be_empty, uint64_t *out) {
    *out = 0;
    if (*table->fields[field] == '\0')
        return may_be_empty;
    table->lines.at = table->fields[field];
    return lines_number(&table->lines, 10, out) && lines_end(&table->lines);
}

static trace_op_t op_named(const char *name) {
    trace_op_t op = 0;
    while (op < TRACE_OPS && strcmp(name, trace_op_name(op)) != 0)
        op++;
    return op;
}

static void add_event(builder_t *builder, trace_op_t op, const uint64_t *numbers) {
    uint64_t thread = numbers[THREAD], address = numbers[BLOCK] + 1, bytes = numbers[BYTES];
    unsigned shift = numbers[ALIGN] == 0 ? 0 : (unsigned)__builtin_ctzll(numbers[ALIGN]);
    builder_set_time(builder, numbers[TIME]);
    builder->site = (uint32_t)numbers[SITE];
    if (op == TRACE_THREAD_START)
        builder_thread_starts(builder, thread);
    else if (op == TRACE_THREAD_EXIT)
        builder_thread_ends(builder, thread);
    else if (op == TRACE_FREE)
        builder_free(builder, thread, address);
    else if (op == TRACE_REALLOC)
        builder_realloc(builder, thread, address, address, bytes);
    else
        builder_new(builder, thread, op, address, bytes, shift);
}

static bool read_line(table_t *table, builder_t *builder, trace_error_t *error) {
    uint64_t numbers[FIELDS];
    if (!cut_line(table))
        return lines_fault(&table->lines, "as many fields as there are names", error);
    trace_op_t op = op_named(table->fields[OP]);
    if (op == TRACE_OPS)
        return lines_fault(&table->lines,
                           "an op: malloc, calloc, realloc, aligned, free, "
                           "thread-start or thread-exit",
                           error);
    bool has_block = op < TRACE_THREAD_START;
    if (!field_number(table, THREAD, false, &numbers[THREAD]) ||
        !field_number(table, BLOCK, !has_block, &numbers[BLOCK]) || numbers[BLOCK] == UINT64_MAX ||
        numbers[THREAD] == UINT64_MAX)
        return lines_fault(&table->lines, "numbers of a thread and a block", error);
    if (!field_number(table, BYTES, !trace_op_has_size(op), &numbers[BYTES]))
        return lines_fault(&table->lines, "a number of bytes", error);
    if (!field_number(table, ALIGN, op != TRACE_ALIGNED, &numbers[ALIGN]) ||
        (numbers[ALIGN] & (numbers[ALIGN] - 1)) != 0)
        return lines_fault(&table->lines, "a power of two as alignment", error);
    if (!field_number(table, TIME, true, &numbers[TIME]) ||
        !field_number(table, SITE, true, &numbers[SITE]) || numbers[SITE] > UINT32_MAX)
        return lines_fault(&table->lines, "a time in ns and a site of 32 bits", error);
    add_event(builder, op, numbers);
    return true;
}

static bool has_field(const table_t *table, int field) {
    for (unsigned i = 0; i < table->column_count; i++) {
        if (table->columns[i] == field)
            return true;
    }
    return false;
}

static bool read_csv(const sink_t *file, const char *path, trace_t *out, trace_error_t *error) {
    table_t table = {.column_count = 0};
    builder_t builder;
    lines_open(&table.lines, file, path);
    bool good = read_names(&table, error);
    builder_open(&builder, has_field(&table, TIME), has_field(&table, SITE));
    while (good && lines_next(&table.lines))
        good = read_line(&table, &builder, error);
    lines_close(&table.lines);
    good = good ? builder_close(&builder, path, out, error) : builder_drop(&builder);
    if (good && out->times != NULL)
        trace_settle_times(out, false);
    return good;
}

static bool write_csv(const trace_t *trace, const char *path, FILE *out, trace_error_t *error) {
    (void)path, (void)error;
    fprintf(out, "event,thread,op,block,bytes,align%s%s\n", trace->times == NULL ? "" : ",time_ns",
            trace->sites == NULL ? "" : ",site");
    for (uint64_t i = 0; i < trace->event_count; i++) {
        const trace_event_t *event = &trace->events[i];
        fprintf(out, "%" PRIu64 ",%u,%s,", i, event->thread, trace_op_name(event->op));
        if (event->op < TRACE_THREAD_START)
            fprintf(out, "%u", event->block);
        fputc(',', out);
        if (trace_op_has_size(event->op))
            fprintf(out, "%" PRIu64, (uint64_t)event->bytes);
        fputc(',', out);
        if (event->op == TRACE_ALIGNED)
            fprintf(out, "%" PRIu64, UINT64_C(1) << event->align_shift);
        if (trace->times != NULL)
            fprintf(out, ",%" PRIu64, trace->times[i] * trace->time_unit_ns);
        if (trace->sites != NULL && trace_op_has_size(event->op))
            fprintf(out, ",%" PRIu32, trace->sites[i]);
        else if (trace->sites != NULL)
            fputc(',', out);
        fputc('\n', out);
    }
    return true;
}

const format_t format_csv = {"csv", ".csv", matches, read_csv, write_csv};
