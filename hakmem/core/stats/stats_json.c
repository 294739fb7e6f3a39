/*
 * stats_json.c - see stats.h: writing the figures.
 *
 * The keys of the JSON object, all sizes in bytes: version; process {id, program}; options {NAME:
 * value in force}; bypass {active, reason}; ace {totals, failures[], learning (if it is on)};
 * pools[] {name, cap_bytes (null: none), used_bytes, live_bytes, requested_bytes, cached_bytes,
 * classes[]}; memory, with its parts (hak_parts_t); heap. A learnt class has learned: true, and
 * what became of its requests. A failure without a class (above all of them) has class_bytes 0.
 */
#include "stats.h"

#include <string.h>

#include "../box/learn.h"
#include "../box/learned.h"
#include "../box/libc_bypass.h"
#include "../options/options.h"
#include "../os/os.h"
#include "../report/ace_failure.h"

/* A member that follows others, or that opens an object; which the caller closes. */
static void put_member(hak_text_t *text, const char *before, const char *name, uint64_t value) {
    text_str(text, before);
    text_json(text, name);
    text_figure(text, ": ", value);
}

static void put_number(hak_text_t *text, const char *name, uint64_t value) {
    put_member(text, ", ", name, value);
}

/* Which field of a record, a 64-bit number, is which member. */
typedef struct hak_member {
    const char *name;
    size_t offset;
} hak_member_t;
#define MEMBER(type, field)                                                                        \
    { #field, offsetof(type, field) }
#define PUT_MEMBERS(text, before, from, members)                                                   \
    put_members(text, before, from, members, sizeof(members) / sizeof(*(members)))

static void put_members(hak_text_t *text, const char *before, const void *from,
                        const hak_member_t *members, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint64_t value;
        memcpy(&value, (const char *)from + members[i].offset, sizeof(value));
        put_member(text, i == 0 ? before : ", ", members[i].name, value);
    }
}

static const hak_member_t totals_members[] = {MEMBER(hak_ace_totals_t, threshold),
                                              MEMBER(hak_ace_totals_t, exhaustion),
                                              MEMBER(hak_ace_totals_t, mapfail)};
static const hak_member_t failure_members[] = {
    MEMBER(hak_ace_count_t, count), MEMBER(hak_ace_count_t, bytes),
    MEMBER(hak_ace_count_t, min_request_bytes), MEMBER(hak_ace_count_t, max_request_bytes)};
static const hak_member_t pool_members[] = {
    MEMBER(hak_pool_figures_t, used_bytes), MEMBER(hak_pool_figures_t, live_bytes),
    MEMBER(hak_pool_figures_t, requested_bytes), MEMBER(hak_pool_figures_t, cached_bytes)};
static const hak_member_t memory_members[] = {
    MEMBER(hak_memory_t, live_bytes),   MEMBER(hak_memory_t, requested_bytes),
    MEMBER(hak_memory_t, cached_bytes), MEMBER(hak_memory_t, metadata_bytes),
    MEMBER(hak_memory_t, mapped_bytes), MEMBER(hak_memory_t, purged_bytes)};
static const hak_member_t parts_members[] = {
    MEMBER(hak_parts_t, magazine_bytes), MEMBER(hak_parts_t, depot_bytes),
    MEMBER(hak_parts_t, warm_bytes),     MEMBER(hak_parts_t, quarantine_bytes),
    MEMBER(hak_parts_t, dirty_bytes),    MEMBER(hak_parts_t, cold_bytes),
    MEMBER(hak_parts_t, tail_bytes),     MEMBER(hak_parts_t, overhang_bytes)};
static const hak_member_t heap_members[] = {
    MEMBER(hak_heap_figures_t, used_bytes),
    MEMBER(hak_heap_figures_t, dirty_bytes),
    MEMBER(hak_heap_figures_t, clean_bytes),
    {"spans_allocated", offsetof(hak_heap_figures_t, allocs)},
    MEMBER(hak_heap_figures_t, purges)};

