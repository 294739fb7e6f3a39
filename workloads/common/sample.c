/*
 * sample.c - the result of a run as JSON and as text; see sample.h.
 */
#include "common/sample.h"

#include "common/die.h"
#include "common/probe.h"
#include "common/text.h"

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

static void add_number(text_t *text, const char *key, uint64_t value) {
    text_add(text, "\"%s\":%" PRIu64 ",", key, value);
}

static void add_signed(text_t *text, const char *key, int64_t value) {
    text_add(text, "\"%s\":%" PRId64 ",", key, value);
}

static void add_params(text_t *text, const sample_t *sample) {
    text_add(text, "\"params\":{");
    for (unsigned i = 0; i < sample->param_count; i++) {
        const sample_param_t *param = &sample->params[i];
        text_add(text, "%s\"%s\":", i == 0 ? "" : ",", param->name);
        if (param->text != NULL)
            text_add_json_string(text, param->text);
        else
            text_add(text, "%" PRIu64, param->number);
    }
    text_add(text, "},");
}

static void add_hakmem(text_t *text) {
    probe_hakmem_t hakmem;
    text_add(text, "\"hakmem\":");
    if (!probe_hakmem(&hakmem)) {
        text_add(text, "null,");
        return;
    }
    text_add(text, "{\"version\":");
    text_add_json_string(text, hakmem.version);
    text_add(text, ",\"bypass\":");
    if (hakmem.bypass == NULL)
        text_add(text, "null");
    else
        text_add_json_string(text, hakmem.bypass);
    text_add(text,
             ",\"threshold\":%" PRIu64 ",\"exhaustion\":%" PRIu64 ",\"mapfail\":%" PRIu64 "},",
             hakmem.threshold, hakmem.exhaustion, hakmem.mapfail);
}

static void add_quantiles(text_t *text, const char *key, const histogram_t *ticks, double ns) {
    text_add(text, ",\"%s\":{\"count\":%" PRIu64, key, ticks->total);
    static const struct {
        const char *name;
        double share;
    } quantiles[] = {{"p50_ns", 0.50}, {"p90_ns", 0.90}, {"p99_ns", 0.99}, {"p999_ns", 0.999}};
    for (unsigned i = 0; i < sizeof quantiles / sizeof quantiles[0]; i++) {
        text_add(text, ",\"%s\":%.1f", quantiles[i].name,
                 ns * (double)histogram_quantile(ticks, quantiles[i].share));
    }
    text_add(text, ",\"max_ns\":%.1f}", ns * (double)ticks->max);
}

static void add_latency(text_t *text, const sample_t *sample) {
    text_add(text, "\"latency\":");
    if (!sample->has_latency) {
        text_add(text, "null");
        return;
    }
    text_add(text, "{\"clock_ns\":%.1f", sample->clock.cost_ns);
    add_quantiles(text, "malloc", sample->latency_malloc, sample->clock.ns_per_tick);
    add_quantiles(text, "free", sample->latency_free, sample->clock.ns_per_tick);
    text_add(text, "}");
}

static void add_sample(text_t *text, const sample_t *sample) {
    text_add(text, "{\"workload\":");
    text_add_json_string(text, sample->workload);
    text_add(text, ",");
    add_params(text, sample);
    add_number(text, "threads", sample->threads);
    add_number(text, "ops", sample->ops);
    add_number(text, "wall_ns", sample->wall_ns);
    add_number(text, "cpu_user_ns", sample->cpu_user_ns);
    add_number(text, "cpu_sys_ns", sample->cpu_sys_ns);
    add_number(text, "minor_faults", sample->minor_faults);
    add_number(text, "major_faults", sample->major_faults);
    add_number(text, "rss_anon_base_bytes", sample->rss_anon_base_bytes);
    add_signed(text, "rss_anon_peak_bytes", sample->rss_anon_peak_bytes);
    add_signed(text, "rss_anon_steady_bytes", sample->rss_anon_steady_bytes);
    add_signed(text, "rss_anon_drain_bytes", sample->rss_anon_drain_bytes);
    if (sample->has_tenth)
        add_signed(text, "rss_anon_tenth_bytes", sample->rss_anon_tenth_bytes);
    add_number(text, "requested_peak_bytes", sample->requested_peak_bytes);
    add_number(text, "requested_steady_bytes", sample->requested_steady_bytes);
    add_number(text, "null_returns", sample->null_returns);
    text_add(text, "\"checksum\":\"%016" PRIx64 "\",\"malloc_object\":", sample->checksum);
    text_add_json_string(text, probe_malloc_object());
    text_add(text, ",");
    add_hakmem(text);
    add_latency(text, sample);
    text_add(text, "%s}\n", sample->more_json == NULL ? "" : sample->more_json);
}

