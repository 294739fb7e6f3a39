/*
 * memory.c - see memory.h. Every interface is found by dlsym: a driver is linked with no allocator.
 */
#include "common/memory.h"

#include "common/clock.h"
#include "common/probe.h"
#include "common/resident.h"

#include "hakmem.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <malloc.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

bool memory_wanted;

static const unsigned drain_ms[MEMORY_DRAIN_READINGS] = {MEMORY_DRAIN_FIRST_MS, 1000, 5000};
static const char *const point_names[MEMORY_POINTS] = {"base",   "start",   "end",
                                                       "steady", "drained", "rested"};

/* See probe.c for the copy of bits. */
static bool find(const char *name, void *function) {
    void *address = dlsym(RTLD_DEFAULT, name);
    memcpy(function, &address, sizeof address);
    return address != NULL;
}

static const memory_inside_t unknown = {-1, -1, -1, -1};

static bool ask_hakmem(memory_inside_t *out) {
    void (*read_memory)(hak_memory_t *);
    hak_memory_t memory;
    if (!find("hak_memory_read", &read_memory))
        return false;
    read_memory(&memory);
    *out = (memory_inside_t){(int64_t)memory.live_bytes, (int64_t)memory.cached_bytes,
                             (int64_t)memory.metadata_bytes, (int64_t)memory.mapped_bytes};
    return true;
}

typedef int mallctl_t(const char *, void *, size_t *, void *, size_t);

static int64_t jemalloc_number(mallctl_t *control, const char *name) {
    size_t value = 0, bytes = sizeof value;
    return control(name, &value, &bytes, NULL, 0) == 0 ? (int64_t)value : -1;
}

/* 4096 is MALLCTL_ARENAS_ALL. The statistics stand still between two writes to "epoch". */
static bool ask_jemalloc(memory_inside_t *out) {
    mallctl_t *control;
    uint64_t epoch = 1;
    size_t bytes = sizeof epoch;
    if (!find("mallctl", &control) || control("epoch", &epoch, &bytes, &epoch, bytes) != 0)
        return false;
    int64_t allocated = jemalloc_number(control, "stats.allocated");
    int64_t active = jemalloc_number(control, "stats.active");
    int64_t page = jemalloc_number(control, "arenas.page");
    int64_t dirty = jemalloc_number(control, "stats.arenas.4096.pdirty");
    int64_t muzzy = jemalloc_number(control, "stats.arenas.4096.pmuzzy");
    *out = unknown;
    out->in_use_bytes = allocated;
    if (allocated >= 0 && active >= 0 && dirty >= 0 && muzzy >= 0)
        out->free_bytes = active - allocated + (dirty + muzzy) * page;
    out->metadata_bytes = jemalloc_number(control, "stats.metadata");
    out->mapped_bytes = jemalloc_number(control, "stats.mapped");
    return true;
}

typedef int tcmalloc_property_t(const char *, size_t *);

static int64_t tcmalloc_number(tcmalloc_property_t *property, const char *name) {
    size_t value = 0;
    return property(name, &value) != 0 ? (int64_t)value : -1;
}

static bool ask_tcmalloc(memory_inside_t *out) {
    static const char *const caches[] = {
        "tcmalloc.pageheap_free_bytes", "tcmalloc.central_cache_free_bytes",
        "tcmalloc.transfer_cache_free_bytes", "tcmalloc.thread_cache_free_bytes"};
    tcmalloc_property_t *property;
    if (!find("MallocExtension_GetNumericProperty", &property))
        return false;
    *out = unknown;
    out->in_use_bytes = tcmalloc_number(property, "generic.current_allocated_bytes");
    out->free_bytes = 0;
    for (unsigned i = 0; i < sizeof caches / sizeof caches[0] && out->free_bytes >= 0; i++) {
        int64_t part = tcmalloc_number(property, caches[i]);
        out->free_bytes = part < 0 ? -1 : out->free_bytes + part;
    }
    int64_t heap = tcmalloc_number(property, "generic.heap_size");
    int64_t physical = tcmalloc_number(property, "generic.total_physical_bytes");
    int64_t unmapped = tcmalloc_number(property, "tcmalloc.pageheap_unmapped_bytes");
    if (heap >= 0 && physical >= 0 && unmapped >= 0)
        out->metadata_bytes = physical - (heap - unmapped);
    out->mapped_bytes = heap;
    return true;
}

/* As in mimalloc.h of 1.6 to 2.1; later members are not looked at. */
typedef struct mimalloc_area {
    void *blocks;
    size_t reserved, committed, used, block_size;
} mimalloc_area_t;
typedef bool mimalloc_visit_t(const void *heap, const mimalloc_area_t *area, void *block,
                              size_t block_size, void *argument);

static bool add_area(const void *heap, const mimalloc_area_t *area, void *block, size_t block_size,
                     void *argument) {
    (void)heap;
    (void)block_size;
    memory_inside_t *sum = argument;
    if (block == NULL) {
        int64_t used = (int64_t)(area->used * area->block_size);
        sum->in_use_bytes += used;
        sum->free_bytes += (int64_t)area->committed - used;
        sum->mapped_bytes += (int64_t)area->reserved;
    }
    return true;
}

static unsigned thread_count(void) {
    char text[4096];
    unsigned threads = 0;
    resident_read_status(text, sizeof text);
    const char *line = strstr(text, "\nThreads:");
    for (line = line ? line + 9 : ""; *line == ' ' || *line == '\t'; line++)
        continue;
    for (; *line >= '0' && *line <= '9'; line++)
        threads = threads * 10 + (unsigned)(*line - '0');
    return threads;
}

