/*
 * samples.c - raw records: made, written, read. See samples.h.
 */
#include "samples.h"

#include "file.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

static double number(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static const char *string(const json_t *object, const char *key) {
    return json_string_value(json_object_get(object, key));
}

/* Which malloc served the process, and whether hakmem stepped aside. NULL: all is well. */
static const char *proof_error(const json_t *result, const char *library) {
    const char *object = string(result, "malloc_object");
    char *real = object ? path_real(object) : NULL;
    bool served = real && strcmp(real, library) == 0;
    free(real);
    if (!served) {
        return "unproven";
    }
    const json_t *hakmem = json_object_get(result, "hakmem");
    return json_is_object(hakmem) && !json_is_null(json_object_get(hakmem, "bypass")) ? "bypassed"
                                                                                      : NULL;
}

static bool result_is_whole(const json_t *result) {
    static const char *const keys[] = {"ops",
                                       "wall_ns",
                                       "cpu_user_ns",
                                       "cpu_sys_ns",
                                       "minor_faults",
                                       "major_faults",
                                       "rss_anon_peak_bytes",
                                       "rss_anon_steady_bytes",
                                       "requested_peak_bytes",
                                       "requested_steady_bytes",
                                       "null_returns"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (isnan(number(result, keys[i]))) {
            return false;
        }
    }
    return number(result, "ops") > 0 && number(result, "wall_ns") > 0 && string(result, "checksum");
}

void driver_status(const outcome_t *outcome, const json_t *result, bool whole, const char *library,
                   char status[STATUS_TEXT]) {
    const char *text = "ok";
    if (!outcome->started) {
        text = "not started";
    } else if (outcome->timed_out) {
        text = "timeout";
    } else if (WIFSIGNALED(outcome->wait_status)) {
        snprintf(status, STATUS_TEXT, "signal %d", WTERMSIG(outcome->wait_status));
        return;
    } else if (WEXITSTATUS(outcome->wait_status) != 0) {
        snprintf(status, STATUS_TEXT, "exit %d", WEXITSTATUS(outcome->wait_status));
        return;
    } else if (!result || !whole) {
        text = "no result";
    } else if (proof_error(result, library)) {
        text = proof_error(result, library);
    }
    snprintf(status, STATUS_TEXT, "%s", text);
}

void sample_status(const outcome_t *outcome, const json_t *result, const char *library,
                   char status[STATUS_TEXT]) {
    driver_status(outcome, result, result && result_is_whole(result), library, status);
    if (strcmp(status, "ok") == 0 && number(result, "null_returns") > 0) {
        snprintf(status, STATUS_TEXT, "null");
    }
}

static json_t *decimal_json(dec_t value) {
    char text[DEC_TEXT];
    dec_print(value, text);
    return value ? json_string(text) : json_null();
}

json_t *sample_record(const cell_t *cell, unsigned rep, unsigned order, const outcome_t *outcome,
                      const json_t *result, const json_t *settings) {
    char status[STATUS_TEXT];
    const allocator_t *a = cell->allocator;
    sample_status(outcome, result, a->path, status);
    return json_pack("{s:i, s:s, s:s, s:i, s:i, s:s, s:s, s:o, s:o, s:i, s:s, s:s, s:s, s:s, s:O, "
                     "s:I, s:I, s:s, "
                     "s:o}",
                     "schema", SAMPLE_SCHEMA, "cell", cell->id, "phase", phase_name(cell->phase),
                     "rep", (int)rep, "order", (int)order, "workload", cell->workload->name,
                     "allocator", cell_allocator(cell), "wmax_mid", decimal_json(cell->wmax_mid),
                     "wmax_large", decimal_json(cell->wmax_large), "threads", (int)cell->threads,
                     "status", status, "library", a->path, "library_version", a->version,
                     "library_sha256", a->sha256, "settings", settings, "ended_unix_ns",
                     (json_int_t)clock_unix_ns(), "elapsed_ns", (json_int_t)outcome->elapsed_ns,
                     "output_tail", outcome->output_tail, "result",
                     result ? json_incref((json_t *)(uintptr_t)result) : json_null());
}

static latency_t read_latency(const json_t *object) {
    return (latency_t){.count = number(object, "count"),
                       .p9999_ns = number(object, "p9999_ns"),
                       .p50_ns = number(object, "p50_ns"),
                       .p90_ns = number(object, "p90_ns"),
                       .p99_ns = number(object, "p99_ns"),
                       .p999_ns = number(object, "p999_ns"),
                       .max_ns = number(object, "max_ns")};
}

/* A part of the record that outlives it; NULL where there is none. */
static const json_t *kept(const json_t *object, const char *key) {
    json_t *part = json_object_get(object, key);
    return part && !json_is_null(part) ? json_incref(part) : NULL;
}

static void read_result(const json_t *result, sample_t *out) {
    const json_t *hakmem = json_object_get(result, "hakmem");
    const json_t *latency = json_object_get(result, "latency");
    const char *checksum = string(result, "checksum");
    out->ops = number(result, "ops");
    double threads = number(result, "threads");
    out->driver_threads = threads > 1 ? (unsigned)threads : 1;
    out->wall_ns = number(result, "wall_ns");
    out->cpu_ns = number(result, "cpu_user_ns") + number(result, "cpu_sys_ns");
    out->minor_faults = number(result, "minor_faults");
    out->major_faults = number(result, "major_faults");
    out->base_bytes = number(result, "rss_anon_base_bytes");
    out->peak_bytes = number(result, "rss_anon_peak_bytes");
    out->steady_bytes = number(result, "rss_anon_steady_bytes");
    out->drain_bytes = number(result, "rss_anon_drain_bytes");
    out->tenth_bytes = number(result, "rss_anon_tenth_bytes");
    out->requested_peak_bytes = number(result, "requested_peak_bytes");
    out->requested_steady_bytes = number(result, "requested_steady_bytes");
    out->null_returns = number(result, "null_returns");
    const char *measures = string(result, "measures");
    out->of_memory_only = measures && strcmp(measures, "memory") == 0;
    out->threshold = number(hakmem, "threshold");
    out->exhaustion = number(hakmem, "exhaustion");
    out->mapfail = number(hakmem, "mapfail");
    out->has_latency = json_is_object(latency);
    out->clock_ns = number(latency, "clock_ns");
    out->malloc_latency = read_latency(json_object_get(latency, "malloc"));
    out->free_latency = read_latency(json_object_get(latency, "free"));
    out->requests = read_latency(json_object_get(result, "requests"));
    out->by_size = kept(latency, "by_size");
    out->memory = kept(result, "memory");
    out->seed = number(json_object_get(result, "params"), "seed");
    snprintf(out->checksum, sizeof out->checksum, "%s", checksum ? checksum : "");
}

static bool was_disturbed(const json_t *blocks, json_int_t block) {
    for (size_t i = 0; i < json_array_size(blocks); i++) {
        const json_t *row = json_array_get(blocks, i);
        if (json_integer_value(json_array_get(row, 0)) == block) {
            return json_integer_value(json_array_get(row, 1)) != 0;
        }
    }
    return false;
}

static void read_panel(const json_t *panel, sample_t *out) {
    const json_t *turns = json_object_get(panel, "turns"), *start = json_object_get(panel, "start");
    const json_t *blocks = json_object_get(panel, "blocks");
    out->start_ops = number(start, "ops");
    out->start_ns = number(start, out->driver_threads > 1 ? "wall_ns" : "cpu_ns");
    out->rounds = (uint64_t)json_integer_value(json_object_get(panel, "rounds"));
    out->turn_count = json_array_size(turns);
    out->turns = out->turn_count ? text_alloc(out->turn_count * sizeof *out->turns) : NULL;
    out->blocks = (double)json_array_size(blocks);
    out->cache_ns = number(panel, "cache_ns");
    for (size_t i = 0; i < json_array_size(blocks); i++) {
        out->disturbed += json_integer_value(json_array_get(json_array_get(blocks, i), 1)) != 0;
    }
    for (size_t i = 0; i < out->turn_count; i++) {
        const json_t *row = json_array_get(turns, i);
        json_int_t block = json_integer_value(json_array_get(row, 0));
        out->turns[i] = (turn_t){.block = (unsigned)block,
                                 .disturbed = was_disturbed(blocks, block),
                                 .ops = json_number_value(json_array_get(row, 1)),
                                 .wall_ns = json_number_value(json_array_get(row, 2)),
                                 .cpu_ns = json_number_value(json_array_get(row, 3)),
                                 .faults = json_number_value(json_array_get(row, 4))};
    }
}

static dec_t read_decimal(const json_t *record, const char *key) {
    dec_t value;
    const char *text = string(record, key);
    return text && dec_parse(text, &value) ? value : 0;
}

bool sample_read(const json_t *record, sample_t *out) {
    const char *cell = string(record, "cell"), *phase = string(record, "phase");
    const char *workload = string(record, "workload"), *allocator = string(record, "allocator");
    const char *status = string(record, "status");
    *out = (sample_t){0};
    if (!cell || !phase || !phase_parse(phase, &out->phase) || !workload || !allocator || !status) {
        return false;
    }
    out->schema = (int)json_integer_value(json_object_get(record, "schema"));
    out->cell = text_copy(cell);
    out->rep = (unsigned)json_integer_value(json_object_get(record, "rep"));
    out->workload = text_copy(workload);
    out->allocator = text_copy(allocator);
    out->wmax_mid = read_decimal(record, "wmax_mid");
    out->wmax_large = read_decimal(record, "wmax_large");
    out->threads = (unsigned)json_integer_value(json_object_get(record, "threads"));
    out->elapsed_s = number(record, "elapsed_ns") / 1e9;
    double share_ns = number(record, "share_ns");
    out->share_s = isnan(share_ns) ? out->elapsed_s : share_ns / 1e9;
    out->resident = kept(record, "resident");
    out->calls = kept(record, "calls");
    snprintf(out->status, STATUS_TEXT, "%s", status);
    read_result(json_object_get(record, "result"), out);
    read_panel(json_object_get(record, "panel"), out);
    return true;
}

bool sample_counts_as_time(const sample_t *sample) {
    return strcmp(sample->status, "ok") == 0 && !sample->of_memory_only;
}

bool sample_counts_as_memory(const sample_t *sample) {
    return strcmp(sample->status, "ok") == 0 || strcmp(sample->status, "null") == 0;
}

bool sample_failed(const sample_t *sample) {
    return strcmp(sample->status, "ok") != 0;
}

void records_load(const char *path, void (*take)(void *context, const json_t *record),
                  void *context) {
    FILE *file = file_open_if_there(path);
    char *line = NULL;
    size_t room = 0;
    while (file && getline(&line, &room, file) > 0) {
        json_t *record = json_loads(line, 0, NULL);
        take(context, record);
        json_decref(record);
    }
    free(line);
    if (file) {
        fclose(file);
    }
}

static void keep(void *context, const json_t *record) {
    samples_t *samples = context;
    samples->items = text_grow(samples->items, samples->count, sizeof *samples->items);
    if (sample_read(record, &samples->items[samples->count])) {
        samples->count++;
    } else {
        samples->unreadable++;
    }
}

void samples_load(const char *path, samples_t *out) {
    *out = (samples_t){0};
    records_load(path, keep, out);
}

int samples_open(const char *path) {
    int file = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (file < 0) {
        fail("cannot write %s: %s", path, strerror(errno));
    }
    char last = '\n';
    off_t end = lseek(file, 0, SEEK_END);
    if (flock(file, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) {
            fail("cannot lock %s: %s", path, strerror(errno));
        }
        fail("another run_sweep is writing to %s", path);
    }
    if (end < 0 || (end > 0 && pread(file, &last, 1, end - 1) != 1) ||
        (last != '\n' && write(file, "\n", 1) != 1)) {
        fail("cannot write %s: %s", path, strerror(errno));
    }
    return file;
}

static void append_text(int file, const char *text) {
    off_t before = lseek(file, 0, SEEK_END);
    size_t bytes = text ? strlen(text) : 0;
    errno = 0;
    ssize_t written = text ? write(file, text, bytes) : -1;
    if (written != (ssize_t)bytes) {
        /* The part of a line is taken back; if even that fails, samples_open closes it. */
        const char *reason = written >= 0 && errno == 0 ? strerror(ENOSPC) : strerror(errno);
        bool intact = before >= 0 && ftruncate(file, before) == 0;
        fail("cannot append to the raw data: %s; the samples so far are %s. Go on with --resume",
             reason, intact ? "intact" : "there, but for a last line that is cut");
    }
}

void record_append(int file, const json_t *record) {
    char *line = json_dumps(record, JSON_COMPACT | JSON_PRESERVE_ORDER);
    char *whole = line ? text_format("%s\n", line) : NULL;
    append_text(file, whole);
    free(whole);
    free(line);
}

void samples_append(int file, samples_t *samples, const json_t *record) {
    record_append(file, record);
    keep(samples, record);
}

void samples_append_all(int file, samples_t *samples, json_t *const *records, size_t count) {
    char *all = text_copy("");
    for (size_t i = 0; i < count; i++) {
        char *line = json_dumps(records[i], JSON_COMPACT | JSON_PRESERVE_ORDER);
        char *longer = text_format("%s%s\n", all, line);
        free(line);
        free(all);
        all = longer;
    }
    append_text(file, all);
    free(all);
    for (size_t i = 0; i < count; i++) {
        keep(samples, records[i]);
    }
}

bool samples_has(const samples_t *samples, const char *cell, unsigned rep) {
    for (size_t i = 0; i < samples->count; i++) {
        if (samples->items[i].rep == rep && strcmp(samples->items[i].cell, cell) == 0) {
            return true;
        }
    }
    return false;
}
