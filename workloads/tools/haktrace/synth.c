/*
 * synth.c - haktrace synth: a trace of any length from a profile.
 *
 * Births are drawn group by group and kind by kind as often as in the profile. Each gets a lifetime
 * from its group's distribution, uniform in the logarithm inside a power of two, and when it is
 * over a free or a realloc, to a group that reallocs of this group led to. An event is an end when
 * one is due, and a birth when none is: so the ratio of the two is the profile's, and lifetimes
 * keep their unit, which is events. Of several ends that are due the one of the youngest block
 * comes first: it has least time to be late.
 *
 * Lifetimes of blocks that were alive when the profile's trace ended are known in part only. They
 * are taken into account as Kaplan and Meier do (J. Am. Stat. Assoc. 53, 1958); what remains alive
 * beyond all that was seen to end stays for ever. Such blocks are born as long as the profile's
 * trace was, and not later, so that live memory does not grow with the length. In a profile made
 * of a table lifetimes are exponential, and what is alive in the steady state is made first.
 *
 * Threads make blocks as often as the profile's; the share of blocks that another thread ends is
 * kept, and so is who ends them. Times have exponential gaps at the profile's rate.
 *
 * Not kept: phases, and what follows on what.
 */
#include "commands.h"
#include "formats.h"

#include "common/arena.h"
#include "shared/die.h"
#include "shared/number.h"
#include "common/rng.h"
#include "trace/builder.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* An index drawn by weight: cumulative sums and a binary search. */
typedef struct wheel {
    double *sums;
    uint32_t count;
} wheel_t;

typedef struct due_end {
    uint64_t key;  /* the smallest is first: when it is due; once it is, how old its block is */
    uint64_t born; /* the event */
    uint64_t address;
    uint32_t group, thread;
} due_end_t;

/* A heap. */
typedef struct ends {
    due_end_t *list;
    uint64_t count, room;
} ends_t;

typedef struct synth {
    const profile_t *profile;
    builder_t builder;
    rng_t rng;
    wheel_t births; /* group × BORN_REALLOC kinds */
    wheel_t makers, enders;
    wheel_t *lives; /* by group */
    wheel_t *moves; /* by group */
    double *stays;  /* by group: the share that stays for ever */
    ends_t later, due;
    uint64_t addresses, event;
    double scale; /* of live counts and lifetimes */
    double time_ns, events_per_s;
    uint32_t threads;
    double cross_share;
} synth_t;

/* ---- drawing ---- */

static void wheel_open(wheel_t *wheel, uint32_t count) {
    *wheel = (wheel_t){.sums = arena_alloc(count, sizeof(double)), .count = count};
}

static void wheel_set(wheel_t *wheel, uint32_t at, double weight) {
    wheel->sums[at] = (at == 0 ? 0 : wheel->sums[at - 1]) + weight;
}

static double wheel_total(const wheel_t *wheel) {
    return wheel->count == 0 ? 0 : wheel->sums[wheel->count - 1];
}

