/*
 * testimony.c - see testimony.h.
 */
#include "programs/driver/testimony.h"

#include "common/die.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void hear_start(const char *line, const char *program, testimony_t *out) {
    char version[TESTIMONY_TEXT], bypass[TESTIMONY_TEXT], object[TESTIMONY_TEXT];
    int process;
    if (sscanf(line, "start %d %511s %511s %511[^\n]", &process, version, bypass, object) != 4)
        die("%s: a witness said: %s", program, line);
    if (out->starts > 0 && strcmp(object, out->malloc_object) != 0)
        die("%s: malloc of process %d comes from %s, that of others from %s", program, process,
            object, out->malloc_object);
    strcpy(out->malloc_object, object);
    strcpy(out->version, version);
    if (strcmp(bypass, "-") != 0)
        strcpy(out->bypass, bypass);
    out->starts++;
}

static void hear_end(const char *line, testimony_t *out) {
    uint64_t peak, now, threshold, exhaustion, mapfail;
    if (sscanf(line, "end %*d %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64, &peak,
               &now, &threshold, &exhaustion, &mapfail) != 5)
        return;
    if (peak >= out->peak_bytes) {
        out->peak_bytes = peak;
        out->at_exit_bytes = now;
    }
    out->hakmem.threshold += threshold;
    out->hakmem.exhaustion += exhaustion;
    out->hakmem.mapfail += mapfail;
    out->ends++;
}

void testimony_read(const char *path, const char *program, testimony_t *out) {
    char line[2 * TESTIMONY_TEXT];
    memset(out, 0, sizeof *out);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        die_errno("cannot read %s", path);
    while (fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "start ", 6) == 0)
            hear_start(line, program, out);
        else
            hear_end(line, out);
    }
    fclose(file);
    if (out->starts == 0)
        die("%s: no process says which malloc served it: a static program?", program);
    if (strcmp(out->version, "-") != 0)
        out->hakmem.version = out->version;
    if (out->bypass[0] != '\0')
        out->hakmem.bypass = out->bypass;
}
