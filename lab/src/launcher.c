/*
 * launcher.c - see launcher.h.
 */
#include "launcher.h"

#include "file.h"
#include "launch.h"
#include "machines_show.h"
#include "manifest.h"
#include "merge.h"
#include "nodes.h"
#include "progress.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Between two looks at the folder and the queue: soon at first, and rarely later. */
static const double first_look_s = 0.2, slowest_look_s = 5;

typedef struct launcher_state {
    const char *root;
    const options_t *options; /* of the command line */
    distribution_t d;
    nodes_t *nodes;
    progress_t progress;
    size_t done; /* as far as was said */
    uint64_t last_ns;
} launcher_state_t;

char *launcher_find(const char *root, const char *name) {
    char *below = text_format("%s/results/%s", root, name);
    const char *const places[] = {name, below};
    for (size_t i = 0; i < 2; i++) {
        if (distribution_is_there(places[i])) {
            return path_real(places[i]);
        }
    }
    return NULL;
}

static size_t list_missing(const distribution_t *d, size_t *out) {
    size_t count = 0;
    for (size_t i = 0; i < d->count; i++) {
        if (!distribution_is_done(d, &d->parts[i])) {
            out[count++] = i;
        }
    }
    return count;
}

/* ---- waiting ---- */

static void look(launcher_state_t *s) {
    size_t *missing = text_alloc((s->d.count + 1) * sizeof *missing);
    size_t done = s->d.count - list_missing(&s->d, missing);
    free(missing);
    for (; s->done < done; s->done++) {
        uint64_t now = clock_now_ns();
        progress_done(&s->progress, 1, (double)(now - s->last_ns) / 1e9, false);
        s->last_ns = now;
    }
    progress_cell(&s->progress, launcher_name(s->d.options.launcher));
}

/* False when interrupted. */
static bool wait_for_nodes(launcher_state_t *s) {
    double pause_s = first_look_s;
    bool busy = true;
    while (busy && !launch_interrupted()) {
        busy = nodes_busy(s->nodes, &s->d); /* before the look: what has ended is seen by it */
        look(s);
        if (busy) {
            usleep((useconds_t)(pause_s * 1e6));
        }
        pause_s = pause_s * 1.3 < slowest_look_s ? pause_s * 1.3 : slowest_look_s;
    }
    progress_end(&s->progress);
    return !launch_interrupted();
}

static void submit(launcher_state_t *s, const size_t *missing, size_t count) {
    size_t machines = s->d.options.machines.count > 0 ? s->d.options.machines.count : 1;
    size_t *own = text_alloc((count + 1) * sizeof *own);
    json_array_clear(s->d.jobs); /* those before have ended */
    for (size_t m = 0; m < machines; m++) {
        size_t used = 0;
        for (size_t i = 0; i < count; i++) {
            if (s->d.parts[missing[i]].machine == m) {
                own[used++] = missing[i];
            }
        }
        if (used > 0) {
            nodes_submit(s->nodes, s->root, &s->d, m, own, used);
        }
    }
    free(own);
}

/* ---- the end ---- */

/* The last line of its log, which says why it ended. */
static char *reason(const distribution_t *d, size_t part) {
    char *path = text_format("%s/logs/%zu.log", d->folder, part);
    char *text = file_read(path);
    size_t length = text ? strlen(text) : 0;
    while (length > 0 && text[length - 1] == '\n') {
        text[--length] = '\0';
    }
    if (!text) {
        return text_format("it left no %s: was it started, and does its machine see the folder?",
                           path);
    }
    char *line = strrchr(text, '\n');
    line = line ? line + 1 : text;
    return *line ? text_copy(line) : text_format("see %s", path);
}

static void note_missing(const launcher_state_t *s, const size_t *missing, size_t count) {
    json_t *manifest = json_load_file(text_format("%s/manifest.json", s->d.folder), 0, NULL);
    json_t *names = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(names, json_string(s->d.parts[missing[i]].name));
    }
    json_object_set_new(manifest, "missing", names);
    manifest_write(s->d.folder, manifest);
    json_decref(manifest);
}

