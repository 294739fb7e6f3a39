/*
 * team.c - see team.h.
 *
 * The clock is read by the main thread between two barriers: after the first all members have
 * filled their live set, the second lets them go. So neither thread creation nor a slow filler is
 * timed. Waiting at a barrier sleeps in the kernel and costs no CPU time.
 */
#include "common/team.h"

#include "common/arena.h"
#include "shared/die.h"
#include "shared/number.h"
#include "common/resident.h"
#include "common/turns.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    STACK_BYTES = 256 * 1024,
    STACK_TOUCH_BYTES = 32 * 1024,
    DRAIN_REST_MS = MEMORY_DRAIN_FIRST_MS
};

/* The sample that is being measured, in the main thread during its run; NULL elsewhere. */
static _Thread_local sample_t *running;

typedef struct team {
    const team_job_t *job;
    unsigned members;
    pthread_barrier_t barrier;
    uint64_t rounds; /* of the next turn; 0: there is none */
    team_tally_t first_round;
    uint64_t delay_steps; /* of each member, after each round */
} team_t;

uint64_t team_delay_ps;

void team_delay_parse(const char *text) {
    if (!number_parse(text, 0, UINT32_MAX, &team_delay_ps))
        die_usage("--delay-ps=%s: not a number from 0 to %u", text, UINT32_MAX);
}

typedef struct member {
    team_t *team;
    unsigned number;
    pthread_t thread;
} member_t;

static void meet(team_t *team) {
    pthread_barrier_wait(&team->barrier);
}

/* The stack is the driver's memory: pages that the run will use are made resident before the base
 * reading. */
static __attribute__((noinline)) void touch_stack(void) {
    volatile char below[STACK_TOUCH_BYTES];
    for (size_t i = 0; i < sizeof below; i += 1024)
        below[i] = 1;
}

/* Another turn, as member 0 has said? */
static bool take_turn(team_t *team) {
    if (!turns_wanted())
        return false;
    meet(team);
    return team->rounds > 0;
}

/* Dependent steps that touch no memory; their number is fixed, so that a delay is the same work in
 * every round. */
static __attribute__((noinline)) uint64_t spin(uint64_t steps) {
    uint64_t x = steps;
    for (uint64_t i = 0; i < steps; i++)
        x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return x;
}

static volatile uint64_t spun; /* so that it is not left out */

static double steps_per_ns(void) {
    enum { TRIES = 20, STEPS = 100000 };
    double best = 0;
    for (int i = 0; i < TRIES; i++) {
        uint64_t start = clock_ns();
        spun = spin(STEPS);
        double own = (double)STEPS / (double)(clock_ns() - start + 1);
        best = own > best ? own : best;
    }
    return best;
}

static void run_rounds(team_t *team, unsigned member) {
    for (uint64_t i = 0; i < team->rounds; i++) {
        team->job->run(team->job->context, member);
        if (team->delay_steps > 0)
            spun = spin(team->delay_steps);
    }
}

static void *member_main(void *argument) {
    const member_t *member = argument;
    team_t *team = member->team;
    const team_job_t *job = team->job;
    touch_stack();
    meet(team); /* all there */
    meet(team); /* base was read */
    if (job->fill != NULL)
        job->fill(job->context, member->number);
    meet(team); /* all filled */
    meet(team); /* the clock runs */
    job->run(job->context, member->number);
    meet(team); /* all done */
    while (take_turn(team)) {
        meet(team); /* the clock runs */
        run_rounds(team, member->number);
        meet(team); /* all done */
    }
    meet(team); /* steady was read */
    job->drain(job->context, member->number);
    meet(team); /* all freed */
    meet(team); /* drain was read */
    return NULL;
}

static void start_members(member_t *members, team_t *team, unsigned count) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    for (unsigned i = 1; i < count; i++) {
        members[i] = (member_t){.team = team, .number = i};
        errno = pthread_create(&members[i].thread, &attributes, member_main, &members[i]);
        if (errno != 0)
            die_errno("cannot start thread %u of %u", i, count);
    }
    pthread_attr_destroy(&attributes);
}

static uint64_t ns_of(struct timeval time) {
    return (uint64_t)time.tv_sec * UINT64_C(1000000000) + (uint64_t)time.tv_usec * 1000;
}

/* What a timed part cost. */
typedef struct cost {
    uint64_t wall_ns, cpu_user_ns, cpu_sys_ns, minor_faults, major_faults;
    uint64_t switches;  /* off the processor against its will */
    uint64_t waited_ns; /* of the main thread, ready to run without a processor */
} cost_t;

