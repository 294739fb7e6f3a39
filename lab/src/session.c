/*
 * session.c - a run from start to end. See session.h.
 *
 * How many repetitions there are is fixed after the first block, in which every cell ran once: by
 * then the cost of a block is measured, not guessed. The number is in the manifest, so a resumed
 * run keeps it.
 */
#include "session.h"

#include "analysis.h"
#include "execute.h"
#include "launch.h"
#include "manifest.h"
#include "process.h"
#include "recommend.h"
#include "report.h"
#include "text.h"
#include "waste.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    REPORT_RESERVE_S = 10,
    WASTE_S = 3,
    FULL_LEAST = 10,
    FULL_MOST = 40,
    FULL_GRID = 7,
    FULL_CONFIRM = 15
};
/* --full: an interval this narrow, on both sides, needs no further repetition. */
static const double precise_ratio = 0.01;

enum {
    BIT_LATENCY = 1u << PHASE_LATENCY,
    BIT_MAIN = 1u << PHASE_GRID | 1u << PHASE_COMPARE,
    BIT_CONFIRM = 1u << PHASE_CONFIRM
};

typedef struct session {
    const char *root;
    options_t *options;
    char *folder;
    catalogue_t workloads;
    allocator_list_t allocators;
    plan_t plan;
    samples_t samples;
    run_info_t info;
    progress_t progress;
    unsigned announced; /* repetitions that the progress knows of */
    execution_t execution;
    process_context_t process;
} session_t;

static char *stamp(const options_t *options) {
    time_t now = time(NULL);
    struct tm parts;
    char text[32];
    gmtime_r(&now, &parts);
    strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &parts);
    return text_format("%s-%s%s", text, command_name(options->command),
                       options->full ? "-full" : "");
}

static void choose(session_t *s) {
    catalogue_t catalogue;
    allocator_list_t table;
    catalogue_load(text_format("%s/workloads/catalogue", s->root), &catalogue);
    catalogue_select(&catalogue, &s->options->workloads, s->options->command == COMMAND_PEERS,
                     &s->workloads);
    baselines_load(s->root, &table);
    text_list_t only_hakmem = {0};
    text_list_add(&only_hakmem, "hakmem");
    bool tune = s->options->command == COMMAND_TUNE;
    baselines_select(&table, tune ? &only_hakmem : &s->options->allocators, &s->allocators);
    plan_build(s->options, &s->workloads, &s->allocators, &s->plan);
}

static bool has_waste(const session_t *s) {
    return s->options->command == COMMAND_PEERS;
}

/* Of the time for the whole run, what comes after the samples. */
static double reserve_s(const session_t *s) {
    return REPORT_RESERVE_S + (has_waste(s) ? WASTE_S * (double)s->allocators.count : 0);
}

static double elapsed_s(const session_t *s) {
    return (double)(clock_now_ns() - s->progress.start_ns) / 1e9;
}

/* What the samples before a resumption took counts against the budget too. */
static double spent_s(const session_t *s) {
    double sum = 0;
    for (size_t i = 0; i < s->samples.count; i++) {
        sum += s->samples.items[i].elapsed_s;
    }
    return sum > elapsed_s(s) ? sum : elapsed_s(s);
}

/* The dearest that the confirmation can be: per workload the reference twice and two pairs. */
static double confirm_bound_s(const session_t *s) {
    double sum = 0;
    for (size_t i = 0; i < s->plan.count; i++) {
        const cell_t *c = &s->plan.cells[i];
        if (c->phase == PHASE_GRID && c->again) {
            sum += 4 * c->cost_s;
        }
    }
    return sum;
}

static void store_reps(session_t *s) {
    const unsigned *r = s->plan.reps;
    json_object_set_new(s->info.manifest, "repetitions",
                        json_pack("{s:i, s:i, s:i}", "grid", (int)r[PHASE_GRID], "compare",
                                  (int)r[PHASE_COMPARE], "confirm", (int)r[PHASE_CONFIRM]));
    manifest_write(s->folder, s->info.manifest);
}

