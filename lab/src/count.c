/*
 * count.c - what is counted, and in which order; rows of a run. See count.h.
 */
#include "count.h"

#include "file.h"
#include "manifest.h"
#include "samples.h"
#include "text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* N is a SHARE-th of the catalogue's operations, which take a tenth of a second or two, and at most
 * OPS_MOST; of traces it is one round. WINDOW: the spread of RocksDB's 39 threads was 0.01 % of the
 * instructions with 16 events, 0.05 % with 8, 2 % with 64, 8 % with the replayer's own 4,096. */
enum { SHARE = 50, OPS_LEAST = 1000, OPS_MOST = 200000, WINDOW = 16 };
/* Expectations for the progress line, corrected as it goes. */
enum { INSTRUCTIONS_S = 3, KERNEL_S = 1 };
/* Repetitions that agree within it are the same: the kernel takes a page more or less of tens of
 * thousands. */
static const double exact_within = 0.001;

static const char *const look_names[LOOKS] = {"instructions", "kernel"};

static const char *const measure_names[COUNT_MEASURES] = {
    "library_instructions_per_op", "called_instructions_per_op", "allocator_instructions_per_op",
    "outside_instructions_per_op", "faults_first_per_kop",       "faults_then_per_kop",
    "calls_first_per_mop",         "calls_then_per_mop"};

const char *count_measure_name(count_measure_t measure) {
    return measure_names[measure];
}

/* The word of the command that says how much work there is, and what stands before the number. */
static size_t amount_place(const workload_t *w, const char **option) {
    static const char *const options[] = {"--ops=", "--loop="};
    for (size_t i = w->argc; i-- > 0;) {
        for (size_t j = 0; j < 2; j++) {
            if (text_starts(w->argv[i], options[j])) {
                *option = options[j];
                return i;
            }
        }
    }
    return w->argc;
}

static bool starts_programs(const workload_t *w) {
    return strcmp(w->argv[0], "bin/program") == 0 || strcmp(w->argv[0], "bin/startup") == 0;
}

char **count_command(const workload_t *w, const options_t *o, unsigned length) {
    const char *option = NULL;
    size_t place = amount_place(w, &option), count = 0;
    if (place == w->argc || starts_programs(w)) {
        return NULL;
    }
    unsigned long amount = 1;
    if (strcmp(option, "--ops=") == 0) {
        amount = strtoul(w->argv[place] + strlen(option), NULL, 10) / SHARE;
        amount = amount < OPS_LEAST ? OPS_LEAST : amount > OPS_MOST ? OPS_MOST : amount;
    }
    char **argv = text_alloc((w->argc + 4) * sizeof *argv);
    for (size_t i = 0; i < w->argc; i++) {
        argv[count++] =
            i == place ? text_format("%s%lu", option, amount * length) : text_copy(w->argv[i]);
    }
    if (o->seed_given && w->has_seed) {
        argv[count++] = text_format("--seed=%llu", (unsigned long long)o->seed);
    }
    if (w->has_threads && o->threads) {
        argv[count++] = text_format("--threads=%u", o->threads);
    }
    if (strcmp(w->argv[0], "bin/hakreplay") == 0) {
        argv[count++] = text_format("--window=%d", WINDOW);
    }
    return argv;
}

void count_plan(const catalogue_t *workloads, const allocator_list_t *allocators, unsigned reps,
                count_tasks_t *out) {
    *out = (count_tasks_t){0};
    for (size_t w = 0; w < workloads->count; w++) {
        for (size_t i = 0; i < allocators->count * LOOKS * 2 * reps; i++) {
            out->items = text_grow(out->items, out->count, sizeof *out->items);
            out->items[out->count++] =
                (count_task_t){.workload = &workloads->items[w],
                               .allocator = &allocators->items[i / (LOOKS * 2 * reps)],
                               .look = i / 2 % LOOKS,
                               .length = (unsigned)(i % 2) + 1,
                               .rep = (unsigned)(i / (2 * LOOKS) % reps)};
        }
    }
}

/* ---- samples.jsonl ---- */