typedef struct reading {
    struct rusage usage;
    uint64_t clock_ns, waited_ns;
} reading_t;

/* Since the thread began, by the kernel: "on the processor, waiting for it, slices"; 0: it does not
 * tell. */
static uint64_t read_waited_ns(void) {
    char text[128] = "";
    unsigned long long ran, waited = 0;
    int fd = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    return got > 0 && sscanf(text, "%llu %llu", &ran, &waited) == 2 ? waited : 0;
}

/* The clock is read last where a part begins, first where it ends. */
static void begin(reading_t *start) {
    start->waited_ns = turns_wanted() ? read_waited_ns() : 0;
    getrusage(RUSAGE_SELF, &start->usage);
    start->clock_ns = clock_ns();
}

static cost_t finish(const reading_t *start) {
    cost_t out = {.wall_ns = clock_ns() - start->clock_ns};
    const struct rusage *before = &start->usage;
    struct rusage after;
    getrusage(RUSAGE_SELF, &after);
    out.cpu_user_ns = ns_of(after.ru_utime) - ns_of(before->ru_utime);
    out.cpu_sys_ns = ns_of(after.ru_stime) - ns_of(before->ru_stime);
    out.minor_faults = (uint64_t)(after.ru_minflt - before->ru_minflt);
    out.major_faults = (uint64_t)(after.ru_majflt - before->ru_majflt);
    out.switches = (uint64_t)(after.ru_nivcsw - before->ru_nivcsw);
    out.waited_ns = turns_wanted() ? read_waited_ns() - start->waited_ns : 0;
    return out;
}

static void add_cost(sample_t *sample, const cost_t *cost) {
    sample->wall_ns += cost->wall_ns;
    sample->cpu_user_ns += cost->cpu_user_ns;
    sample->cpu_sys_ns += cost->cpu_sys_ns;
    sample->minor_faults += cost->minor_faults;
    sample->major_faults += cost->major_faults;
}

/* Into `filled` what is done before the run; all members have met then. */
static void timed_run(team_t *team, sample_t *sample, team_tally_t *filled) {
    reading_t start;
    meet(team);
    if (turns_wanted())
        *filled = team->job->tally(team->job->context);
    memory_note(&sample->memory, MEMORY_START);
    clock_mark(CLOCK_MARK_START);
    begin(&start);
    meet(team);
    running = sample;
    team->job->run(team->job->context, 0);
    running = NULL;
    meet(team);
    cost_t cost = finish(&start);
    clock_mark(CLOCK_MARK_END);
    memory_note(&sample->memory, MEMORY_END);
    if (!turns_wanted())
        add_cost(sample, &cost);
}

/* ---- turns ---- */

static void write_line(char line[TURNS_LINE_BYTES], const char *word, const cost_t *cost,
                       uint64_t ops, unsigned threads) {
    snprintf(line, TURNS_LINE_BYTES,
             "%s {\"ops\":%" PRIu64 ",\"wall_ns\":%" PRIu64 ",\"cpu_ns\":%" PRIu64
             ",\"sys_ns\":%" PRIu64 ",\"faults\":%" PRIu64 ",\"switches\":%" PRIu64
             ",\"waited_ns\":%" PRIu64 ",\"processor\":%d,\"clock_asked\":%" PRIu64
             ",\"threads\":%u}",
             word, ops, cost->wall_ns, cost->cpu_user_ns + cost->cpu_sys_ns, cost->cpu_sys_ns,
             cost->minor_faults + cost->major_faults, cost->switches, cost->waited_ns,
             sched_getcpu(), turns_clock_asked(), threads);
}

static team_tally_t tally_since(const team_t *team, team_tally_t before) {
    team_tally_t now = team->job->tally(team->job->context);
    return (team_tally_t){now.ops - before.ops, now.checksum - before.checksum,
                          now.null_returns - before.null_returns};
}

/* A round that differs from the first is another piece of work, and its time is not comparable. */
static void check_rounds(const team_t *team, const team_tally_t *done) {
    const team_tally_t *one = &team->first_round;
    bool nulls = one->null_returns + done->null_returns > 0;
    if (!nulls && (done->checksum != one->checksum * team->rounds))
        die("a round's checksum differs from the first one's: the work is not the same");
}

static cost_t one_turn(team_t *team) {
    reading_t start;
    meet(team); /* they know how many rounds */
    begin(&start);
    meet(team);
    run_rounds(team, 0);
    meet(team);
    return finish(&start);
}

