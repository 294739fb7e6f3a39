/*
 * main.c - bin/hakmem: what ./run_sweep starts. Finds the repository and hands over to a command.
 */
#include "advise.h"
#include "compare.h"
#include "count.h"
#include "count_compare.h"
#include "distribution.h"
#include "file.h"
#include "launcher.h"
#include "machines_show.h"
#include "merge.h"
#include "options.h"
#include "report.h"
#include "session.h"
#include "text.h"

#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>

/* The program is <root>/bin/hakmem, wherever it is called from. */
static char *find_root(void) {
    char *self = path_real("/proc/self/exe");
    if (!self) {
        fail("cannot read /proc/self/exe: is /proc mounted?");
    }
    return text_copy(dirname(dirname(self)));
}

static int merge(const char *root, options_t *options) {
    text_list_t runs = {0};
    merge_counts_t counts;
    for (size_t i = 0; i < options->args.count; i++) {
        text_list_add(&runs, report_find(root, options->args.items[i]));
    }
    if (file_is_there(options->out) && !folder_is_empty(options->out) &&
        !merge_is_run(options->out)) {
        fail_usage("%s is there already, and is no merged run: name another folder", options->out);
    }
    merge_runs(&runs, options->out, &counts);
    if (!options->quiet) {
        warn("%zu samples of %zu runs on %zu machines joined in %s", counts.samples, counts.runs,
             counts.machines, options->out);
        if (counts.twice > 0) {
            warn("%zu samples were given twice and are kept once", counts.twice);
        }
    }
    return machines_report(root, path_real(options->out), options);
}

/* A run of one machine, for commands that cannot do with several. */
static const char *one_machine(const char *run) {
    const char *only = merge_only_machine(run);
    if (!only) {
        fail_usage("%s is of several machines, which are not compared with each other: name one of "
                   "the folders in %s/machines",
                   run, run);
    }
    return only;
}

int main(int argc, char **argv) {
    options_t options;
    char *root = find_root();
    options_parse(argc, argv, &options);
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (options.list) {
        return session_list(root);
    }
    const char *runs[2] = {NULL, NULL};
    for (size_t i = 0; i < options.args.count && i < 2 && options.command >= COMMAND_REPORT; i++) {
        runs[i] = report_find(root, options.args.items[i]);
    }
    switch (options.command) {
    case COMMAND_ADVISE:
    case COMMAND_TUNE:
        return advise_main(root, &options, argc, argv);
    case COMMAND_COUNT:
        return count_main(root, &options, argc, argv);
    case COMMAND_MERGE:
        return merge(root, &options);
    case COMMAND_PART:
        return distribution_part(root, &options, argc, argv);
    case COMMAND_REPORT:
        if (merge_is_run(runs[0])) {
            return machines_report(root, runs[0], &options);
        }
        return count_is_run(runs[0])    ? count_report(root, runs[0], &options)
               : advise_is_run(runs[0]) ? advise_report(root, runs[0], &options)
                                        : report_make(root, runs[0], &options);
    case COMMAND_COMPARE:
        if (advise_is_run(runs[0]) || advise_is_run(runs[1])) {
            fail_usage("compare: an adviser's run is no comparison");
        }
        runs[0] = one_machine(runs[0]);
        runs[1] = one_machine(runs[1]);
        return count_is_run(runs[0]) || count_is_run(runs[1])
                   ? count_compare_runs(runs[0], runs[1], &options)
                   : compare_runs(runs[0], runs[1], options.json);
    default:
        if (options.launcher != LAUNCHER_LOCAL ||
            (options.resume && launcher_find(root, options.resume))) {
            return launcher_run(root, &options);
        }
        if (options.resume && count_is_run(report_find(root, options.resume))) {
            return count_main(root, &options, argc, argv);
        }
        if (options.resume && advise_is_run(report_find(root, options.resume))) {
            return advise_main(root, &options, argc, argv);
        }
        return session_run(root, &options, argc, argv);
    }
}
