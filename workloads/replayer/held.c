/*
 * held.c - see held.h.
 *
 * hakmem writes its statistics to a path, here that of a file without a name in memory. What is
 * kept is their end, the members "memory" and "heap": the rest is about classes.
 */
#include "replayer/held.h"

#include "shared/die.h"

#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The end of the file, with a NUL behind it. */
static void read_end(int fd, char *text) {
    off_t end = lseek(fd, 0, SEEK_END);
    off_t from = end < HELD_TEXT_BYTES ? 0 : end - HELD_TEXT_BYTES + 1;
    ssize_t got = end < 0 ? -1 : pread(fd, text, HELD_TEXT_BYTES - 1, from);
    if (got < 0)
        die_errno("cannot read hakmem's statistics");
    text[got] = '\0';
}

/* Makes an object of one line of it; its last brace is there. */
static void keep_memory(char *text) {
    char *memory = strstr(text, "\"memory\": {"), *last = strrchr(text, '}');
    if (memory == NULL || last == NULL)
        die("hakmem's statistics end without \"memory\"");
    size_t length = (size_t)(last + 1 - memory);
    memmove(text + 1, memory, length);
    text[0] = '{';
    text[length + 1] = '\0';
    for (char *at = text; (at = strchr(at, '\n')) != NULL;)
        *at = ' ';
}

static void ask_hakmem(char *text) {
    int (*dump)(const char *path);
    void *address = dlsym(RTLD_DEFAULT, "hak_stats_dump");
    if (address == NULL)
        return;
    memcpy(&dump, &address, sizeof dump); /* as in probe.c */
    char path[64];
    int fd = memfd_create("statistics", MFD_CLOEXEC);
    if (fd < 0)
        die_errno("cannot make a file in memory");
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    errno = dump(path);
    if (errno != 0)
        die_errno("hakmem cannot write its statistics to %s", path);
    read_end(fd, text);
    keep_memory(text);
    close(fd);
}

void held_note(held_t *held, held_point_t point) {
    held->source = memory_ask(&held->inside[point]);
    ask_hakmem(held->statistics[point]);
}

static void write_point(const held_t *held, held_point_t point, const char *name, buffer_t *json) {
    const char *statistics = held->statistics[point];
    buffer_add(json, ",\"%s\":{", name);
    memory_write_inside(&held->inside[point], json);
    buffer_add(json, ",\"statistics\":%s}", statistics[0] == '\0' ? "null" : statistics);
}

static void write_line(const held_t *held, buffer_t *text) {
    const memory_inside_t *inside = &held->inside[HELD_PEAK];
    const struct {
        const char *name;
        int64_t bytes;
    } parts[] = {{"in blocks", inside->in_use_bytes},
                 {"free", inside->free_bytes},
                 {"records", inside->metadata_bytes}};
    buffer_add(text, "held      at the peak:");
    for (unsigned i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (parts[i].bytes >= 0)
            buffer_add(text, " %s %.1f", parts[i].name, (double)parts[i].bytes / 1048576);
    }
    buffer_add(text, " MiB (%s)\n", held->source == NULL ? "it does not tell" : held->source);
}

void held_write(const held_t *held, buffer_t *json, buffer_t *text) {
    buffer_add(json, ",\"held\":{\"source\":");
    if (held->source == NULL)
        buffer_add(json, "null");
    else
        buffer_add_json_string(json, held->source);
    buffer_add(json, ",\"live_page_bytes\":%" PRIu64, held->live_page_bytes);
    write_point(held, HELD_BASE, "base", json);
    write_point(held, HELD_PEAK, "peak", json);
    buffer_add(json, "}");
    write_line(held, text);
}
