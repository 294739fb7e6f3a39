/*
 * sample.c - the result of a run as JSON and as text; see sample.h.
 */
#include "common/sample.h"

#include "shared/die.h"
#include "common/probe.h"
#include "common/buffer.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

static sample_param_t *next_param(sample_t *sample, const char *name) {
    if (sample->param_count == SAMPLE_PARAMS_MAX)
        die("a workload has more than %d parameters", SAMPLE_PARAMS_MAX);
    sample_param_t *param = &sample->params[sample->param_count++];
    param->name = name;
    return param;
}

void sample_param_number(sample_t *sample, const char *name, uint64_t value) {
    next_param(sample, name)->number = value;
}

void sample_param_text(sample_t *sample, const char *name, const char *value) {
    next_param(sample, name)->text = value;
}

static void add_number(buffer_t *text, const char *key, uint64_t value) {
    buffer_add(text, "\"%s\":%" PRIu64 ",", key, value);
}

static void add_signed(buffer_t *text, const char *key, int64_t value) {
    buffer_add(text, "\"%s\":%" PRId64 ",", key, value);
}

static void add_params(buffer_t *text, const sample_t *sample) {
    buffer_add(text, "\"params\":{");
    for (unsigned i = 0; i < sample->param_count; i++) {
        const sample_param_t *param = &sample->params[i];
        buffer_add(text, "%s\"%s\":", i == 0 ? "" : ",", param->name);
        if (param->text != NULL)
            buffer_add_json_string(text, param->text);
        else
            buffer_add(text, "%" PRIu64, param->number);
    }
    buffer_add(text, "},");
}

static const char *malloc_object_of(const sample_t *sample) {
    return sample->malloc_object != NULL ? sample->malloc_object : probe_malloc_object();
}

static void add_hakmem(buffer_t *text, const sample_t *sample) {
    probe_hakmem_t hakmem = {.version = NULL};
    buffer_add(text, "\"hakmem\":");
    if (sample->hakmem != NULL)
        hakmem = *sample->hakmem;
    else
        probe_hakmem(&hakmem);
    if (hakmem.version == NULL) {
        buffer_add(text, "null,");
        return;
    }
    buffer_add(text, "{\"version\":");
    buffer_add_json_string(text, hakmem.version);
    buffer_add(text, ",\"bypass\":");
    if (hakmem.bypass == NULL)
        buffer_add(text, "null");
    else
        buffer_add_json_string(text, hakmem.bypass);
    buffer_add(text,
               ",\"threshold\":%" PRIu64 ",\"exhaustion\":%" PRIu64 ",\"mapfail\":%" PRIu64 "},",
               hakmem.threshold, hakmem.exhaustion, hakmem.mapfail);
}

static void add_latency(buffer_t *text, const sample_t *sample) {
    buffer_add(text, "\"latency\":");
    if (sample->latency == NULL)
        buffer_add(text, "null");
    else
        latency_write_json(sample->latency, sample->clock, text);
}

/* Only of those that have requests, and of these what the load generator tells. */
static void add_requests(buffer_t *text, const sample_requests_t *requests) {
    const struct {
        const char *name;
        uint64_t value;
    } parts[] = {{"p50_ns", requests->p50_ns},
                 {"p90_ns", requests->p90_ns},
                 {"p99_ns", requests->p99_ns},
                 {"p999_ns", requests->p999_ns},
                 {"max_ns", requests->max_ns}};
    const char *before = "\"requests\":{";
    for (unsigned i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (parts[i].value > 0) {
            buffer_add(text, "%s\"%s\":%" PRIu64, before, parts[i].name, parts[i].value);
            before = ",";
        }
    }
    if (*before == ',')
        buffer_add(text, "},");
}