static const hak_member_t learn_members[] = {
    MEMBER(hak_learn_figures_t, looks),     MEMBER(hak_learn_figures_t, changes),
    MEMBER(hak_learn_figures_t, classes),   MEMBER(hak_learn_figures_t, added),
    MEMBER(hak_learn_figures_t, retired),   MEMBER(hak_learn_figures_t, reused_ids),
    MEMBER(hak_learn_figures_t, deferred),  MEMBER(hak_learn_figures_t, regrets),
    MEMBER(hak_learn_figures_t, rent_bytes)};

static void put_failure(hak_text_t *text, hak_ace_reason_t reason, unsigned class_id, bool first) {
    hak_ace_count_t count = ace_failure_count(reason, class_id);
    text_str(text, first ? "\n    {\"reason\": " : ",\n    {\"reason\": ");
    text_json(text, ace_reason_name(reason));
    text_str(text, ", \"pool\": ");
    text_json(text, class_pool_name(class_pool(class_id)));
    put_number(text, "class_bytes", class_block_bytes(class_id, 0));
    PUT_MEMBERS(text, ", ", &count, failure_members);
    text_str(text, "}");
}

/* Not inline, as put_class: their frames do not lie below all else that is written. */
static HAK_NOINLINE void put_learning(hak_text_t *text) {
    hak_learn_figures_t figures = learn_read();
    text_str(text, ",\n  \"learning\": ");
    PUT_MEMBERS(text, "{", &figures, learn_members);
    text_str(text, "}");
}

static void put_ace(hak_text_t *text) {
    hak_ace_totals_t totals;
    stats_read_totals(&totals);
    text_str(text, "\"ace\": {\n  \"totals\": ");
    PUT_MEMBERS(text, "{", &totals, totals_members);
    text_str(text, "},\n  \"failures\": [");
    bool first = true;
    for (unsigned reason = 0; reason < ACE_REASONS; reason++) {
        for (unsigned id = 0; id < HAK_CLASS_COUNT; id++) {
            if (ace_failure_count((hak_ace_reason_t)reason, id).count != 0) {
                put_failure(text, (hak_ace_reason_t)reason, id, first);
                first = false;
            }
        }
    }
    text_str(text, "]");
    if (learn_is_on()) {
        put_learning(text);
    }
    text_str(text, "}");
}

static void put_learned(hak_text_t *text, unsigned id, const hak_depot_figures_t *depot,
                        size_t idle_blocks) {
    size_t live = depot->blocks - hak_min(idle_blocks, depot->blocks);
    size_t requested_bytes = stats_requested_bytes(depot, live);
    text_str(text, ", \"learned\": true, \"active\": ");
    text_str(text, learned_is_active(id) ? "true" : "false");
    put_number(text, "requests", depot->sampled_requests);
    put_number(text, "requested_bytes", requested_bytes);
    put_number(text, "waste_bytes", live * depot->block_bytes - requested_bytes);
}

/* A class that was used, of the pool; `first` of those that are written. */
static HAK_NOINLINE void put_class(hak_text_t *text, hak_pool_id_t pool, unsigned id, bool *first) {
    hak_depot_figures_t depot;
    size_t in_threads;
    stats_read_depots(id, &depot, &in_threads);
    if (depot.pool != pool || (depot.blocks == 0 && depot.sampled_requests == 0)) {
        return;
    }
    text_str(text, *first ? "\n      " : ",\n      ");
    *first = false;
    put_member(text, "{", "class_bytes", depot.block_bytes);
    put_number(text, "slabs", depot.slabs);
    put_number(text, "blocks", depot.blocks);
    put_number(text, "in_thread_magazines", in_threads);
    put_number(text, "in_depot_magazines", depot.magazine_blocks);
    put_number(text, "free_in_slabs", depot.free_blocks);
    put_number(text, "free_warm", depot.warm_blocks);
    if (class_is_learned(id)) {
        put_learned(text, id, &depot, in_threads + depot.magazine_blocks + depot.free_blocks);
    }
    text_str(text, "}");
}

