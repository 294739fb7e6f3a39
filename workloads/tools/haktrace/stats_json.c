/*
 * stats_json.c - the figures of a trace as one JSON object, with the profile that synth reads.
 *
 * Lifetimes are lists: the number at place i is of lives from 2^i on, below 2^(i+1).
 */
#include "commands.h"

#include "shared/die.h"

#include <jansson.h>

static void set_number(json_t *object, const char *key, uint64_t value) {
    json_object_set_new(object, key, json_integer((json_int_t)value));
}

static json_t *buckets_json(const trace_stats_t *stats) {
    json_t *list = json_array();
    for (unsigned i = 0; i < STATS_BUCKETS; i++) {
        if (stats->bucket_requests[i] == 0)
            continue;
        json_t *bucket = json_object();
        set_number(bucket, "from_bytes", i == 0 ? 0 : UINT64_C(1) << (i - 1));
        set_number(bucket, "requests", stats->bucket_requests[i]);
        set_number(bucket, "bytes", stats->bucket_bytes[i]);
        json_array_append_new(list, bucket);
    }
    return list;
}

static json_t *top_json(const trace_stats_t *stats) {
    json_t *list = json_array();
    for (unsigned i = 0; i < stats->top_count; i++) {
        json_t *size = json_object();
        set_number(size, "bytes", stats->top[i].bytes);
        set_number(size, "requests", stats->top[i].requests);
        json_array_append_new(list, size);
    }
    return list;
}

static json_t *sites_json(const trace_stats_t *stats) {
    json_t *list = json_array();
    for (unsigned i = 0; i < stats->top_site_count; i++) {
        json_t *site = json_object();
        set_number(site, "site", stats->top_sites[i].site);
        set_number(site, "requests", stats->top_sites[i].requests);
        set_number(site, "bytes", stats->top_sites[i].bytes);
        json_array_append_new(list, site);
    }
    return list;
}

/* Up to the last that is not 0. */
static json_t *numbers_json(const double *numbers, unsigned count) {
    json_t *list = json_array();
    while (count > 0 && numbers[count - 1] == 0)
        count--;
    for (unsigned i = 0; i < count; i++)
        json_array_append_new(list, json_integer((json_int_t)numbers[i]));
    return list;
}

static json_t *curve_json(const profile_t *profile, bool timed) {
    json_t *list = json_array();
    for (uint32_t i = 0; i < profile->curve_count; i++) {
        json_t *point = json_object();
        set_number(point, "event", profile->curve[i].event);
        if (timed)
            set_number(point, "time_ns", profile->curve[i].time_ns);
        set_number(point, "bytes", profile->curve[i].live_bytes);
        set_number(point, "blocks", profile->curve[i].live_blocks);
        json_array_append_new(list, point);
    }
    return list;
}

static json_t *group_json(const profile_group_t *group) {
    json_t *object = json_object(), *moves = json_array();
    set_number(object, "from_bytes", group->low);
    set_number(object, "to_bytes", group->high);
    json_object_set_new(object, "births", numbers_json(group->births, BIRTHS));
    json_object_set_new(object, "lives", numbers_json(group->lives, PROFILE_LIVES));
    json_object_set_new(object, "alive", numbers_json(group->alive, PROFILE_LIVES));
    set_number(object, "align_shift", group->align_shift);
    for (uint32_t i = 0; i < group->move_count; i++) {
        json_t *move =
            json_pack("[I,I]", (json_int_t)group->moves[i].to, (json_int_t)group->moves[i].count);
        json_array_append_new(moves, move);
    }
    json_object_set_new(object, "moves", moves);
    return object;
}

/* What synth reads. */
static json_t *profile_json(const profile_t *profile) {
    json_t *object = json_object(), *groups = json_array(), *threads = json_array();
    set_number(object, "events", (uint64_t)profile->events);
    set_number(object, "ends", (uint64_t)profile->ends);
    set_number(object, "cross_ends", (uint64_t)profile->cross_ends);
    set_number(object, "peak_live_bytes", (uint64_t)profile->peak_live_bytes);
    set_number(object, "mean_live_bytes", (uint64_t)profile->mean_live_bytes);
    json_object_set_new(object, "events_per_s", json_real(profile->events_per_s));
    for (uint32_t i = 0; i < profile->thread_count; i++) {
        json_t *thread = json_object();
        set_number(thread, "requests", (uint64_t)profile->threads[i].requests);
        set_number(thread, "cross_ends", (uint64_t)profile->threads[i].cross_ends);
        json_array_append_new(threads, thread);
    }
    json_object_set_new(object, "threads", threads);
    for (uint32_t i = 0; i < profile->group_count; i++)
        json_array_append_new(groups, group_json(&profile->groups[i]));
    json_object_set_new(object, "groups", groups);
    return object;
}

static json_t *stats_json(const subject_t *subject) {
    const trace_t *trace = &subject->trace;
    const trace_stats_t *stats = &subject->stats;
    bool timed = trace->times != NULL;
    json_t *object = json_object(), *ops = json_object(), *threads = json_array();
    json_object_set_new(object, "command",
                        json_string(trace->command == NULL ? "" : trace->command));
    json_object_set_new(object, "allocator",
                        json_string(trace->allocator == NULL ? "" : trace->allocator));
    set_number(object, "crc32c", trace->crc);
    set_number(object, "events", trace->event_count);
    for (unsigned op = 0; op < TRACE_OPS; op++)
        set_number(ops, trace_op_name(op), stats->ops[op]);
    json_object_set_new(object, "ops", ops);
    set_number(object, "requests", stats->requests);
    set_number(object, "requested_bytes", stats->requested_bytes);
    set_number(object, "distinct_sizes", stats->distinct_sizes);
    set_number(object, "mid_requests", stats->mid_requests);
    set_number(object, "mid_bytes", stats->mid_bytes);
    set_number(object, "peak_live_bytes", trace->peak_live_bytes);
    set_number(object, "peak_live_blocks", trace->peak_live_blocks);
    set_number(object, "leftover_bytes", stats->leftover_bytes);
    set_number(object, "leftover_blocks", stats->leftover_blocks);
    set_number(object, "uses", stats->uses);
    set_number(object, "cross_uses", stats->cross_uses);
    set_number(object, "unknown_frees", trace->unknown_frees);
    set_number(object, "lost_frees", trace->lost_frees);
    for (uint32_t t = 0; t < trace->thread_count; t++)
        json_array_append_new(threads, json_integer((json_int_t)stats->thread_events[t]));
    json_object_set_new(object, "thread_events", threads);
    json_object_set_new(object, "size_histogram", buckets_json(stats));
    json_object_set_new(object, "top_sizes", top_json(stats));
    json_object_set_new(object, "top_sites", sites_json(stats));
    json_object_set_new(object, "lifetimes_events",
                        numbers_json(subject->profile.block_lives, PROFILE_LIVES));
    if (timed)
        json_object_set_new(object, "lifetimes_ns",
                            numbers_json(subject->profile.block_lives_ns, PROFILE_LIVES));
    json_object_set_new(object, "live", curve_json(&subject->profile, timed));
    json_object_set_new(object, "profile", profile_json(&subject->profile));
    return object;
}

void print_stats_json(const subject_t *subject) {
    json_t *object = stats_json(subject);
    if (json_dumpf(object, stdout, JSON_INDENT(1)) != 0)
        die("cannot write the statistics to stdout");
    printf("\n");
    json_decref(object);
}