static bool load_reps(session_t *s) {
    const json_t *reps = json_object_get(s->info.manifest, "repetitions");
    for (phase_t p = PHASE_GRID; reps && p < PHASES; p++) {
        s->plan.reps[p] = (unsigned)json_integer_value(json_object_get(reps, phase_name(p)));
    }
    return reps != NULL;
}

static void announce_plan(session_t *s, const double costs[PHASES]) {
    static const char *const words[PHASES] = {"latency", "grid", "comparison", "confirmation"};
    for (phase_t p = PHASE_GRID; p <= PHASE_COMPARE; p++) {
        size_t cells = plan_cell_count(&s->plan, p);
        if (cells > 0) {
            const char *most = s->options->full && p == PHASE_COMPARE ? " at most" : "";
            progress_note(&s->progress, "Plan: %zu %s cells x %u%s, one repetition is %s, all %s%s",
                          cells, words[p], s->plan.reps[p], most, text_duration(costs[p]),
                          text_duration(s->plan.reps[p] * costs[p]), most);
        }
    }
    if (plan_cell_count(&s->plan, PHASE_GRID) > 0) {
        progress_note(&s->progress, "Plan: what the grid suggests x %u, to confirm it",
                      s->plan.reps[PHASE_CONFIRM]);
    }
}

/* After the first block. */
static void fix_reps(session_t *s) {
    double costs[PHASES] = {0, plan_block_cost(&s->plan, PHASE_GRID),
                            plan_block_cost(&s->plan, PHASE_COMPARE), confirm_bound_s(s)};
    if (s->options->full) {
        s->plan.reps[PHASE_GRID] = FULL_GRID;
        s->plan.reps[PHASE_COMPARE] = FULL_MOST;
        s->plan.reps[PHASE_CONFIRM] = FULL_CONFIRM;
    } else if (!s->options->reps) {
        /* The first block is behind us: it counts among the repetitions but not the time left. */
        double left = s->options->budget_s - reserve_s(s) - spent_s(s) + costs[PHASE_GRID] +
                      costs[PHASE_COMPARE];
        if (!plan_fit(costs, left, s->plan.reps)) {
            progress_note(&s->progress,
                          "The budget of %s is too short for the least number of repetitions: "
                          "this run will take longer. Fewer --workload or a longer --budget help.",
                          text_duration(s->options->budget_s));
        }
    }
    announce_plan(s, costs);
}

/* --full: is every comparison's interval narrow enough? */
static bool precise_enough(session_t *s) {
    analysis_t analysis;
    analysis_make(&s->info, &s->samples, &analysis);
    for (size_t i = 0; i < analysis.count; i++) {
        interval_t r = analysis.cells[i].ratio[MEASURE_THROUGHPUT];
        if (analysis.cells[i].phase == PHASE_COMPARE && !isnan(r.mid) &&
            (r.hi > r.mid * (1 + precise_ratio) || r.lo < r.mid * (1 - precise_ratio))) {
            return false;
        }
    }
    return true;
}

static bool budget_is_over(const session_t *s) {
    const options_t *o = s->options;
    return o->full && o->budget_s > 0 && spent_s(s) > o->budget_s - reserve_s(s);
}

static unsigned most_reps(const plan_t *plan) {
    unsigned grid = plan_cell_count(plan, PHASE_GRID) ? plan->reps[PHASE_GRID] : 0;
    unsigned compare = plan_cell_count(plan, PHASE_COMPARE) ? plan->reps[PHASE_COMPARE] : 0;
    return grid > compare ? grid : compare;
}

static void announce(session_t *s, unsigned phases, unsigned from, unsigned below) {
    double seconds;
    size_t count = execute_missing(&s->execution, phases, from, below, &seconds);
    progress_add(&s->progress, count, seconds);
}

/* The latency block, then a block of everything, then the repetitions are fixed; where they are
 * known from the start, the progress counts all of them from the start. */