static void keep(void *context, const json_t *record) {
    if (record) {
        json_array_append(context, (json_t *)(uintptr_t)record);
    }
}

static json_t *load_records(const char *folder) {
    json_t *out = json_array();
    records_load(text_format("%s/samples.jsonl", folder), keep, out);
    return out;
}

static const char *string(const json_t *record, const char *key) {
    const char *text = json_string_value(json_object_get(record, key));
    return text ? text : "";
}

static unsigned whole(const json_t *record, const char *key) {
    return (unsigned)json_integer_value(json_object_get(record, key));
}

static const json_t *find_record(const json_t *records, const char *workload, const char *allocator,
                                 const count_task_t *task) {
    size_t i;
    json_t *r;
    json_array_foreach(records, i, r) {
        if (whole(r, "rep") == task->rep && whole(r, "length") == task->length &&
            strcmp(string(r, "look"), look_names[task->look]) == 0 &&
            strcmp(string(r, "workload"), workload) == 0 &&
            strcmp(string(r, "allocator"), allocator) == 0) {
            return r;
        }
    }
    return NULL;
}

bool count_execute(const char *folder, const count_tasks_t *tasks, const count_executor_t *executor,
                   progress_t *progress) {
    static const double expected_s[LOOKS] = {INSTRUCTIONS_S, KERNEL_S};
    char *path = text_format("%s/samples.jsonl", folder);
    int file = samples_open(path);
    json_t *there = load_records(folder);
    bool *missing = text_alloc((tasks->count + 1) * sizeof *missing), completed = true;
    for (size_t i = 0; i < tasks->count; i++) {
        const count_task_t *t = &tasks->items[i];
        missing[i] = !find_record(there, t->workload->name, t->allocator->key, t);
        if (missing[i]) {
            progress_add(progress, 1, expected_s[t->look]);
        }
    }
    for (size_t i = 0; completed && i < tasks->count; i++) {
        const count_task_t *t = &tasks->items[i];
        if (!missing[i]) {
            continue;
        }
        char *cell = text_format("count/%s/%s/%s", t->workload->name, t->allocator->key,
                                 look_names[t->look]);
        progress_cell(progress, cell);
        uint64_t start = clock_now_ns();
        json_t *record = executor->measure(executor->context, t);
        completed = record != NULL;
        if (record) {
            json_object_update_new(record, json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:i}", "kind",
                                                     "count", "cell", cell, "workload",
                                                     t->workload->name, "allocator",
                                                     t->allocator->key, "look", look_names[t->look],
                                                     "length", (int)t->length, "rep", (int)t->rep));
            record_append(file, record);
            progress_done(progress, expected_s[t->look], (double)(clock_now_ns() - start) / 1e9,
                          strcmp(string(record, "status"), "ok") != 0);
        }
        json_decref(record);
        free(cell);
    }
    free(missing);
    free(path);
    json_decref(there);
    close(file);
    return completed;
}

/* ---- rows ---- */

