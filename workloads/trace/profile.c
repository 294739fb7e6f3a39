/*
 * profile.c - see profile.h. Groups first, from the sorted sizes of all requests; then one pass.
 */
#include "trace/profile.h"

#include "common/arena.h"

#include <stdlib.h>
#include <string.h>

/* ---- groups ---- */

typedef struct run {
    uint64_t bytes, count;
} run_t;

static int by_value(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static int by_count(const void *a, const void *b) {
    const run_t *x = a, *y = b;
    return (x->count < y->count) - (x->count > y->count);
}

static int by_bytes(const void *a, const void *b) {
    const run_t *x = a, *y = b;
    return (x->bytes > y->bytes) - (x->bytes < y->bytes);
}

/* The number of the group that a size without one of its own belongs to. */
static uint64_t quarter_of(uint64_t bytes) {
    if (bytes < 8)
        return bytes;
    unsigned exponent = 63 - (unsigned)__builtin_clzll(bytes);
    return 4 * (uint64_t)exponent + (bytes >> (exponent - 2) & 3);
}

static uint64_t count_runs(uint64_t *sizes, uint64_t count, run_t *runs) {
    uint64_t run_count = 0;
    qsort(sizes, count, sizeof *sizes, by_value);
    for (uint64_t i = 0; i < count; i++) {
        if (run_count == 0 || runs[run_count - 1].bytes != sizes[i])
            runs[run_count++] = (run_t){.bytes = sizes[i]};
        runs[run_count - 1].count++;
    }
    return run_count;
}

/* A group is closed by a size with a group of its own, and where its quarter ends. */
static void group_runs(run_t *runs, uint64_t count, profile_t *out) {
    qsort(runs, count, sizeof *runs, by_count);
    uint64_t exact = count < PROFILE_EXACT ? count : PROFILE_EXACT;
    for (uint64_t i = exact; i < count; i++)
        runs[i].count = 0; /* none of its own */
    qsort(runs, count, sizeof *runs, by_bytes);
    out->groups = arena_alloc(count, sizeof *out->groups);
    bool open = false;
    for (uint64_t i = 0; i < count; i++) {
        profile_group_t *last = out->group_count == 0 ? NULL : &out->groups[out->group_count - 1];
        bool own = runs[i].count > 0;
        if (open && !own && quarter_of(last->low) == quarter_of(runs[i].bytes)) {
            last->high = runs[i].bytes;
            continue;
        }
        out->groups[out->group_count++] =
            (profile_group_t){.low = runs[i].bytes, .high = runs[i].bytes};
        open = !own;
    }
    /* What is not used of the table goes back. */
    out->groups = arena_grow(out->groups, count, out->group_count, sizeof *out->groups);
}

static void make_groups(const trace_t *trace, profile_t *out) {
    uint64_t *sizes = arena_alloc(trace->event_count, sizeof *sizes), count = 0;
    run_t *runs = arena_alloc(trace->event_count, sizeof *runs);
    for (uint64_t i = 0; i < trace->event_count; i++) {
        if (trace_op_has_size(trace->events[i].op))
            sizes[count++] = trace->events[i].bytes;
    }
    group_runs(runs, count_runs(sizes, count, runs), out);
    arena_free(sizes, trace->event_count, sizeof *sizes);
    arena_free(runs, trace->event_count, sizeof *runs);
}

/* The last group that does not begin beyond the size; of a gap, the nearer one. */
uint32_t profile_group_of(const profile_t *profile, uint64_t bytes) {
    const profile_group_t *groups = profile->groups;
    uint32_t low = 0, high = profile->group_count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (groups[middle].low <= bytes)
            low = middle;
        else
            high = middle;
    }
    bool in_gap = bytes > groups[low].high && low + 1 < profile->group_count;
    return in_gap && groups[low + 1].low - bytes < bytes - groups[low].high ? low + 1 : low;
}

void profile_add_move(profile_group_t *from, uint32_t to, double count) {
    for (uint32_t i = 0; i < from->move_count; i++) {
        if (from->moves[i].to == to) {
            from->moves[i].count += count;
            return;
        }
    }
    if (from->move_count == from->move_room) {
        uint32_t room = from->move_room == 0 ? 8 : 2 * from->move_room;
        from->moves = realloc(from->moves, room * sizeof *from->moves);
        if (from->moves == NULL)
            abort();
        from->move_room = room;
    }
    from->moves[from->move_count++] = (profile_move_t){to, count};
}

/* ---- the pass ---- */

typedef struct version {
    uint64_t bytes, born, made; /* events: of the version, of the block */
    uint64_t made_ns;
    uint32_t group, thread;
    bool is_live;
} version_t;

typedef struct reader {
    const trace_t *trace;
    profile_t *profile;
    version_t *versions;
    uint64_t live_bytes, live_blocks;
    double live_sum;
} reader_t;

static uint64_t time_ns(const trace_t *trace, uint64_t at) {
    return trace->times == NULL ? 0 : trace->times[at] * trace->time_unit_ns;
}

