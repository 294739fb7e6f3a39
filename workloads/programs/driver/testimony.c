/*
 * testimony.c - see testimony.h.
 */
#include "programs/driver/testimony.h"

#include "shared/die.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_BYTES = 4 * WITNESS_PATH_BYTES };

/* The last of that number: numbers of processes come again. */
static witness_t *find(const testimony_t *testimony, pid_t process) {
    for (unsigned i = testimony->count; i > 0; i--) {
        if (testimony->witnesses[i - 1].process == process)
            return &testimony->witnesses[i - 1];
    }
    return NULL;
}

static witness_t *add(testimony_t *out, pid_t process) {
    out->witnesses = realloc(out->witnesses, (out->count + 1) * sizeof *out->witnesses);
    if (out->witnesses == NULL)
        die("out of memory");
    witness_t *witness = &out->witnesses[out->count++];
    memset(witness, 0, sizeof *witness);
    witness->process = process;
    return witness;
}

static void hear_program(const char *line, const char *program, testimony_t *out) {
    int process, path_at = 0;
    uint64_t start_ns;
    if (sscanf(line, "program %d %" SCNu64 " %n", &process, &start_ns, &path_at) != 2 ||
        path_at == 0)
        die("%s: a witness said: %s", program, line);
    witness_t *witness = find(out, process);
    if (witness == NULL || witness->ended)
        witness = add(out, process);
    else
        witness->before++;
    witness->start_ns = start_ns;
    snprintf(witness->program, sizeof witness->program, "%s", line + path_at);
}

static void hear_start(const char *line, const char *program, testimony_t *out) {
    int process;
    char version[TESTIMONY_TEXT], bypass[TESTIMONY_TEXT], object[TESTIMONY_TEXT];
    int parts = sscanf(line, "start %d %511s %511s %511[^\n]", &process, version, bypass, object);
    witness_t *witness = parts == 4 ? find(out, process) : NULL;
    if (witness == NULL)
        die("%s: a witness said: %s", program, line);
    strcpy(witness->version, version);
    strcpy(witness->bypass, bypass);
    strcpy(witness->malloc_object, object);
}

static void hear_end(const char *line, testimony_t *out) {
    int process;
    uint64_t peak, now, threshold, exhaustion, mapfail;
    if (sscanf(line, "end %d %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64, &process,
               &peak, &now, &threshold, &exhaustion, &mapfail) != 6)
        return;
    if (peak >= out->peak_bytes) {
        out->peak_bytes = peak;
        out->at_exit_bytes = now;
    }
    out->hakmem.threshold += threshold;
    out->hakmem.exhaustion += exhaustion;
    out->hakmem.mapfail += mapfail;
    witness_t *witness = find(out, process);
    if (witness != NULL) /* else forked, and bound as its parent */
        witness->ended = true;
}

static void hear(const char *path, const char *program, testimony_t *out) {
    char line[LINE_BYTES];
    FILE *file = fopen(path, "re");
    if (file == NULL)
        die_errno("cannot read %s", path);
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "program ", 8) == 0)
            hear_program(line, program, out);
        else if (strncmp(line, "start ", 6) == 0)
            hear_start(line, program, out);
        else
            hear_end(line, out);
    }
    fclose(file);
}

void testimony_read(const char *path, const char *program, testimony_t *out) {
    memset(out, 0, sizeof *out);
    hear(path, program, out);
    if (out->count == 0)
        die("%s: no process says which malloc served it: a static program?", program);
    const witness_t *first = &out->witnesses[0];
    out->malloc_object = first->malloc_object;
    for (unsigned i = 0; i < out->count; i++) {
        const witness_t *one = &out->witnesses[i];
        if (strcmp(one->malloc_object, first->malloc_object) != 0)
            die("%s: malloc of process %d (%s) comes from %s, that of others from %s", program,
                (int)one->process, one->program, one->malloc_object, first->malloc_object);
        if (strcmp(one->version, "-") != 0)
            out->hakmem.version = one->version;
        if (strcmp(one->bypass, "-") != 0)
            out->hakmem.bypass = one->bypass;
    }
}

static bool runs(const witness_t *witness) {
    char path[64], program[WITNESS_PATH_BYTES];
    snprintf(path, sizeof path, "/proc/%d/exe", (int)witness->process);
    ssize_t length = readlink(path, program, sizeof program - 1);
    program[length > 0 ? length : 0] = '\0';
    return !witness->ended && strcmp(program, witness->program) == 0;
}

unsigned testimony_kill_rest(const testimony_t *testimony) {
    enum { STEP_US = 10000, STEPS = 500 };
    unsigned found = 0;
    for (unsigned i = 0; i < testimony->count; i++) {
        const witness_t *witness = &testimony->witnesses[i];
        if (witness->process == getpid() || !runs(witness))
            continue;
        found++;
        kill(witness->process, SIGKILL);
        for (unsigned step = 0; step < STEPS && runs(witness); step++)
            usleep(STEP_US);
    }
    return found;
}

void testimony_expect_last(const testimony_t *testimony, const char *program, pid_t process,
                           const char *seen, uint64_t seen_ns) {
    const witness_t *last = find(testimony, process);
    if (last == NULL || last->ended || seen_ns < last->start_ns || *seen == '\0' ||
        strcmp(seen, last->program) == 0)
        return;
    die("%s: %s then became %s, which did not load the witness (a static program, or an "
        "environment of its own?): nobody knows which malloc served it",
        program, last->program, seen);
}

/* Programs are few; a compiler starts the same ones over and over. */
static bool is_first_of_program(const testimony_t *testimony, unsigned which) {
    for (unsigned i = 0; i < which; i++) {
        if (strcmp(testimony->witnesses[i].program, testimony->witnesses[which].program) == 0)
            return false;
    }
    return true;
}

static void write_program(const testimony_t *testimony, unsigned first, buffer_t *json,
                          buffer_t *summary) {
    const char *program = testimony->witnesses[first].program;
    unsigned processes = 0, before = 0;
    for (unsigned i = first; i < testimony->count; i++) {
        const witness_t *one = &testimony->witnesses[i];
        if (strcmp(one->program, program) == 0) {
            processes++;
            before = one->before > before ? one->before : before;
        }
    }
    buffer_add(json, "%s{\"program\":", first == 0 ? "" : ",");
    buffer_add_json_string(json, program);
    buffer_add(json, ",\"processes\":%u,\"programs_before\":%u}", processes, before);
    buffer_add(summary, "served    %s, %u process%s", program, processes,
               processes == 1 ? "" : "es");
    if (before > 0)
        buffer_add(summary, ", by exec after %u other program%s", before, before == 1 ? "" : "s");
    buffer_add(summary, "\n");
}

void testimony_write(const testimony_t *testimony, buffer_t *json, buffer_t *summary) {
    buffer_add(json, ",\"served\":[");
    for (unsigned i = 0; i < testimony->count; i++) {
        if (is_first_of_program(testimony, i))
            write_program(testimony, i, json, summary);
    }
    buffer_add(json, "]");
}
