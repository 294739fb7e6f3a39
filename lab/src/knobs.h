/*
 * knobs.h - the settings of an allocator that the adviser searches: baselines/knobs.json, read.
 *
 * A knob is one setting with the values that are worth a try; 0 stands for its default, which is to
 * leave it alone. Several knobs may be parts of one environment variable. A knob of classes has
 * values that are made of a trace: sizes of blocks that fit it (haktrace classes).
 */
#ifndef LAB_KNOBS_H
#define LAB_KNOBS_H

#include "options.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum { KNOBS_MOST = 24, KNOB_VALUES_MOST = 8 };

typedef struct knob_value {
    const char *label; /* "50", "trace-peak" */
    text_list_t set;   /* "VARIABLE=text", each */
} knob_value_t;

typedef struct knob {
    const char *name, *usual; /* and what its default is, for people */
    bool threads;             /* it matters only to a program of several threads */
    const json_t *classes; /* {label: [words]} of haktrace; NULL: its values stand in the table */
    knob_value_t values[KNOB_VALUES_MOST];
    size_t count;
} knob_t;

typedef struct knob_table {
    const char *join; /* of several in one variable; NULL: there are none */
    knob_t items[KNOBS_MOST];
    size_t count;
} knob_table_t;

/* A setting of all knobs: the place of each one's value, from 1 on; 0: its default. */
typedef struct choice {
    unsigned char of[KNOBS_MOST];
} choice_t;

/* Of an allocator by its key; none where the file has no such key. Ends the program on a file that
 * cannot be understood. */
void knobs_load(const char *root, const char *allocator, knob_table_t *out);
/* From an object as the file has for each allocator; `where` names it. */
void knobs_read(const json_t *object, const char *where, knob_table_t *out);
/* Such an object again, with all values that there are now. */
json_t *knobs_json(const knob_table_t *table);
/* Values of the knobs of classes, from a trace; NULL: there is none, and they have no values. */
void knobs_fit_classes(knob_table_t *table, const char *root, const char *trace);

/* {variable: text} of what is not at its default. */
json_t *knobs_environment(const knob_table_t *table, const choice_t *choice);
/* "narenas=1 dirty_decay_ms=0"; "default". */
char *knobs_label(const knob_table_t *table, const choice_t *choice);
unsigned knobs_changed(const choice_t *choice);

#endif
