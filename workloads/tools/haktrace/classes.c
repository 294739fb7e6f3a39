/*
 * classes.c - see classes.h.
 */
#include "classes.h"

#include "shared/die.h"

void run_classes(const options_t *options) {
    static study_t study;
    if (options->has_switches && options->compares)
        die_usage("--switches and --compare exclude each other");
    if (options->compares) {
        classes_compare(options);
        return;
    }
    if (options->word_count != 2)
        die_usage("classes takes one file, or several with --compare");
    if (options->figures != NULL)
        die_usage("classes draws figures with --compare only");
    if (options->has_switches) {
        classes_switch(options);
        return;
    }
    study_open(options->words[1], options, &study);
    classes_solve(&study, options);
    classes_write(&study, options->format);
    study_close(&study);
}
