/*
 * replay_options.h - the command line of hakreplay. Bad input ends the process with exit 2 and a
 * line that names the option.
 */
#ifndef WORKLOADS_REPLAY_OPTIONS_H
#define WORKLOADS_REPLAY_OPTIONS_H

#include "common/touch.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct replay_options {
    const char *trace, *result;
    touch_t touch;
    uint64_t loop, window; /* window 0: the plan's own */
    bool latency, verify, recorded, until_peak;
} replay_options_t;

/* `options` holds the defaults. */
void replay_options_parse(int argc, char **argv, replay_options_t *options);

#endif
