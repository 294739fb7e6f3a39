/*
 * main.c - bin/hakmem: what ./run_sweep starts. Finds the repository and hands over to a command.
 */
#include "compare.h"
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
    switch (options.command) {
    case COMMAND_REPORT:
        return report_make(root, report_find(root, options.args.items[0]), &options);
    case COMMAND_COMPARE:
        return compare_runs(report_find(root, options.args.items[0]),
                            report_find(root, options.args.items[1]), options.json);
    default:
        return session_run(root, &options, argc, argv);
    }
}