static void put_classes(hak_text_t *text, hak_pool_id_t pool) {
    bool first = true;
    unsigned id = hak_pools[pool].first;
    for (; id != HAK_CLASS_NONE && id <= hak_pools[pool].last; id++) {
        put_class(text, pool, id, &first);
    }
    for (id = hak_class_learned; id < hak_class_end; id++) {
        put_class(text, pool, id, &first);
    }
}

static void put_pool(hak_text_t *text, hak_pool_id_t pool) {
    hak_pool_figures_t figures;
    stats_read_pool(pool, &figures);
    text_str(text, pool == POOL_TINY ? "\n    {\"name\": " : ",\n    {\"name\": ");
    text_json(text, class_pool_name(pool));
    size_t cap = hak_pools[pool].cap_bytes;
    if (cap == SIZE_MAX) {
        text_str(text, ", \"cap_bytes\": null");
    } else {
        put_number(text, "cap_bytes", cap);
    }
    PUT_MEMBERS(text, ", ", &figures, pool_members);
    text_str(text, ", \"classes\": [");
    put_classes(text, pool);
    text_str(text, "]}");
}

static HAK_NOINLINE void put_parts(hak_text_t *text) {
    hak_parts_t parts;
    stats_read_parts(&parts);
    PUT_MEMBERS(text, ", ", &parts, parts_members);
}

static void put_memory(hak_text_t *text) {
    hak_memory_t memory;
    hak_heap_figures_t heap;
    stats_read_memory(&memory);
    heap_read(&heap);
    text_str(text, "\"memory\": ");
    PUT_MEMBERS(text, "{", &memory, memory_members);
    put_parts(text);
    text_str(text, "},\n\"heap\": ");
    PUT_MEMBERS(text, "{", &heap, heap_members);
    text_str(text, "}");
}

static void put_all(hak_text_t *text) {
    text_str(text, "{\"version\": ");
    text_json(text, HAKMEM_VERSION);
    text_str(text, ",\n\"process\": ");
    put_member(text, "{", "id", os_process_id());
    text_str(text, ", \"program\": ");
    text_json(text, os_program_name());
    text_str(text, "}");
    text_str(text, ",\n\"options\": {");
    options_write_json(text);
    text_str(text, "},\n\"bypass\": {\"active\": ");
    text_str(text, bypass_reason() != NULL ? "true" : "false");
    text_str(text, ", \"reason\": ");
    text_json(text, bypass_reason());
    text_str(text, "},\n");
    put_ace(text);
    text_str(text, ",\n\"pools\": [");
    for (hak_pool_id_t pool = POOL_TINY; pool < POOL_COUNT; pool++) {
        put_pool(text, pool);
    }
    text_str(text, "],\n");
    put_memory(text);
    text_str(text, "}\n");
}

int stats_dump(const char *path) {
    path = path != NULL ? path : path_name(&hak_options.stats);
    if (path == NULL) {
        return 0;
    }
    bool to_stderr = path[0] == '-' && path[1] == '\0';
    int fd = OS_STDERR;
    int error = to_stderr ? 0 : os_open_log(path, false, &fd);
    if (error != 0) {
        return error;
    }
    hak_text_t text;
    text_open(&text, fd);
    put_all(&text);
    text_flush(&text);
    if (!to_stderr) {
        os_close(fd);
    }
    return text.error;
}

void stats_at_exit(void) {
    if (hak_options.ace_trace >= 2) {
        ace_failure_write_summary();
    }
    int error = stats_dump(NULL);
    if (error != 0) {
        hak_text_t text;
        text_note(&text, "HAKMEM_STATS=");
        text_str(&text, path_name(&hak_options.stats));
        text_figure(&text, ": cannot be written, errno ", (uint64_t)error);
        text_str(&text, "\n");
        text_flush(&text);
    }
}
