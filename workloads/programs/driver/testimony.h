/*
 * testimony.h - what the witnesses said of all processes of a program; see witness_lines.h.
 */
#ifndef WORKLOADS_PROGRAMS_TESTIMONY_H
#define WORKLOADS_PROGRAMS_TESTIMONY_H

#include "common/probe.h"

#include <stdint.h>

enum { TESTIMONY_TEXT = 512 };

typedef struct testimony {
    unsigned starts, ends;
    char malloc_object[TESTIMONY_TEXT];
    char version[TESTIMONY_TEXT], bypass[TESTIMONY_TEXT];
    probe_hakmem_t hakmem;              /* its texts are those above; version NULL: no hakmem */
    uint64_t peak_bytes, at_exit_bytes; /* of the process with the highest peak */
} testimony_t;

/* Ends the driver when processes had different mallocs, or none told. */
void testimony_read(const char *path, const char *program, testimony_t *out);

#endif