static uint32_t wheel_draw(const wheel_t *wheel, rng_t *rng) {
    double ticket = rng_unit(rng) * wheel_total(wheel);
    uint32_t low = 0, high = wheel->count - 1;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (wheel->sums[middle] <= ticket)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static uint64_t draw_size(synth_t *synth, const profile_group_t *group) {
    if (group->low == group->high)
        return group->low;
    double low = log((double)group->low + 1), high = log((double)group->high + 2);
    uint64_t bytes = (uint64_t)exp(low + rng_unit(&synth->rng) * (high - low)) - 1;
    return bytes < group->low ? group->low : bytes > group->high ? group->high : bytes;
}

static uint64_t draw_life(synth_t *synth, uint32_t group) {
    const profile_group_t *drawn = &synth->profile->groups[group];
    double life;
    if (drawn->mean_life > 0)
        life = -log(1 - rng_unit(&synth->rng)) * drawn->mean_life * synth->scale;
    else
        life =
            ldexp(exp2(rng_unit(&synth->rng)), (int)wheel_draw(&synth->lives[group], &synth->rng));
    return life < 1 ? 1 : life > 1e15 ? (uint64_t)1e15 : (uint64_t)life;
}

static uint32_t draw_ender(synth_t *synth, uint32_t maker) {
    if (synth->threads == 1 || rng_unit(&synth->rng) >= synth->cross_share)
        return maker;
    for (unsigned tries = 0; tries < 100; tries++) {
        uint32_t ender = wheel_draw(&synth->enders, &synth->rng);
        if (ender != maker)
            return ender;
    }
    return (maker + 1) % synth->threads;
}

/* ---- ends ---- */

static void push_end(ends_t *ends, due_end_t end) {
    if (ends->count == ends->room) {
        ends->list = arena_grow(ends->list, ends->room, 2 * ends->room, sizeof end);
        ends->room *= 2;
    }
    uint64_t at = ends->count++;
    for (; at > 0 && ends->list[(at - 1) / 2].key > end.key; at = (at - 1) / 2)
        ends->list[at] = ends->list[(at - 1) / 2];
    ends->list[at] = end;
}

static due_end_t pop_end(ends_t *ends) {
    due_end_t first = ends->list[0], last = ends->list[--ends->count];
    uint64_t at = 0;
    for (;;) {
        uint64_t child = 2 * at + 1;
        if (child >= ends->count)
            break;
        if (child + 1 < ends->count && ends->list[child + 1].key < ends->list[child].key)
            child++;
        if (ends->list[child].key >= last.key)
            break;
        ends->list[at] = ends->list[child];
        at = child;
    }
    ends->list[at] = last;
    return first;
}

/* What has become due changes heaps. */
static bool has_due(synth_t *synth, bool all) {
    while (synth->later.count > 0 && (all || synth->later.list[0].key <= synth->event)) {
        due_end_t end = pop_end(&synth->later);
        end.key = UINT64_MAX - end.born;
        push_end(&synth->due, end);
        if (all)
            break;
    }
    return synth->due.count > 0;
}

/* ---- events ---- */

static void pass_time(synth_t *synth) {
    synth->event++;
    if (synth->events_per_s <= 0)
        return;
    synth->time_ns += -log(1 - rng_unit(&synth->rng)) * 1e9 / synth->events_per_s;
    builder_set_time(&synth->builder, (uint64_t)(synth->time_ns / 1000));
}

static uint64_t make_block(synth_t *synth, uint32_t group, profile_birth_t birth, uint32_t thread) {
    static const trace_op_t ops[] = {TRACE_MALLOC, TRACE_CALLOC, TRACE_ALIGNED, TRACE_MALLOC};
    const profile_group_t *drawn = &synth->profile->groups[group];
    uint64_t address = ++synth->addresses;
    pass_time(synth);
    builder_new(&synth->builder, thread, ops[birth], address, draw_size(synth, drawn),
                birth == BORN_ALIGNED ? drawn->align_shift : 0);
    return address;
}

static void plan_end(synth_t *synth, uint32_t group, uint64_t address, uint32_t thread) {
    bool may_stay = synth->event <= (uint64_t)synth->profile->events;
    if (rng_unit(&synth->rng) < synth->stays[group] && may_stay)
        return;
    due_end_t end = {.born = synth->event, .address = address, .group = group};
    /* `event` is that after the birth */
    end.key = synth->event - 1 + draw_life(synth, group);
    end.thread = draw_ender(synth, thread);
    push_end(&synth->later, end);
}

static void give_birth(synth_t *synth) {
    uint32_t drawn = wheel_draw(&synth->births, &synth->rng);
    uint32_t group = drawn / BORN_REALLOC, thread = wheel_draw(&synth->makers, &synth->rng);
    uint64_t address = make_block(synth, group, drawn % BORN_REALLOC, thread);
    plan_end(synth, group, address, thread);
}

static void end_block(synth_t *synth, due_end_t end) {
    const profile_group_t *group = &synth->profile->groups[end.group];
    const wheel_t *moves = &synth->moves[end.group];
    double ends = 0;
    for (unsigned i = 0; i < PROFILE_LIVES; i++)
        ends += group->lives[i];
    pass_time(synth);
    if (wheel_total(moves) == 0 || rng_unit(&synth->rng) * ends >= wheel_total(moves)) {
        builder_free(&synth->builder, end.thread, end.address);
        return;
    }
    uint32_t to = group->moves[wheel_draw(moves, &synth->rng)].to;
    if (synth->stays[to] >= 1 && synth->event > (uint64_t)synth->profile->events) {
        builder_free(&synth->builder, end.thread, end.address);
        return;
    }
    uint64_t bytes = draw_size(synth, &synth->profile->groups[to]);
    builder_realloc(&synth->builder, end.thread, end.address, end.address, bytes == 0 ? 1 : bytes);
    plan_end(synth, to, end.address, end.thread);
}

/* ---- the whole ---- */

/* The product-limit estimate of how long versions of the group live; those that were alive at the
 * end count half to the risk of the power of two in which they were seen last. */
static void open_lives(synth_t *synth, uint32_t g) {
    const profile_group_t *group = &synth->profile->groups[g];
    double at_risk = 0, survive = 1;
    wheel_open(&synth->lives[g], PROFILE_LIVES);
    for (uint32_t i = 0; i < PROFILE_LIVES; i++)
        at_risk += group->lives[i] + group->alive[i];
    for (uint32_t i = 0; i < PROFILE_LIVES; i++) {
        double exposed = at_risk - group->alive[i] / 2;
        double hazard = exposed > 0 ? fmin(1, group->lives[i] / exposed) : 0;
        wheel_set(&synth->lives[g], i, survive * hazard);
        survive *= 1 - hazard;
        at_risk -= group->lives[i] + group->alive[i];
    }
    synth->stays[g] = group->mean_life > 0 ? 0 : survive;
}

/* Beyond the length of the profile's trace nothing is born that stays. */
static void set_births(synth_t *synth, bool may_stay) {
    for (uint32_t g = 0; g < synth->profile->group_count; g++) {
        double share = may_stay || synth->stays[g] < 1 ? 1 : 0;
        for (uint32_t i = 0; i < BORN_REALLOC; i++)
            wheel_set(&synth->births, g * BORN_REALLOC + i,
                      share * synth->profile->groups[g].births[i]);
    }
}

static void open_wheels(synth_t *synth) {
    const profile_t *profile = synth->profile;
    uint32_t count = profile->group_count;
    wheel_open(&synth->births, count * BORN_REALLOC);
    synth->lives = arena_alloc(count, sizeof(wheel_t));
    synth->moves = arena_alloc(count, sizeof(wheel_t));
    synth->stays = arena_alloc(count, sizeof(double));
    for (uint32_t g = 0; g < count; g++) {
        const profile_group_t *group = &profile->groups[g];
        open_lives(synth, g);
        wheel_open(&synth->moves[g], group->move_count);
        for (uint32_t i = 0; i < group->move_count; i++)
            wheel_set(&synth->moves[g], i, group->moves[i].count);
    }
    set_births(synth, true);
    wheel_open(&synth->makers, synth->threads);
    wheel_open(&synth->enders, synth->threads);
    bool same = synth->threads == profile->thread_count;
    for (uint32_t t = 0; t < synth->threads; t++) {
        wheel_set(&synth->makers, t, same ? profile->threads[t].requests : 1);
        wheel_set(&synth->enders, t, same ? profile->threads[t].cross_ends : 1);
    }
}

static void close_wheels(synth_t *synth) {
    uint32_t count = synth->profile->group_count;
    for (uint32_t g = 0; g < count; g++) {
        arena_free(synth->lives[g].sums, synth->lives[g].count, sizeof(double));
        arena_free(synth->moves[g].sums, synth->moves[g].count, sizeof(double));
    }
    arena_free(synth->lives, count, sizeof(wheel_t));
    arena_free(synth->moves, count, sizeof(wheel_t));
    arena_free(synth->births.sums, synth->births.count, sizeof(double));
    arena_free(synth->makers.sums, synth->makers.count, sizeof(double));
    arena_free(synth->enders.sums, synth->enders.count, sizeof(double));
    arena_free(synth->stays, count, sizeof(double));
    arena_free(synth->later.list, synth->later.room, sizeof(due_end_t));
    arena_free(synth->due.list, synth->due.room, sizeof(due_end_t));
}

/* A whole number that is `count` in the mean. */
static uint64_t round_at_random(synth_t *synth, double count) {
    return (uint64_t)count + (rng_unit(&synth->rng) < count - floor(count));
}

/* Of a table: an exponential life is what is left of it at any age, so that of a block in the
 * steady state is drawn as that of a new one. */
static void make_standing(synth_t *synth, uint64_t length) {
    const profile_t *profile = synth->profile;
    double standing = 0;
    for (uint32_t g = 0; g < profile->group_count; g++)
        standing += profile->groups[g].births[BORN_MALLOC] / profile->requests *
                    profile->groups[g].mean_life / 2 * synth->scale;
    if (standing >= (double)length)
        die("%.0f blocks are alive in the steady state: more than --length=%" PRIu64, standing,
            length);
    for (uint32_t g = 0; g < profile->group_count; g++) {
        const profile_group_t *group = &profile->groups[g];
        double live = group->births[BORN_MALLOC] / profile->requests * group->mean_life / 2;
        uint64_t count = round_at_random(synth, live * synth->scale);
        for (uint64_t i = 0; i < count && synth->event < length; i++) {
            uint32_t thread = wheel_draw(&synth->makers, &synth->rng);
            uint64_t address = make_block(synth, g, BORN_MALLOC, thread);
            plan_end(synth, g, address, thread);
        }
    }
}

static uint32_t threads_of(const options_t *options, const profile_t *profile) {
    uint64_t threads = profile->thread_count;
    if (options->threads != NULL && !number_parse(options->threads, 1, 1024, &threads))
        die_usage("--threads=%s: not a number from 1 to 1024", options->threads);
    return (uint32_t)threads;
}

void synth_make(const profile_t *profile, const options_t *options, trace_t *out) {
    double mean = profile->mean_live_bytes;
    synth_t synth = {
        .profile = profile,
        .later = {.list = arena_alloc(1024, sizeof(due_end_t)), .room = 1024},
        .due = {.list = arena_alloc(1024, sizeof(due_end_t)), .room = 1024},
        .scale = options->live_bytes > 0 && mean > 0 ? (double)options->live_bytes / mean : 1,
        .events_per_s = options->rate > 0 ? (double)options->rate : profile->events_per_s,
        .threads = threads_of(options, profile),
        .cross_share = profile->ends > 0 ? profile->cross_ends / profile->ends : 0};
    uint64_t length = options->length > 0 ? options->length : (uint64_t)profile->events;
    trace_error_t error = {.text = ""};
    if (options->length == 0 && profile->is_table)
        die("%s: says no length, so --length has to", options->words[1]);
    rng_seed(&synth.rng, options->seed);
    open_wheels(&synth);
    builder_open(&synth.builder, synth.events_per_s > 0 ? 1000 : 0, false);
    make_standing(&synth, length);
    while (synth.event < length) {
        if (synth.event == (uint64_t)profile->events)
            set_births(&synth, false);
        bool fertile = wheel_total(&synth.births) > 0;
        if (has_due(&synth, !fertile))
            end_block(&synth, pop_end(&synth.due));
        else if (fertile)
            give_birth(&synth);
        else
            break;
    }
    close_wheels(&synth);
    if (!builder_close(&synth.builder, options->words[2], out, &error))
        die("%s", error.text);
}

/* ---- how well it matches ---- */

static void print_row(const char *what, double wanted, double got) {
    printf("%-34s %16.6g %16.6g", what, wanted, got);
    if (wanted > 0)
        printf(" %+9.2f %%", 100 * (got / wanted - 1));
    printf("\n");
}

/* The largest difference of the two distributions over the groups, as Kolmogorov and Smirnov. */
static double distance_of_sizes(const profile_t *a, const profile_t *b) {
    double sum_a = 0, sum_b = 0, most = 0;
    for (uint32_t g = 0; g < a->group_count; g++) {
        sum_a += profile_group_requests(&a->groups[g]) / a->requests;
        sum_b += profile_group_requests(&b->groups[g]) / b->requests;
        most = fmax(most, fabs(sum_a - sum_b));
    }
    return most;
}

/* The share of group g's versions that lived less than 2^i events. */
static void add_lives(const profile_t *profile, double *lives) {
    double all = 0;
    for (uint32_t g = 0; g < profile->group_count; g++) {
        const profile_group_t *group = &profile->groups[g];
        for (unsigned i = 0; i < PROFILE_LIVES; i++) {
            double share = group->lives[i];
            if (group->mean_life > 0)
                share = group->births[BORN_MALLOC] *
                        (exp(-ldexp(1, (int)i) / group->mean_life * (i > 0)) -
                         exp(-ldexp(2, (int)i) / group->mean_life));
            lives[i] += share;
            all += share;
        }
    }
    for (unsigned i = 0; i < PROFILE_LIVES && all > 0; i++)
        lives[i] = lives[i] / all + (i == 0 ? 0 : lives[i - 1]);
}

static double distance_of_lives(const profile_t *a, const profile_t *b) {
    double lives_a[PROFILE_LIVES] = {0}, lives_b[PROFILE_LIVES] = {0}, most = 0;
    add_lives(a, lives_a);
    add_lives(b, lives_b);
    for (unsigned i = 0; i < PROFILE_LIVES; i++)
        most = fmax(most, fabs(lives_a[i] - lives_b[i]));
    return most;
}

static double births_share(const profile_t *profile, profile_birth_t birth) {
    double sum = 0;
    for (uint32_t g = 0; g < profile->group_count; g++)
        sum += profile->groups[g].births[birth];
    return percent_of(sum, profile->requests);
}

static double mean_request(const profile_t *profile) {
    double sum = 0;
    for (uint32_t g = 0; g < profile->group_count; g++)
        sum += profile_group_requests(&profile->groups[g]) *
               (double)(profile->groups[g].low + profile->groups[g].high) / 2;
    return sum / profile->requests;
}

void print_match(const profile_t *wanted, const profile_t *got) {
    printf("%-34s %16s %16s %11s\n", "", "profile", "synthetic", "difference");
    print_row("requests, % of events", percent_of(wanted->requests, wanted->events),
              percent_of(got->requests, got->events));
    print_row("mean request, bytes (by groups)", mean_request(wanted), mean_request(got));
    print_row("calloc, % of requests", births_share(wanted, BORN_CALLOC),
              births_share(got, BORN_CALLOC));
    print_row("aligned, % of requests", births_share(wanted, BORN_ALIGNED),
              births_share(got, BORN_ALIGNED));
    print_row("realloc, % of requests", births_share(wanted, BORN_REALLOC),
              births_share(got, BORN_REALLOC));
    print_row("ended by another thread, %", percent_of(wanted->cross_ends, wanted->ends),
              percent_of(got->cross_ends, got->ends));
    print_row("live bytes, mean", wanted->mean_live_bytes, got->mean_live_bytes);
    print_row("live bytes, peak", wanted->peak_live_bytes, got->peak_live_bytes);
    print_row("events a second", wanted->events_per_s, got->events_per_s);
    printf("%-34s %16s %16.4f\n", "sizes, largest difference", "0", distance_of_sizes(wanted, got));
    printf("%-34s %16s %16.4f\n", "lifetimes, largest difference", "0",
           distance_of_lives(wanted, got));
}

void run_synth(const options_t *options) {
    profile_t wanted, got;
    trace_t trace;
    char command[512];
    formats_check(options->words[2], NULL);
    profile_load(options->words[1], &wanted);
    synth_make(&wanted, options, &trace);
    snprintf(command, sizeof command, "haktrace synth %.300s --seed=%" PRIu64, options->words[1],
             options->seed);
    trace_set_text(&trace.command, &trace.command_bytes, command);
    formats_save(options->words[2], NULL, &trace);
    profile_read_as(&trace, &wanted, &got);
    printf("%s: %" PRIu64 " events, %u threads\n", options->words[2], trace.event_count,
           trace.thread_count);
    print_match(&wanted, &got);
    profile_free(&got);
    profile_free(&wanted);
    trace_unload(&trace);
}