void sample_write_json(const sample_t *sample, const char *path) {
    text_t text = {.used = 0};
    add_sample(&text, sample);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0)
        die_errno("cannot create %s", path);
    int error_code = text_write(&text, fd);
    if (close(fd) != 0 && error_code == 0)
        error_code = errno;
    if (error_code != 0)
        die("cannot write %s: %s", path, strerrordesc_np(error_code));
}

static double mib(int64_t bytes) {
    return (double)bytes / 1048576.0;
}

static void add_latency_summary(text_t *text, const char *name, const histogram_t *ticks,
                                double ns) {
    text_add(text, "%-9s p50 %.0f  p99 %.0f  p99.9 %.0f  max %.0f ns\n", name,
             ns * (double)histogram_quantile(ticks, 0.50),
             ns * (double)histogram_quantile(ticks, 0.99),
             ns * (double)histogram_quantile(ticks, 0.999), ns * (double)ticks->max);
}

void sample_print_summary(const sample_t *sample) {
    text_t text = {.used = 0};
    double seconds = (double)sample->wall_ns / 1e9;
    text_add(&text, "%s: %" PRIu64 " operations, %u thread%s, %.3f s", sample->workload,
             sample->ops, sample->threads, sample->threads == 1 ? "" : "s", seconds);
    if (sample->ops > 0 && sample->wall_ns > 0) {
        text_add(&text, ", %.2f M/s, %.1f ns each", (double)sample->ops / seconds / 1e6,
                 (double)sample->wall_ns / (double)sample->ops);
    }
    text_add(&text, "\nmalloc    %s\n", probe_malloc_object());
    text_add(&text, "cpu       user %.3f s, system %.3f s, %" PRIu64 " page faults\n",
             (double)sample->cpu_user_ns / 1e9, (double)sample->cpu_sys_ns / 1e9,
             sample->minor_faults + sample->major_faults);
    text_add(&text, "resident  peak %.1f, steady %.1f, drained %.1f MiB\n",
             mib(sample->rss_anon_peak_bytes), mib(sample->rss_anon_steady_bytes),
             mib(sample->rss_anon_drain_bytes));
    text_add(&text, "requested peak %.1f, steady %.1f MiB\n",
             mib((int64_t)sample->requested_peak_bytes),
             mib((int64_t)sample->requested_steady_bytes));
    if (sample->has_latency) {
        add_latency_summary(&text, "malloc", sample->latency_malloc, sample->clock.ns_per_tick);
        add_latency_summary(&text, "free", sample->latency_free, sample->clock.ns_per_tick);
        text_add(&text, "clock     %.1f ns, not subtracted\n", sample->clock.cost_ns);
    }
    if (sample->more_text != NULL)
        text_add(&text, "%s", sample->more_text);
    if (sample->null_returns > 0)
        text_add(&text, "NULL      %" PRIu64 " allocations failed\n", sample->null_returns);
    text_add(&text, "checksum  %016" PRIx64 "\n", sample->checksum);
    if (text_write(&text, STDOUT_FILENO) != 0)
        die("cannot write the summary to stdout");
}

void sample_report(const sample_t *sample, const char *path) {
    if (path != NULL)
        sample_write_json(sample, path);
    else
        sample_print_summary(sample);
}