static int finish(launcher_state_t *s) {
    text_list_t runs = {0};
    merge_counts_t counts;
    size_t *missing = text_alloc((s->d.count + 1) * sizeof *missing);
    size_t count = list_missing(&s->d, missing);
    int status = 1;
    distribution_runs(&s->d, &runs);
    if (runs.count > 0) {
        progress_note(&s->progress, "%zu of %zu parts measured; drawing", s->d.count - count,
                      s->d.count);
        merge_runs(&runs, s->d.folder, &counts);
        note_missing(s, missing, count);
        status = machines_report(s->root, s->d.folder, s->options);
    }
    for (size_t i = 0; i < count; i++) {
        warn("missing: %s: %s", s->d.parts[missing[i]].name, reason(&s->d, missing[i]));
    }
    if (count > 0) {
        warn("%zu of %zu parts are missing; what is there is kept. Go on with:\n"
             "    ./run_sweep --resume %s",
             count, s->d.count, s->d.folder);
    }
    free(missing);
    return count > 0 ? 1 : status;
}

static int leave(launcher_state_t *s) {
    nodes_leave(s->nodes, &s->d);
    warn("interrupted with %zu of %zu parts measured; nothing is lost. Go on with:\n"
         "    ./run_sweep --resume %s",
         s->done, s->d.count, s->d.folder);
    return 130;
}

static int run(launcher_state_t *s) {
    size_t *missing = text_alloc((s->d.count + 1) * sizeof *missing);
    launch_catch_signals();
    progress_start(&s->progress, s->options->quiet);
    s->progress.unit = "parts";
    s->last_ns = s->progress.start_ns;
    size_t count = list_missing(&s->d, missing);
    s->done = s->d.count - count;
    progress_add(&s->progress, count, (double)count);
    progress_note(&s->progress, "%s: %zu parts, %zu of them measured already", s->d.folder,
                  s->d.count, s->done);
    if (!wait_for_nodes(s)) { /* for jobs of before */
        return leave(s);
    }
    count = list_missing(&s->d, missing);
    if (count > 0) {
        nodes_check(s->nodes, &s->d);
        submit(s, missing, count);
        if (!wait_for_nodes(s)) {
            return leave(s);
        }
    }
    free(missing);
    return finish(s);
}

static void start(launcher_state_t *s) {
    const options_t *o = s->options;
    time_t now = time(NULL);
    struct tm parts;
    char stamp[32];
    gmtime_r(&now, &parts);
    strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &parts);
    char *folder = o->out ? o->out
                          : text_format("%s/results/%s-%s-%s", s->root, stamp,
                                        command_name(o->command), launcher_name(o->launcher));
    if (file_is_there(folder) && !folder_is_empty(folder)) {
        fail_usage("%s is there already: a run needs a folder of its own", folder);
    }
    folder_make(text_format("%s/parts", folder));
    folder_make(text_format("%s/logs", folder));
    s->d.folder = path_real(folder);
    distribution_write(&s->d);
}

static int dry_run(const distribution_t *d) {
    const options_t *o = &d->options;
    printf("Would give %zu parts to %s, each a workload with all its settings and launches%s:\n",
           d->count, launcher_name(o->launcher),
           o->budget_s > 0 ? text_format(", %s at most", text_duration(o->budget_s)) : "");
    for (size_t i = 0; i < d->count; i++) {
        printf("  %4zu  %s%s%s\n", i, d->parts[i].name, o->machines.count ? " on " : "",
               o->machines.count ? o->machines.items[d->parts[i].machine] : "");
    }
    printf("Allocators:");
    for (size_t i = 0; i < o->allocators.count; i++) {
        printf(" %s", o->allocators.items[i]);
    }
    putchar('\n');
    return 0;
}

int launcher_run(const char *root, const options_t *options) {
    launcher_state_t s = {.root = root, .options = options};
    if (options->resume) {
        distribution_load(launcher_find(root, options->resume), &s.d);
        s.nodes = nodes_open(s.d.options.launcher);
        return run(&s);
    }
    s.nodes = options->dry_run ? NULL : nodes_open(options->launcher);
    distribution_make(root, options, &s.d);
    if (options->dry_run) {
        return dry_run(&s.d);
    }
    start(&s);
    return run(&s);
}
