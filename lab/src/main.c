/*
 * main.c - bin/hakmem: what ./run_sweep starts. Finds the repository and hands over to a command.
 */
#include "advise.h"
#include "compare.h"
#include "count.h"
#include "count_compare.h"
#include "file.h"
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
    case COMMAND_REPORT:
        return count_is_run(runs[0])    ? count_report(root, runs[0], &options)
               : advise_is_run(runs[0]) ? advise_report(root, runs[0], &options)
                                        : report_make(root, runs[0], &options);
    case COMMAND_COMPARE:
        if (advise_is_run(runs[0]) || advise_is_run(runs[1])) {
            fail_usage("compare: an adviser's run is no comparison");
        }
        return count_is_run(runs[0]) || count_is_run(runs[1])
                   ? count_compare_runs(runs[0], runs[1], &options)
                   : compare_runs(runs[0], runs[1], options.json);
    default:
        if (options.resume && count_is_run(report_find(root, options.resume))) {
            return count_main(root, &options, argc, argv);
        }
        if (options.resume && advise_is_run(report_find(root, options.resume))) {
            return advise_main(root, &options, argc, argv);
        }
        return session_run(root, &options, argc, argv);
    }
}
