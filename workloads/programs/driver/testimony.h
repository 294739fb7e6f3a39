/*
 * testimony.h - what the witnesses said of all processes of a program; see witness_lines.h.
 *
 * Of a process that became another program by exec it is the last that counts: which malloc served
 * it, and which program it was. What is named in a script may itself be a script that becomes the
 * program in the end.
 */
#ifndef WORKLOADS_PROGRAMS_TESTIMONY_H
#define WORKLOADS_PROGRAMS_TESTIMONY_H

#include "common/probe.h"
#include "common/buffer.h"
#include "programs/driver/witness_lines.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { TESTIMONY_TEXT = 512 };

typedef struct witness {
    pid_t process;
    bool ended;      /* by itself: it was this program to its end */
    unsigned before; /* programs that it was before this one */
    uint64_t start_ns;
    char program[WITNESS_PATH_BYTES];
    char malloc_object[TESTIMONY_TEXT];
    char version[TESTIMONY_TEXT], bypass[TESTIMONY_TEXT];
} witness_t;

typedef struct testimony {
    witness_t *witnesses; /* a process each, in the order in which they began */
    unsigned count;
    const char *malloc_object;
    probe_hakmem_t hakmem;              /* version NULL: no hakmem */
    uint64_t peak_bytes, at_exit_bytes; /* of the process with the highest peak */
} testimony_t;

/* Ends the driver when processes had different mallocs, or none told. */
void testimony_read(const char *path, const char *program, testimony_t *out);

/* Ends the driver when the process was seen to be `seen` at that time, after it had become the last
 * program that told of itself: that one was not served. ("": nothing was seen.) */
void testimony_expect_last(const testimony_t *testimony, const char *program, pid_t process,
                           const char *seen, uint64_t seen_ns);

/* Kills what told of itself and still runs, if it is the program that it said: of a command, which
 * may leave a server behind in a session of its own. How many there were. */
unsigned testimony_kill_rest(const testimony_t *testimony);

/* Which programs were served, in how many processes, after how many others by exec: a member of the
 * sample's JSON, with a comma before it, and lines of its summary. */
void testimony_write(const testimony_t *testimony, buffer_t *json, buffer_t *summary);

#endif