/* As the lab says, until it says that it is enough. */
static void take_turns(team_t *team, sample_t *sample, const cost_t *first, uint64_t first_ops) {
    char line[TURNS_LINE_BYTES];
    turns_word_t word;
    write_line(line, "ready", first, first_ops, team->members);
    while ((word = turns_wait(line, &team->rounds)) != TURNS_END && word != TURNS_LEAVE) {
        if (word == TURNS_START)
            die("--turns: it has started already");
        team_tally_t before = team->job->tally(team->job->context);
        cost_t cost = one_turn(team);
        team_tally_t done = tally_since(team, before);
        check_rounds(team, &done);
        if (word == TURNS_COUNTED) {
            add_cost(sample, &cost);
            sample->turn_ops += done.ops;
        }
        write_line(line, "done", &cost, done.ops, team->members);
    }
    meet(team); /* no further turn */
    sample->in_turns = true;
    sample->leaves = word == TURNS_LEAVE;
}

/* Fill and first round; in turns these are the start, and are timed together. */
static void work(team_t *team, sample_t *sample) {
    const team_job_t *job = team->job;
    team_tally_t nothing = {0}, filled = {0};
    reading_t start;
    begin(&start);
    if (turns_wanted() && team->members == 1)
        turns_begin_parts();
    if (job->fill != NULL)
        job->fill(job->context, 0);
    timed_run(team, sample, &filled);
    if (turns_wanted()) {
        turns_end_parts();
        cost_t cost = finish(&start);
        /* The same work for all: how many rounds follow depends on speed. */
        sample->rss_anon_peak_bytes =
            (int64_t)resident_anon_peak_bytes() - (int64_t)sample->rss_anon_base_bytes;
        team->first_round = tally_since(team, filled);
        sample->turn_checksum = tally_since(team, nothing).checksum;
        if (team_delay_ps > 0)
            team->delay_steps = (uint64_t)((double)team_delay_ps / 1000 * steps_per_ns() *
                                           (double)team->first_round.ops / team->members);
        take_turns(team, sample, &cost, tally_since(team, nothing).ops);
    }
}

void team_note_tenth(void) {
    if (running == NULL)
        return;
    running->rss_anon_tenth_bytes =
        (int64_t)resident_anon_bytes() - (int64_t)running->rss_anon_base_bytes;
    running->has_tenth = true;
}

/* The resident set was read. */
static void look_at(const team_job_t *job, sample_t *sample, memory_point_t point) {
    memory_note(&sample->memory, point);
    if (job->look != NULL)
        job->look(job->context, point);
}

void team_measure(const team_job_t *job, unsigned members, sample_t *sample) {
    team_t team = {.job = job, .members = members};
    if (turns_wanted() && job->tally == NULL)
        die_usage("--turns: this driver's work cannot be repeated");
    member_t *list = arena_alloc(members, sizeof *list);
    pthread_barrier_init(&team.barrier, NULL, members);
    touch_stack();
    start_members(list, &team, members);

    meet(&team);
    if (turns_wanted() && turns_wait("loaded", &team.rounds) != TURNS_START)
        die("--turns: \"start\" comes first");
    int64_t base = (int64_t)resident_anon_bytes();
    resident_reset_peak();
    sample->rss_anon_base_bytes = (uint64_t)base;
    look_at(job, sample, MEMORY_BASE);
    meet(&team);
    work(&team, sample);

    if (job->rest_ms > 0)
        clock_sleep_ms(job->rest_ms);
    sample->rss_anon_steady_bytes = (int64_t)resident_anon_bytes() - base;
    look_at(job, sample, MEMORY_STEADY);
    meet(&team);
    job->drain(job->context, 0);
    meet(&team);
    if (turns_wanted())
        turns_say("drained");
    memory_note(&sample->memory, MEMORY_DRAINED);
    if (!sample->leaves) {
        clock_sleep_ms(DRAIN_REST_MS);
        sample->rss_anon_drain_bytes = (int64_t)resident_anon_bytes() - base;
    }
    if (!sample->in_turns)
        sample->rss_anon_peak_bytes = (int64_t)resident_anon_peak_bytes() - base;
    memory_watch_drain(&sample->memory, base, sample->rss_anon_drain_bytes);
    meet(&team);

    for (unsigned i = 1; i < members; i++)
        pthread_join(list[i].thread, NULL);
    pthread_barrier_destroy(&team.barrier);
    arena_free(list, members, sizeof *list);
    sample->threads = members;
}