static bool measure_first(session_t *s) {
    bool known = load_reps(s);
    for (phase_t p = PHASE_GRID; !known && !s->options->reps && p < PHASES; p++) {
        s->plan.reps[p] = 1;
    }
    s->announced = s->options->full ? 1 : most_reps(&s->plan);
    announce(s, BIT_LATENCY, 0, 1);
    announce(s, BIT_MAIN, 0, s->announced);
    if (s->announced > 1) {
        progress_note(&s->progress, "Plan: %zu samples, about %s by the catalogue's times",
                      s->progress.total, text_duration(s->progress.left_s));
    }
    if (!execute_block(&s->execution, BIT_LATENCY, 0)) {
        return false;
    }
    execute_guess_costs(&s->execution);
    execute_missing(&s->execution, BIT_MAIN, 0, s->announced, &s->progress.left_s);
    if (!execute_block(&s->execution, BIT_MAIN, 0)) {
        return false;
    }
    execute_learn_costs(&s->execution, PHASE_GRID);
    execute_learn_costs(&s->execution, PHASE_COMPARE);
    execute_missing(&s->execution, BIT_MAIN, 1, s->announced, &s->progress.left_s);
    if (!known) {
        fix_reps(s);
        store_reps(s);
    }
    return true;
}

static bool measure_main(session_t *s) {
    unsigned reps = most_reps(&s->plan);
    if (!s->options->full) {
        announce(s, BIT_MAIN, s->announced, reps);
    }
    for (unsigned rep = 1; rep < reps; rep++) {
        if (s->options->full) {
            if (budget_is_over(s) || (rep >= FULL_LEAST && precise_enough(s))) {
                break;
            }
            announce(s, BIT_MAIN, rep, rep + 1);
        }
        if (!execute_block(&s->execution, BIT_MAIN, rep)) {
            return false;
        }
    }
    return true;
}

static const workload_t *workload_named(const session_t *s, const char *name) {
    for (size_t i = 0; i < s->workloads.count; i++) {
        if (strcmp(s->workloads.items[i].name, name) == 0) {
            return &s->workloads.items[i];
        }
    }
    fail("the run's samples name a workload that it does not have: %s", name);
}

/* The pairs that the grid suggests, per workload its own and the one for all. The grid's samples
 * alone decide, so a resumed run arrives at the same. */
static size_t suggestions(session_t *s, wmax_pair_t **out) {
    analysis_t analysis;
    recommendations_t all;
    analysis_make(&s->info, &s->samples, &analysis);
    recommend(&analysis, &all);
    size_t count = 0;
    *out = text_alloc(2 * (all.count + 1) * sizeof **out);
    const recommendation_t *common = all.count ? &all.items[all.count - 1] : NULL;
    for (size_t i = 0; i + 1 < all.count; i++) {
        const recommendation_t *own = &all.items[i];
        const workload_t *workload = workload_named(s, own->workload);
        if (own->decision != DECISION_SAME) {
            (*out)[count++] = (wmax_pair_t){workload, own->mid, own->large};
        }
        bool same = own->decision != DECISION_SAME && own->mid == common->mid &&
                    own->large == common->large;
        if (common->decision != DECISION_SAME && !same) {
            (*out)[count++] = (wmax_pair_t){workload, common->mid, common->large};
        }
    }
    return count;
}

static bool measure_confirmation(session_t *s) {
    wmax_pair_t *pairs;
    size_t count = suggestions(s, &pairs);
    if (count == 0) {
        return true;
    }
    plan_add_confirm(&s->plan, &s->allocators.items[0], pairs, count);
    execute_guess_costs(&s->execution);
    announce(s, BIT_CONFIRM, 0, s->plan.reps[PHASE_CONFIRM]);
    progress_note(&s->progress, "The grid suggests %zu changes: confirming them on fresh samples",
                  count);
    for (unsigned rep = 0; rep < s->plan.reps[PHASE_CONFIRM]; rep++) {
        if (!execute_block(&s->execution, BIT_CONFIRM, rep)) {
            return false;
        }
    }
    return true;
}

/* Waste by size: once per allocator, since it hardly varies. */
static bool measure_waste(session_t *s) {
    waste_list_t there;
    char *path = text_format("%s/waste.jsonl", s->folder);
    waste_load(path, &there);
    int file = has_waste(s) ? samples_open(path) : -1;
    bool whole = true;
    for (size_t i = 0; has_waste(s) && whole && i < s->allocators.count; i++) {
        const allocator_t *a = &s->allocators.items[i];
        if (waste_has(&there, a->key)) {
            continue;
        }
        progress_note(&s->progress, "Waste by size of %s", a->key);
        json_t *record = process_waste(&s->process, a);
        whole = record != NULL;
        if (whole) {
            record_append(file, record);
        }
        json_decref(record);
    }
    if (file >= 0) {
        close(file);
    }
    return whole;
}

