/*
 * mock.h - an executor without processes, for the tests: a sample is a made-up driver result, so
 * order, resumption, statistics and recommendation are tested in milliseconds and exactly.
 */
#ifndef LAB_MOCK_H
#define LAB_MOCK_H

#include "execute.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct mock {
    const char *calls[4096]; /* cells in the order they were asked for */
    unsigned reps[4096];
    size_t count;
    size_t interrupt_after; /* 0: never */
    /* Operations per second and bytes of a cell in a repetition. */
    double (*speed)(const cell_t *cell, unsigned rep);
    double (*peak)(const cell_t *cell, unsigned rep);
    double (*steady)(const cell_t *cell, unsigned rep);     /* NULL: as the peak */
    double (*request_ns)(const cell_t *cell, unsigned rep); /* median time; NULL: not told */
    bool draws;           /* each repetition has a seed and a checksum of its own … */
    const char *mistaken; /* … and this cell another one; NULL: none */
    double tenth_bytes;   /* 0: the driver does not say */
    const char *starting; /* a workload that requests nothing */
    const char *resident; /* a workload that is measured for memory only */
    const char *failing;  /* a cell that times out, or with '/' all of them; NULL: none */
} mock_t;

static inline json_t *mock_result(double ops_per_s, double peak_bytes) {
    return json_pack("{s:s, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:i, s:s, s:s, "
                     "s:n, s:n}",
                     "workload", "mock", "ops", 1e6, "wall_ns", 1e15 / ops_per_s, "cpu_user_ns",
                     1e6, "cpu_sys_ns", 1e5, "minor_faults", 10.0, "major_faults", 0.0,
                     "rss_anon_peak_bytes", peak_bytes, "rss_anon_steady_bytes", peak_bytes,
                     "rss_anon_drain_bytes", 4096.0, "requested_peak_bytes", 1e6,
                     "requested_steady_bytes", 1e6, "null_returns", 0, "checksum", "c0ffee",
                     "malloc_object", "/proc/self/exe", "hakmem", "latency");
}

/* What a driver and the lab add in the closer looks; the base has 1000 bytes in everything. */
static inline void mock_look(phase_t phase, json_t *result) {
    if (phase == PHASE_LATENCY) {
        json_t *percentiles =
            json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:i}", "count", 5, "p50_ns", 1000, "p90_ns",
                      2000, "p99_ns", 3000, "p999_ns", 4000, "p9999_ns", 6000, "max_ns", 7000);
        json_t *row = json_deep_copy(percentiles);
        json_object_update_new(row, json_pack("{s:s, s:i, s:i}", "kind", "malloc", "from_bytes",
                                              32769, "to_bytes", 65536));
        json_object_set_new(result, "latency",
                            json_pack("{s:i, s:O, s:o, s:[o]}", "clock_ns", 20, "malloc",
                                      percentiles, "free", percentiles, "by_size", row));
    } else if (phase == PHASE_MEMORY) {
        json_object_set_new(result, "rss_anon_base_bytes", json_integer(1000));
        json_object_set_new(
            result, "memory",
            json_pack(
                "{s:[{s:i}, {s:i}, {s:i}], s:{s:{s:i, s:i, s:i, s:n}, s:{s:i, s:i, s:i, s:n}, "
                "s:{s:i}, s:{s:i}}}",
                "drain", "rss_anon_bytes", 9000, "rss_anon_bytes", 8000, "rss_anon_bytes", 7000,
                "points", "base", "clock_ns", 1000000, "in_use_bytes", 1000, "free_bytes", 1000,
                "metadata_bytes", "steady", "clock_ns", 3000000, "in_use_bytes", 1251000,
                "free_bytes", 301000, "metadata_bytes", "drained", "clock_ns", 4000000, "rested",
                "clock_ns", 9000000));
    }
}

static inline bool mock_fails(const mock_t *mock, const char *cell) {
    size_t length = mock->failing ? strlen(mock->failing) : 0;
    bool all = length > 0 && mock->failing[length - 1] == '/';
    return length > 0 && strncmp(cell, mock->failing, all ? length : length + 1) == 0;
}

