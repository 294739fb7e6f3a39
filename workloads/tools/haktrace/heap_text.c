/*
 * heap_text.c - heap profiles as text.
 *
 * jemalloc: "heap_v2/PERIOD", then for each stack "@ ADDRESS …" and the line "t*: OBJECTS: BYTES
 * [ALL: ALL]" of all threads together. Blocks are sampled, and count by how seldom one of their
 * size is (what jeprof does, too). jemalloc writes its own classes, not what was asked for.
 *
 * gperftools: "heap profile: OBJECTS: BYTES [ALL: ALL] @ KIND", then lines of the same form, a
 * stack each. KIND heapprofile is exact, heap_v2/PERIOD sampled.
 *
 * A stack that asks for several sizes counts as blocks of their mean.
 */
#include "sizes_load.h"

#include "lines.h"

#include "shared/die.h"

#include <inttypes.h>
#include <math.h>

static const char jemalloc_head[] = "heap_v2/", gperftools_head[] = "heap profile:";

/* Of blocks of `mean` bytes that were sampled every `period` bytes, the share that was seen. */
static double sampled_share(double mean, double period) {
    return period > 1 ? 1 - exp(-mean / period) : 1;
}

static void add_stack(sizes_t *out, uint64_t objects, uint64_t bytes, double period) {
    if (objects == 0 || bytes == 0)
        return;
    double mean = (double)bytes / (double)objects;
    sizes_add(out, (uint64_t)(mean + 0.5), (double)objects / sampled_share(mean, period));
}

static bool skip_text(lines_t *lines, const char *text) {
    while (*lines->at == ' ')
        lines->at++;
    bool good = strncmp(lines->at, text, strlen(text)) == 0;
    if (good)
        lines->at += strlen(text);
    return good;
}

/* "OBJECTS: BYTES [", the numbers of what is alive */
static bool read_live(lines_t *lines, uint64_t *objects, uint64_t *bytes) {
    return lines_number(lines, 10, objects) && skip_text(lines, ":") &&
           lines_number(lines, 10, bytes) && skip_text(lines, "[");
}

static bool jemalloc_matches(const sink_t *file) {
    return sink_starts(file, jemalloc_head);
}

static bool jemalloc_read(const sink_t *file, const char *path, sizes_t *out,
                          trace_error_t *error) {
    lines_t lines;
    uint64_t period, objects, bytes;
    bool in_stack = false, good;
    lines_open(&lines, file, path);
    good = lines_next(&lines) && skip_text(&lines, jemalloc_head) &&
           lines_number(&lines, 10, &period) && lines_end(&lines);
    if (!good)
        lines_fault(&lines, "heap_v2/ and the bytes between samples", error);
    while (good && lines_next(&lines) && strncmp(lines.text, "MAPPED_LIBRARIES", 16) != 0) {
        if (*lines.text == '@') {
            in_stack = true;
        } else if (skip_text(&lines, "t*:")) {
            good = read_live(&lines, &objects, &bytes) ||
                   lines_fault(&lines, "t*: OBJECTS: BYTES [OBJECTS: BYTES]", error);
            if (good && in_stack) /* else it is of all stacks */
                add_stack(out, objects, bytes, (double)period);
        } else if (!skip_text(&lines, "t")) {
            good = lines_fault(&lines, "a stack (@ …), or what it holds (t*: …)", error);
        }
    }
    lines_close(&lines);
    if (good)
        warn("%s: jemalloc writes sizes as it rounded them up: blocks of 33000 bytes are 40960 "
             "there",
             path);
    return good;
}

const snapshot_format_t snapshot_jemalloc = {jemalloc_matches, jemalloc_read};

static bool gperftools_matches(const sink_t *file) {
    return sink_starts(file, gperftools_head);
}

/* The head's kind: how blocks were sampled. */
static bool read_kind(lines_t *lines, double *period) {
    static const char exact[] = "heapprofile", sampled[] = "heap_v2/";
    const char *kind = strrchr(lines->text, '@');
    uint64_t bytes;
    *period = 0;
    if (kind == NULL)
        return false;
    lines->at = kind + 1;
    if (skip_text(lines, exact))
        return true;
    if (!skip_text(lines, sampled) || !lines_number(lines, 10, &bytes))
        return false;
    *period = (double)bytes;
    return true;
}

static bool gperftools_read(const sink_t *file, const char *path, sizes_t *out,
                            trace_error_t *error) {
    lines_t lines;
    double period = 0;
    lines_open(&lines, file, path);
    bool good = lines_next(&lines) && read_kind(&lines, &period);
    if (!good)
        lines_fault(&lines, "a heap profile '@ heapprofile' or '@ heap_v2/PERIOD'", error);
    while (good && lines_next(&lines) && strncmp(lines.text, "MAPPED_LIBRARIES", 16) != 0) {
        uint64_t objects, bytes;
        good = read_live(&lines, &objects, &bytes) ||
               lines_fault(&lines, "OBJECTS: BYTES [OBJECTS: BYTES] @ a stack", error);
        if (good)
            add_stack(out, objects, bytes, period);
    }
    lines_close(&lines);
    return good;
}

const snapshot_format_t snapshot_gperftools = {gperftools_matches, gperftools_read};