static int measure(session_t *s) {
    s->process.result_path = text_format("%s/.result.json", s->folder);
    s->execution = (execution_t){.plan = &s->plan,
                                 .samples = &s->samples,
                                 .file = samples_open(text_format("%s/samples.jsonl", s->folder)),
                                 .executor = process_executor(&s->process),
                                 .progress = &s->progress};
    bool whole = measure_first(s) && measure_main(s) && measure_confirmation(s) && measure_waste(s);
    progress_end(&s->progress);
    close(s->execution.file);
    if (!whole) {
        warn("interrupted after %zu samples; nothing is lost. Go on with:\n"
             "    ./run_sweep --resume %s",
             s->samples.count, s->folder);
        return 130;
    }
    json_object_set_new(s->info.manifest, "ended_unix_ns",
                        json_integer((json_int_t)clock_unix_ns()));
    manifest_write(s->folder, s->info.manifest);
    progress_note(&s->progress, "%zu samples in %s; drawing", s->samples.count,
                  text_duration(elapsed_s(s)));
    const char *changed = manifest_changed_file(s->root, s->info.manifest);
    int status = report_make(s->root, s->folder, s->options);
    progress_note(&s->progress, "Total time: %s", text_duration(elapsed_s(s)));
    if (changed) {
        warn("%s was replaced while the run went on: its samples are of two different files",
             changed);
        return 1;
    }
    return status;
}

static void prepare(session_t *s, json_t *hakmem_options) {
    s->process =
        (process_context_t){.root = s->root,
                            .result_path = text_format("/tmp/hakmem-proof-%d.json", (int)getpid()),
                            .options = s->options,
                            .hakmem_options = hakmem_options};
    launch_catch_signals();
    progress_start(&s->progress, s->options->quiet);
    if (has_waste(s) && !file_exists(text_format("%s/" WASTE_PROGRAM, s->root))) {
        fail(WASTE_PROGRAM " is not built: run ./build.sh");
    }
    process_prove(&s->process, &s->workloads, &s->allocators);
}

static int start(session_t *s, int argc, char **argv) {
    char *run_id = stamp(s->options);
    s->folder = s->options->out ? s->options->out : text_format("%s/results/%s", s->root, run_id);
    if (file_exists(s->folder) && !folder_is_empty(s->folder)) {
        fail_usage("%s is there already: a run needs a folder of its own", s->folder);
    }
    json_t *hakmem_options = process_hakmem_options();
    prepare(s, hakmem_options); /* before the folder: a run that cannot start leaves none */
    folder_make(s->folder);
    s->folder = path_real(s->folder);
    manifest_write(s->folder, manifest_make(s->root, run_id, argc, argv, s->options, &s->workloads,
                                            &s->allocators, hakmem_options));
    manifest_load(s->folder, &s->info);
    progress_note(&s->progress,
                  "Run %s: %zu workloads, %zu allocators, each proven to serve malloc", run_id,
                  s->workloads.count, s->allocators.count);
    return measure(s);
}

static int resume(session_t *s) {
    s->folder = report_find(s->root, s->options->resume);
    manifest_load(s->folder, &s->info);
    const char *changed = manifest_changed_file(s->root, s->info.manifest);
    if (changed) {
        fail("%s is not what the run began with: its samples cannot be mixed with new ones; start "
             "a new run",
             changed);
    }
    options_t *o = s->options;
    options_t again = {.quiet = o->quiet, .json = o->json};
    options_from_json(json_object_get(s->info.manifest, "options"), &again);
    *o = again;
    choose(s);
    samples_load(text_format("%s/samples.jsonl", s->folder), &s->samples);
    prepare(s, json_object_get(s->info.manifest, "hakmem_options"));
    progress_note(&s->progress, "Run %s goes on: %zu samples are there", s->info.run_id,
                  s->samples.count);
    return measure(s);
}