static inline json_t *mock_sample(void *context, const cell_t *cell, unsigned rep, unsigned order) {
    mock_t *mock = context;
    if (mock->interrupt_after && mock->count == mock->interrupt_after) {
        return NULL;
    }
    mock->calls[mock->count] = cell->id;
    mock->reps[mock->count++] = rep;
    outcome_t outcome = {.started = true, .elapsed_ns = 1000000};
    outcome.timed_out = mock_fails(mock, cell->id);
    json_t *result = mock_result(mock->speed ? mock->speed(cell, rep) : 1e6,
                                 mock->peak ? mock->peak(cell, rep) : 1.2e6);
    if (mock->steady) {
        json_object_set_new(result, "rss_anon_steady_bytes", json_real(mock->steady(cell, rep)));
    }
    if (mock->tenth_bytes > 0) {
        json_object_set_new(result, "rss_anon_tenth_bytes", json_real(mock->tenth_bytes));
    }
    if (mock->starting && strcmp(cell->workload->name, mock->starting) == 0) {
        json_object_set_new(result, "requested_peak_bytes", json_integer(0));
        json_object_set_new(result, "requested_steady_bytes", json_integer(0));
    }
    if (mock->resident && strcmp(cell->workload->name, mock->resident) == 0) {
        json_object_set_new(result, "measures", json_string("memory"));
    }
    if (cell->allocator->is_hakmem) {
        json_object_set_new(result, "hakmem",
                            json_pack("{s:n, s:i, s:i, s:i}", "bypass", "threshold", 10,
                                      "exhaustion", 0, "mapfail", 0));
    }
    if (mock->request_ns) {
        double ns = mock->request_ns(cell, rep);
        json_object_set_new(
            result, "requests",
            json_pack("{s:f, s:f, s:f}", "p50_ns", ns, "p99_ns", 4 * ns, "max_ns", 100 * ns));
    }
    if (mock->draws) {
        bool mistakes = mock->mistaken && strcmp(cell->id, mock->mistaken) == 0;
        json_object_set_new(result, "params", json_pack("{s:i}", "seed", (int)rep + 1));
        json_object_set_new(result, "checksum", json_sprintf("%u", mistakes ? 1000 : rep));
    }
    mock_look(cell->phase, result);
    json_t *record = sample_record(cell, rep, order, &outcome, result, json_object());
    if (cell->phase == PHASE_MEMORY) { /* at 0, 1, 3 and 10 ms */
        json_object_set_new(record, "resident",
                            json_pack("{s:[[i,i], [i,i], [i,i], [i,i]]}", "points", 0, 500, 1000000,
                                      2000, 3000000, 3000, 10000000, 3000));
    }
    if (cell->phase == PHASE_CALLS) {
        json_object_set_new(record, "calls",
                            json_pack("{s:{s:i, s:i, s:i, s:i, s:i}}", "timed", "mmap", 10,
                                      "munmap", 20, "mremap", 0, "madvise", 30, "brk", 0));
    }
    json_decref(result);
    return record;
}

/* Two workloads, hakmem and one other; every library is this test program itself. */
static inline void mock_plan(options_t *options, catalogue_t *workloads,
                             allocator_list_t *allocators, plan_t *plan) {
    static workload_t two[] = {
        {.name = "heavy", .touch = "page", .heavy33 = true, .sweep = true, .expected_s = 0.1},
        {.name = "light", .touch = "page", .sweep = true, .has_threads = true, .expected_s = 0.1}};
    static allocator_t pair[2];
    char *self = realpath("/proc/self/exe", NULL);
    pair[0] = (allocator_t){.key = "hakmem",
                            .name = "hakmem",
                            .package = "-",
                            .path = self,
                            .version = "1",
                            .sha256 = "aa",
                            .preload = true,
                            .is_hakmem = true};
    pair[1] = (allocator_t){.key = "other",
                            .name = "other",
                            .package = "-",
                            .path = self,
                            .version = "1",
                            .sha256 = "bb",
                            .preload = true};
    *workloads = (catalogue_t){two, 2};
    *allocators = (allocator_list_t){pair, 2};
    *options = (options_t){.reps = 3, .seed = 7, .unnamed = true};
    dec_list_parse("1.01,1.60,2.00", WMAX_LEAST, WMAX_MOST, &options->wmax_mid);
    dec_list_parse("1.10,1.30", WMAX_LEAST, WMAX_MOST, &options->wmax_large);
    plan_build(options, workloads, allocators, plan);
}

/* Measures the phases of the bit set, `reps` times, into `samples`; nothing stays on the disk. */
static inline bool mock_measure(plan_t *plan, mock_t *mock, samples_t *samples, unsigned phases,
                                unsigned reps) {
    progress_t progress;
    char path[] = "/tmp/hakmem-lab-test-XXXXXX";
    close(mkstemp(path));
    progress_start(&progress, true);
    progress.total = 1000;
    execution_t execution = {.plan = plan,
                             .samples = samples,
                             .file = samples_open(path),
                             .executor = {mock_sample, mock},
                             .progress = &progress};
    bool whole = true;
    for (unsigned rep = 0; whole && rep < reps; rep++) {
        for (phase_t phase = 0; whole && phase < PHASES; phase++) {
            whole = !(phases >> phase & 1) || execute_repetition(&execution, phase, rep);
        }
    }
    close(execution.file);
    unlink(path);
    return whole;
}

#endif