static bool ask_mimalloc(memory_inside_t *out) {
    void *(*heap)(void);
    bool (*visit)(const void *, bool, mimalloc_visit_t *, void *);
    int (*version)(void);
    if (!find("mi_heap_get_default", &heap) || !find("mi_heap_visit_blocks", &visit) ||
        !find("mi_version", &version))
        return false;
    *out = unknown;
    if (version() < 220 && thread_count() == 1) {
        *out = (memory_inside_t){0, 0, -1, 0};
        visit(heap(), false, add_area, out);
    }
    return true;
}

static bool ask_glibc(memory_inside_t *out) {
    struct mallinfo2 (*info)(void);
    const char *object = probe_malloc_object();
    if (strstr(object, "libc.so") == NULL || !find("mallinfo2", &info))
        return false;
    struct mallinfo2 all = info();
    *out = (memory_inside_t){(int64_t)(all.uordblks + all.hblkhd), (int64_t)all.fordblks, -1,
                             (int64_t)(all.arena + all.hblkhd)};
    return true;
}

static const struct {
    const char *name;
    bool (*ask)(memory_inside_t *out);
} sources[] = {{"hak_memory_read", ask_hakmem},
               {"mallctl", ask_jemalloc},
               {"MallocExtension_GetNumericProperty", ask_tcmalloc},
               {"mi_heap_visit_blocks", ask_mimalloc},
               {"mallinfo2", ask_glibc}};

const char *memory_ask(memory_inside_t *out) {
    *out = unknown;
    for (unsigned i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        if (sources[i].ask(out))
            return sources[i].name;
    }
    return NULL;
}

void memory_note(memory_log_t *log, memory_point_t point) {
    if (!memory_wanted)
        return;
    log->taken = true;
    log->clock_ns[point] = clock_ns();
    log->inside[point] = unknown;
    if (point != MEMORY_START && point != MEMORY_END)
        log->source = memory_ask(&log->inside[point]);
}

void memory_watch_drain(memory_log_t *log, int64_t base, int64_t first_bytes) {
    if (!memory_wanted)
        return;
    /* Nobody may be there to read it; the run goes on all the same. */
    ssize_t said = write(STDOUT_FILENO, MEMORY_DONE_LINE, sizeof MEMORY_DONE_LINE - 1);
    (void)said;
    log->drain_bytes[0] = first_bytes;
    for (unsigned i = 1; i < MEMORY_DRAIN_READINGS; i++) {
        clock_sleep_ms(drain_ms[i] - drain_ms[i - 1]);
        log->drain_bytes[i] = (int64_t)resident_anon_bytes() - base;
    }
    memory_note(log, MEMORY_RESTED);
}

static void add_known(buffer_t *text, const char *key, int64_t bytes, const char *end) {
    if (bytes < 0)
        buffer_add(text, "\"%s\":null%s", key, end);
    else
        buffer_add(text, "\"%s\":%" PRId64 "%s", key, bytes, end);
}

void memory_write_inside(const memory_inside_t *inside, buffer_t *text) {
    add_known(text, "in_use_bytes", inside->in_use_bytes, ",");
    add_known(text, "free_bytes", inside->free_bytes, ",");
    add_known(text, "metadata_bytes", inside->metadata_bytes, ",");
    add_known(text, "mapped_bytes", inside->mapped_bytes, "");
}

void memory_write_json(const memory_log_t *log, buffer_t *text) {
    if (!log->taken) {
        buffer_add(text, "null");
        return;
    }
    buffer_add(text, "{\"source\":");
    if (log->source == NULL)
        buffer_add(text, "null");
    else
        buffer_add_json_string(text, log->source);
    buffer_add(text, ",\"drain\":[");
    for (unsigned i = 0; i < MEMORY_DRAIN_READINGS; i++) {
        buffer_add(text, "%s{\"after_ms\":%u,\"rss_anon_bytes\":%" PRId64 "}", i ? "," : "",
                   drain_ms[i], log->drain_bytes[i]);
    }
    buffer_add(text, "],\"points\":{");
    for (unsigned i = 0; i < MEMORY_POINTS; i++) {
        buffer_add(text, "%s\"%s\":{\"clock_ns\":%" PRIu64 ",", i ? "," : "", point_names[i],
                   log->clock_ns[i]);
        memory_write_inside(&log->inside[i], text);
        buffer_add(text, "}");
    }
    buffer_add(text, "}}");
}

static void add_mib(buffer_t *text, const char *name, int64_t bytes) {
    if (bytes < 0)
        buffer_add(text, "  %s -", name);
    else
        buffer_add(text, "  %s %.1f", name, (double)bytes / 1048576.0);
}

void memory_write_summary(const memory_log_t *log, buffer_t *text) {
    if (!log->taken)
        return;
    buffer_add(text, "rested   ");
    for (unsigned i = 0; i < MEMORY_DRAIN_READINGS; i++) {
        buffer_add(text, " %.1f s: %.1f MiB%s", drain_ms[i] / 1000.0,
                   (double)log->drain_bytes[i] / 1048576.0,
                   i + 1 < MEMORY_DRAIN_READINGS ? "," : "\n");
    }
    static const memory_point_t shown[] = {MEMORY_STEADY, MEMORY_DRAINED, MEMORY_RESTED};
    for (unsigned i = 0; i < sizeof shown / sizeof shown[0] && log->source != NULL; i++) {
        const memory_inside_t *inside = &log->inside[shown[i]];
        buffer_add(text, "%-9s", point_names[shown[i]]);
        add_mib(text, "in use", inside->in_use_bytes);
        add_mib(text, "free", inside->free_bytes);
        add_mib(text, "metadata", inside->metadata_bytes);
        add_mib(text, "mapped", inside->mapped_bytes);
        buffer_add(text, " MiB (%s)\n", log->source);
    }
}