static void print_names(const session_t *s) {
    printf("Workloads:");
    for (size_t i = 0; i < s->workloads.count; i++) {
        printf(" %s", s->workloads.items[i].name);
    }
    printf("\nAllocators:");
    for (size_t i = 0; i < s->allocators.count; i++) {
        printf(" %s", s->allocators.items[i].key);
    }
    putchar('\n');
}

static int dry_run(session_t *s) {
    double grid = plan_block_cost(&s->plan, PHASE_GRID);
    double compare = plan_block_cost(&s->plan, PHASE_COMPARE);
    double latency = plan_block_cost(&s->plan, PHASE_LATENCY);
    double costs[PHASES] = {0, grid, compare, confirm_bound_s(s)};
    const options_t *o = s->options;
    unsigned *r = s->plan.reps;
    if (o->full) {
        r[PHASE_GRID] = FULL_GRID;
        r[PHASE_COMPARE] = FULL_MOST;
        r[PHASE_CONFIRM] = FULL_CONFIRM;
    } else if (!o->reps) {
        plan_fit(costs, o->budget_s - reserve_s(s) - latency, r);
    }
    printf("Would measure, in this order:\n");
    printf("  %5zu latency samples, about %s\n", plan_cell_count(&s->plan, PHASE_LATENCY),
           text_duration(latency));
    size_t cells = plan_cell_count(&s->plan, PHASE_GRID);
    if (cells > 0) {
        printf("  %5zu grid cells (W_MAX mid %s, large %s) x %u repetitions, about %s\n", cells,
               dec_list_print(&o->wmax_mid), dec_list_print(&o->wmax_large), r[PHASE_GRID],
               text_duration(r[PHASE_GRID] * grid));
    }
    printf("  %5zu comparison cells x %u repetitions%s, about %s, in the same blocks\n",
           plan_cell_count(&s->plan, PHASE_COMPARE), r[PHASE_COMPARE], o->full ? " at most" : "",
           text_duration(r[PHASE_COMPARE] * compare));
    if (cells > 0) {
        printf("  then, where the grid suggests a change, %u fresh repetitions: at most %s\n",
               r[PHASE_CONFIRM], text_duration(r[PHASE_CONFIRM] * costs[PHASE_CONFIRM]));
    }
    if (has_waste(s)) {
        printf("  %5zu measurements of waste by size, about %s\n", s->allocators.count,
               text_duration(WASTE_S * (double)s->allocators.count));
    }
    printf("Times are the catalogue's, for a fast allocator%s.\n",
           o->reps ? "" : "; repetitions are fixed once the first block is measured");
    print_names(s);
    printf("Cells:\n");
    for (size_t i = 0; i < s->plan.count; i++) {
        printf("  %s\n", s->plan.cells[i].id);
    }
    return 0;
}

int session_list(const char *root) {
    catalogue_t workloads;
    allocator_list_t allocators;
    catalogue_load(text_format("%s/workloads/catalogue", root), &workloads);
    baselines_load(root, &allocators);
    printf("Workloads (* 33 KB-heavy: in the W_MAX grid; - in peers only, or when named)\n");
    for (size_t i = 0; i < workloads.count; i++) {
        const workload_t *w = &workloads.items[i];
        printf("  %s%s %-24s %-14s %-10s %s\n", w->heavy33 ? "*" : " ", w->sweep ? " " : "-",
               w->name, w->group, w->source, w->title);
    }
    printf("\nAllocators\n");
    for (size_t i = 0; i < allocators.count; i++) {
        const allocator_t *a = &allocators.items[i];
        printf("     %-24s %-25s %s\n", a->key, a->version,
               a->path ? a->path : "not there: run ./build.sh");
    }
    return 0;
}

int session_run(const char *root, options_t *options, int argc, char **argv) {
    session_t *s = text_alloc(sizeof *s);
    s->root = root;
    s->options = options;
    if (options->resume) {
        return resume(s);
    }
    choose(s);
    return options->dry_run ? dry_run(s) : start(s, argc, argv);
}
