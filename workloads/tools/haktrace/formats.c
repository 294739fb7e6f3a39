/*
 * formats.c - see formats.h: choosing, and reading whole files.
 */
#include "formats.h"

#include "shared/die.h"
#include "trace/codec.h"
#include "trace/file.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

/* The most particular first: matches() of the last is a guess. */
static const format_t *const formats[] = {&format_heaptrack, &format_android, &format_csv,
                                          &format_rep, &format_bytehound};
enum { FORMATS = sizeof formats / sizeof formats[0] };

static bool ends_with(const char *text, const char *end) {
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

static bool is_trace(const sink_t *file) {
    return file->used >= sizeof codec_magic &&
           memcmp(file->bytes, codec_magic, sizeof codec_magic) == 0;
}

static bool read_any(const sink_t *file, const char *path, trace_t *out, trace_error_t *error) {
    if (is_trace(file))
        return codec_decode(file->bytes, file->used, path, out, error);
    if (file->used >= 2 && file->bytes[0] == 0x1f && file->bytes[1] == 0x8b)
        return trace_fault(error, path, "packed by gzip: unpack it first");
    for (unsigned i = 0; i < FORMATS; i++) {
        if (formats[i]->matches(file))
            return formats[i]->read(file, path, out, error);
    }
    return trace_fault(error, path, "not a trace, and of no format that can be converted");
}

void formats_load(const char *path, trace_t *out) {
    trace_error_t error = {.text = ""};
    sink_t file;
    if (!trace_file_read(path, &file, &error))
        die("%s", error.text);
    sink_byte(&file, '\0');
    file.used--;
    if (!read_any(&file, path, out, &error))
        die("%s", error.text);
    sink_close(&file);
    if (!is_trace(&file) && out->unknown_frees + out->lost_frees > 0)
        warn("%s: %" PRIu64 " frees of unknown blocks left out, %" PRIu64 " put in", path,
             out->unknown_frees, out->lost_frees);
}

static const format_t *format_to_write(const char *path, const char *to) {
    char known[256] = "hakt";
    for (unsigned i = 0; i < FORMATS; i++) {
        strncat(known, ", ", sizeof known - strlen(known) - 1);
        strncat(known, formats[i]->name, sizeof known - strlen(known) - 1);
        if (to != NULL ? strcmp(to, formats[i]->name) == 0 : ends_with(path, formats[i]->suffix))
            return formats[i];
    }
    if (to != NULL ? strcmp(to, "hakt") == 0
                   : ends_with(path, ".hakt") || ends_with(path, ".hakt.zst"))
        return NULL;
    if (to != NULL)
        die_usage("--to=%s: not one of %s", to, known);
    die_usage("%s: its end says no format, so --to has to: one of %s", path, known);
}

static void write_text(const format_t *format, const char *path, const trace_t *trace) {
    trace_error_t error = {.text = ""};
    FILE *file = strcmp(path, "-") == 0 ? stdout : fopen(path, "w");
    if (file == NULL)
        die_errno("cannot create %s", path);
    bool good = format->write(trace, path, file, &error);
    bool written = fflush(file) == 0 && !ferror(file) && (file == stdout || fclose(file) == 0);
    if (good && written)
        return;
    int error_code = errno;
    if (file != stdout)
        unlink(path);
    if (!good)
        die("%s", error.text);
    die("cannot write %s: %s", path, strerrordesc_np(error_code));
}

void formats_check(const char *path, const char *to) {
    format_to_write(path, to);
    if (strcmp(path, "-") == 0 && (to == NULL || strcmp(to, "hakt") == 0))
        die_usage("a trace of hakrec is not written to stdout");
}

void formats_save(const char *path, const char *to, const trace_t *trace) {
    trace_error_t error = {.text = ""};
    const format_t *format = format_to_write(path, to);
    if (format != NULL) {
        write_text(format, path, trace);
        return;
    }
    if (!trace_save(path, trace, &error))
        die("%s", error.text);
}
