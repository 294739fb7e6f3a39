/*
 * usable.c - runs the probe under each allocator. See usable.h.
 */
#include "usable.h"

#include "file.h"
#include "tex.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const size_t usable_requests[USABLE_SIZES] = {1000, 33000, 65537, 131073, 524289, 2097153};

static char *find_library(const run_t *run, size_t place, const char *root) {
    const char *key = run_allocator(run, place, "key"), *path = run_allocator(run, place, "path");
    if (access(path, R_OK) != 0 && strcmp(key, "hakmem") == 0) {
        path = text_format("%s/hakmem/libhakmem.so", root);
    }
    char *real = path_real(path);
    if (!real) {
        fail("the usable size of %s cannot be measured: %s is not there (./build.sh makes or "
             "installs it)",
             key, path);
    }
    return real;
}

static void check_object(const char *key, const char *library, char *object) {
    char *real = path_real(object);
    if (!real || strcmp(real, library) != 0) {
        fail("%s: malloc of the usable-size probe came from %s, not from %s", key, object, library);
    }
}

static void read_sizes(const char *key, char *text, usable_t *out) {
    char *line = strtok(text, "\n");
    for (size_t i = 0; i < USABLE_SIZES; i++) {
        size_t request = 0;
        line = strtok(NULL, "\n");
        if (!line || sscanf(line, "%zu %zu", &request, &out->bytes[i]) != 2 ||
            request != usable_requests[i]) {
            fail("%s: the usable-size probe said nothing about %zu bytes", key, usable_requests[i]);
        }
    }
}

static usable_t measure(const run_t *run, size_t place, const char *root, const char *probe) {
    usable_t out = {.key = run_allocator(run, place, "key")};
    char *library = find_library(run, place, root);
    const char *argv[USABLE_SIZES + 2] = {probe};
    for (size_t i = 0; i < USABLE_SIZES; i++) {
        argv[i + 1] = text_format("%zu", usable_requests[i]);
    }
    bool preload = strcmp(out.key, "glibc") != 0;
    char *envp[] = {preload ? text_format("LD_PRELOAD=%s", library) : NULL, NULL};
    char *text = capture_in(argv, envp);
    if (!text) {
        fail("%s: the usable-size probe failed under %s", out.key, library);
    }
    check_object(out.key, library, text_format("%.*s", (int)strcspn(text, "\n"), text));
    read_sizes(out.key, text, &out);
    const char *hash = file_sha256(library);
    out.same_file = hash && strcmp(hash, run_allocator(run, place, "sha256")) == 0;
    return out;
}

usable_t *usable_measure(const run_t *run, const char *root, const char *probe) {
    size_t count = run_allocators(run);
    usable_t *out = text_alloc(count * sizeof *out);
    for (size_t i = 0; i < count; i++) {
        out[i] = measure(run, i, root, probe);
    }
    return out;
}

double usable_waste(size_t request, size_t bytes) {
    return ((double)bytes - (double)request) / (double)request;
}