static double number(const json_t *record, const char *key) {
    const json_t *value = json_object_get(record, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

/* What one repetition says: `counts` of lengths 1 and 2, where they are good. */
static void read_rep(const json_t *const lengths[LOOKS][2], double out[COUNT_MEASURES]) {
    const json_t *const *code = lengths[LOOK_INSTRUCTIONS], *const *kernel = lengths[LOOK_KERNEL];
    double ops = number(code[1], "ops") - number(code[0], "ops");
    double first = number(kernel[0], "ops"), then = number(kernel[1], "ops") - first;
    static const char *const parts[] = {"library", "called", "outside"};
    double per_op[3];
    for (size_t i = 0; i < 3; i++) {
        per_op[i] = (number(code[1], parts[i]) - number(code[0], parts[i])) / ops;
    }
    double faults = number(kernel[0], "faults"), calls = number(kernel[0], "calls");
    out[COUNT_LIBRARY] = per_op[0];
    out[COUNT_CALLED] = per_op[1];
    out[COUNT_ALLOCATOR] = per_op[0] + per_op[1];
    out[COUNT_OUTSIDE] = per_op[2];
    out[COUNT_FAULTS_FIRST] = faults / first * 1e3;
    out[COUNT_FAULTS_THEN] = (number(kernel[1], "faults") - faults) / then * 1e3;
    out[COUNT_CALLS_FIRST] = calls / first * 1e6;
    out[COUNT_CALLS_THEN] = (number(kernel[1], "calls") - calls) / then * 1e6;
}

/* All but the driver's own work, which holds its waiting for other threads. */
static bool agrees(const count_row_t *row) {
    for (count_measure_t m = 0; m < COUNT_MEASURES; m++) {
        const count_value_t *v = &row->values[m];
        /* one fault or call in ten thousand operations */
        double unit = m >= COUNT_CALLS_FIRST ? 100 : m >= COUNT_FAULTS_FIRST ? 0.1 : 0;
        if (m != COUNT_OUTSIDE && m != COUNT_CALLED &&
            v->most - v->least > exact_within * fabs(v->mean) + unit) {
            return false;
        }
    }
    return true;
}

static void add_rep(count_row_t *row, const double values[COUNT_MEASURES]) {
    for (count_measure_t m = 0; m < COUNT_MEASURES; m++) {
        count_value_t *v = &row->values[m];
        v->least = row->reps == 0 || values[m] < v->least ? values[m] : v->least;
        v->most = row->reps == 0 || values[m] > v->most ? values[m] : v->most;
        v->mean =
            row->reps == 0 ? values[m] : v->mean + (values[m] - v->mean) / (double)(row->reps + 1);
    }
    row->reps++;
}

static void fill_row(const json_t *records, unsigned reps, count_row_t *row) {
    for (unsigned rep = 0; rep < reps; rep++) {
        const json_t *found[LOOKS][2];
        double values[COUNT_MEASURES];
        bool good = true;
        for (size_t i = 0; i < LOOKS * 2; i++) {
            count_task_t task = {.look = i / 2, .length = (unsigned)(i % 2) + 1, .rep = rep};
            const json_t *r = find_record(records, row->workload, row->allocator, &task);
            const char *status = r ? string(r, "status") : "missing";
            found[i / 2][i % 2] = r;
            if (strcmp(status, "ok") != 0) {
                good = false;
                row->failure = text_copy(status);
            } else if (i == 0 && !row->command) {
                row->command = json_deep_copy(json_object_get(r, "command"));
                row->ops = number(r, "ops");
            }
        }
        read_rep((const json_t *const(*)[2])found, values);
        row->failed += !good;
        if (good) {
            add_rep(row, values);
        }
    }
    for (count_measure_t m = 0; row->reps == 0 && m < COUNT_MEASURES; m++) {
        row->values[m] = (count_value_t){NAN, NAN, NAN};
    }
    row->exact = row->reps > 1 && agrees(row);
}

bool count_is_run(const char *folder) {
    char *path = text_format("%s/manifest.json", folder);
    json_t *manifest = json_load_file(path, 0, NULL);
    const char *command =
        json_string_value(json_object_get(json_object_get(manifest, "options"), "command"));
    bool is_count = command && strcmp(command, command_name(COMMAND_COUNT)) == 0;
    json_decref(manifest);
    free(path);
    return is_count;
}

void count_load(const char *folder, count_run_t *out) {
    run_info_t info;
    manifest_load(folder, &info);
    json_t *records = load_records(folder);
    unsigned reps = whole(json_object_get(info.manifest, "options"), "reps");
    size_t workloads = json_array_size(info.workloads), all = json_array_size(info.allocators);
    *out = (count_run_t){.folder = text_copy(folder),
                         .run_id = info.run_id,
                         .manifest = info.manifest,
                         .rows = text_alloc((workloads * all + 1) * sizeof(count_row_t))};
    for (size_t i = 0; i < workloads * all; i++) {
        count_row_t *row = &out->rows[out->count++];
        row->workload = string(json_array_get(info.workloads, i / all), "name");
        row->allocator = string(json_array_get(info.allocators, i % all), "key");
        fill_row(records, reps, row);
    }
    json_decref(records);
}