static void end_version(reader_t *reader, uint64_t at, const trace_event_t *event) {
    profile_t *profile = reader->profile;
    version_t *version = &reader->versions[event->block];
    profile->groups[version->group].lives[profile_life(at - version->born)]++;
    profile->ends++;
    if (version->thread != event->thread) {
        profile->cross_ends++;
        profile->threads[event->thread].cross_ends++;
    }
    reader->live_bytes -= version->bytes;
    if (event->op == TRACE_REALLOC)
        return;
    version->is_live = false;
    reader->live_blocks--;
    profile->block_lives[profile_life(at - version->made)]++;
    profile->block_lives_ns[profile_life(time_ns(reader->trace, at) - version->made_ns)]++;
}

static void make_version(reader_t *reader, uint64_t at, const trace_event_t *event) {
    static const profile_birth_t births[] = {[TRACE_MALLOC] = BORN_MALLOC,
                                             [TRACE_CALLOC] = BORN_CALLOC,
                                             [TRACE_ALIGNED] = BORN_ALIGNED,
                                             [TRACE_REALLOC] = BORN_REALLOC};
    profile_t *profile = reader->profile;
    version_t *version = &reader->versions[event->block];
    uint32_t group = profile_group_of(profile, event->bytes);
    profile->groups[group].births[births[event->op]]++;
    profile->requests++;
    profile->threads[event->thread].requests++;
    if (event->op == TRACE_REALLOC) {
        profile_add_move(&profile->groups[version->group], group, 1);
    } else {
        version->made = at;
        version->made_ns = time_ns(reader->trace, at);
        reader->live_blocks++;
    }
    if (event->op == TRACE_ALIGNED)
        profile->groups[group].align_shift = event->align_shift;
    version->bytes = event->bytes;
    version->born = at;
    version->group = group;
    version->thread = event->thread;
    version->is_live = true;
    reader->live_bytes += event->bytes;
}

static void read_event(reader_t *reader, uint64_t at) {
    const trace_event_t *event = &reader->trace->events[at];
    if (trace_op_uses_block(event->op))
        end_version(reader, at, event);
    if (trace_op_has_size(event->op))
        make_version(reader, at, event);
    reader->live_sum += (double)reader->live_bytes;
}

static void add_point(reader_t *reader, uint64_t at) {
    reader->profile->curve[reader->profile->curve_count++] =
        (profile_point_t){.event = at,
                          .time_ns = time_ns(reader->trace, at),
                          .live_bytes = reader->live_bytes,
                          .live_blocks = reader->live_blocks};
}

static void finish(reader_t *reader) {
    const trace_t *trace = reader->trace;
    profile_t *profile = reader->profile;
    for (uint64_t i = 0; i < trace->block_count; i++) {
        const version_t *version = &reader->versions[i];
        uint64_t age = trace->event_count - version->born;
        if (version->is_live)
            profile->groups[version->group].alive[profile_life(age)]++;
    }
    profile->events = (double)trace->event_count;
    profile->peak_live_bytes = (double)trace->peak_live_bytes;
    profile->mean_live_bytes = profile->events > 0 ? reader->live_sum / profile->events : 0;
    if (trace->times != NULL && trace->event_count > 1) {
        uint64_t ns = time_ns(trace, trace->event_count - 1) - time_ns(trace, 0);
        profile->events_per_s = ns == 0 ? 0 : profile->events / ((double)ns / 1e9);
    }
}

static void read_events(const trace_t *trace, profile_t *out) {
    reader_t reader = {.trace = trace,
                       .profile = out,
                       .versions = arena_alloc(trace->block_count, sizeof(version_t))};
    out->thread_count = trace->thread_count;
    out->threads = arena_alloc(trace->thread_count, sizeof *out->threads);
    /* The last point is that of the last event. */
    uint64_t last = trace->event_count == 0 ? 0 : trace->event_count - 1;
    for (uint64_t i = 0; i < trace->event_count; i++) {
        read_event(&reader, i);
        while (out->curve_count < PROFILE_CURVE &&
               i >= (uint64_t)((double)last * out->curve_count / (PROFILE_CURVE - 1)))
            add_point(&reader, i);
    }
    finish(&reader);
    arena_free(reader.versions, trace->block_count, sizeof(version_t));
}

void profile_read(const trace_t *trace, profile_t *out) {
    memset(out, 0, sizeof *out);
    make_groups(trace, out);
    read_events(trace, out);
}

void profile_read_as(const trace_t *trace, const profile_t *groups, profile_t *out) {
    memset(out, 0, sizeof *out);
    out->group_count = groups->group_count;
    out->groups = arena_alloc(groups->group_count, sizeof *out->groups);
    for (uint32_t i = 0; i < groups->group_count; i++)
        out->groups[i] =
            (profile_group_t){.low = groups->groups[i].low, .high = groups->groups[i].high};
    read_events(trace, out);
}

void profile_free(profile_t *profile) {
    for (uint32_t i = 0; i < profile->group_count; i++)
        free(profile->groups[i].moves);
    arena_free(profile->groups, profile->group_count, sizeof *profile->groups);
    arena_free(profile->threads, profile->thread_count, sizeof *profile->threads);
}