static void add_sample(buffer_t *text, const sample_t *sample) {
    buffer_add(text, "{\"workload\":");
    buffer_add_json_string(text, sample->workload);
    buffer_add(text, ",");
    add_params(text, sample);
    add_number(text, "threads", sample->threads);
    add_number(text, "ops", sample->in_turns ? sample->turn_ops : sample->ops);
    add_number(text, "wall_ns", sample->wall_ns);
    add_number(text, "cpu_user_ns", sample->cpu_user_ns);
    add_number(text, "cpu_sys_ns", sample->cpu_sys_ns);
    add_number(text, "minor_faults", sample->minor_faults);
    add_number(text, "major_faults", sample->major_faults);
    add_number(text, "rss_anon_base_bytes", sample->rss_anon_base_bytes);
    add_signed(text, "rss_anon_peak_bytes", sample->rss_anon_peak_bytes);
    add_signed(text, "rss_anon_steady_bytes", sample->rss_anon_steady_bytes);
    if (!sample->leaves)
        add_signed(text, "rss_anon_drain_bytes", sample->rss_anon_drain_bytes);
    if (sample->has_tenth)
        add_signed(text, "rss_anon_tenth_bytes", sample->rss_anon_tenth_bytes);
    add_number(text, "requested_peak_bytes", sample->requested_peak_bytes);
    add_number(text, "requested_steady_bytes", sample->requested_steady_bytes);
    if (sample->of_memory_only)
        buffer_add(text, "\"measures\":\"memory\",");
    add_number(text, "null_returns", sample->null_returns);
    buffer_add(text, "\"checksum\":\"%016" PRIx64 "\",\"malloc_object\":",
               sample->in_turns ? sample->turn_checksum : sample->checksum);
    buffer_add_json_string(text, malloc_object_of(sample));
    buffer_add(text, ",");
    add_hakmem(text, sample);
    add_requests(text, &sample->requests);
    add_latency(text, sample);
    buffer_add(text, ",\"memory\":");
    memory_write_json(&sample->memory, text);
    buffer_add(text, "%s}\n", sample->more_json == NULL ? "" : sample->more_json);
}

void sample_write_json(const sample_t *sample, const char *path) {
    buffer_t text = {.used = 0};
    add_sample(&text, sample);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0)
        die_errno("cannot create %s", path);
    int error_code = buffer_write(&text, fd);
    if (close(fd) != 0 && error_code == 0)
        error_code = errno;
    if (error_code != 0)
        die("cannot write %s: %s", path, strerrordesc_np(error_code));
}

static double mib(int64_t bytes) {
    return (double)bytes / 1048576.0;
}

void sample_print_summary(const sample_t *sample) {
    buffer_t text = {.used = 0};
    double seconds = (double)sample->wall_ns / 1e9;
    buffer_add(&text, "%s: %" PRIu64 " operations, %u thread%s, %.3f s", sample->workload,
               sample->ops, sample->threads, sample->threads == 1 ? "" : "s", seconds);
    if (sample->ops > 0 && sample->wall_ns > 0) {
        buffer_add(&text, ", %.2f M/s, %.1f ns each", (double)sample->ops / seconds / 1e6,
                   (double)sample->wall_ns / (double)sample->ops);
    }
    buffer_add(&text, "\nmalloc    %s\n", malloc_object_of(sample));
    if (sample->requests.p50_ns > 0) {
        buffer_add(&text, "requests  p50 %.1f  p99 %.1f  max %.1f us\n",
                   (double)sample->requests.p50_ns / 1e3, (double)sample->requests.p99_ns / 1e3,
                   (double)sample->requests.max_ns / 1e3);
    }
    buffer_add(&text, "cpu       user %.3f s, system %.3f s, %" PRIu64 " page faults\n",
               (double)sample->cpu_user_ns / 1e9, (double)sample->cpu_sys_ns / 1e9,
               sample->minor_faults + sample->major_faults);
    buffer_add(&text, "resident  peak %.1f, steady %.1f, drained %.1f MiB\n",
               mib(sample->rss_anon_peak_bytes), mib(sample->rss_anon_steady_bytes),
               mib(sample->rss_anon_drain_bytes));
    buffer_add(&text, "requested peak %.1f, steady %.1f MiB\n",
               mib((int64_t)sample->requested_peak_bytes),
               mib((int64_t)sample->requested_steady_bytes));
    if (sample->latency != NULL)
        latency_write_summary(sample->latency, sample->clock, &text);
    memory_write_summary(&sample->memory, &text);
    if (sample->more_text != NULL)
        buffer_add(&text, "%s", sample->more_text);
    if (sample->null_returns > 0)
        buffer_add(&text, "NULL      %" PRIu64 " allocations failed\n", sample->null_returns);
    buffer_add(&text, "checksum  %016" PRIx64 "\n", sample->checksum);
    if (buffer_write(&text, STDOUT_FILENO) != 0)
        die("cannot write the summary to stdout");
}

void sample_report(const sample_t *sample, const char *path) {
    if (path != NULL)
        sample_write_json(sample, path);
    else
        sample_print_summary(sample);
}
