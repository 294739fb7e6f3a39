/*
 * team.c - see team.h.
 *
 * The clock is read by the main thread between two barriers: after the first all members have
 * filled their live set, the second lets them go. So neither thread creation nor a slow filler is
 * timed. Waiting at a barrier sleeps in the kernel and costs no CPU time.
 */
#include "common/team.h"

#include "common/arena.h"
#include "common/die.h"
#include "common/resident.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/resource.h>

enum {
    STACK_BYTES = 256 * 1024,
    STACK_TOUCH_BYTES = 32 * 1024,
    DRAIN_REST_MS = MEMORY_DRAIN_FIRST_MS
};

/* The sample that is being measured, in the main thread during its run; NULL elsewhere. */
static _Thread_local sample_t *running;

typedef struct team {
    const team_job_t *job;
    pthread_barrier_t barrier;
} team_t;

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

static void timed_run(team_t *team, sample_t *sample) {
    struct rusage before, after;
    meet(team);
    memory_note(&sample->memory, MEMORY_START);
    clock_mark(CLOCK_MARK_START);
    getrusage(RUSAGE_SELF, &before);
    uint64_t start_ns = clock_ns();
    meet(team);
    running = sample;
    team->job->run(team->job->context, 0);
    running = NULL;
    meet(team);
    sample->wall_ns = clock_ns() - start_ns;
    getrusage(RUSAGE_SELF, &after);
    clock_mark(CLOCK_MARK_END);
    memory_note(&sample->memory, MEMORY_END);
    sample->cpu_user_ns = ns_of(after.ru_utime) - ns_of(before.ru_utime);
    sample->cpu_sys_ns = ns_of(after.ru_stime) - ns_of(before.ru_stime);
    sample->minor_faults = (uint64_t)(after.ru_minflt - before.ru_minflt);
    sample->major_faults = (uint64_t)(after.ru_majflt - before.ru_majflt);
}

void team_note_tenth(void) {
    if (running == NULL)
        return;
    running->rss_anon_tenth_bytes =
        (int64_t)resident_anon_bytes() - (int64_t)running->rss_anon_base_bytes;
    running->has_tenth = true;
}

void team_measure(const team_job_t *job, unsigned members, sample_t *sample) {
    team_t team = {.job = job};
    member_t *list = arena_alloc(members, sizeof *list);
    pthread_barrier_init(&team.barrier, NULL, members);
    touch_stack();
    start_members(list, &team, members);

    meet(&team);
    int64_t base = (int64_t)resident_anon_bytes();
    resident_reset_peak();
    sample->rss_anon_base_bytes = (uint64_t)base;
    memory_note(&sample->memory, MEMORY_BASE);
    meet(&team);
    if (job->fill != NULL)
        job->fill(job->context, 0);
    timed_run(&team, sample);

    if (job->rest_ms > 0)
        clock_sleep_ms(job->rest_ms);
    sample->rss_anon_steady_bytes = (int64_t)resident_anon_bytes() - base;
    memory_note(&sample->memory, MEMORY_STEADY);
    meet(&team);
    job->drain(job->context, 0);
    meet(&team);
    memory_note(&sample->memory, MEMORY_DRAINED);
    clock_sleep_ms(DRAIN_REST_MS);
    sample->rss_anon_drain_bytes = (int64_t)resident_anon_bytes() - base;
    sample->rss_anon_peak_bytes = (int64_t)resident_anon_peak_bytes() - base;
    memory_watch_drain(&sample->memory, base, sample->rss_anon_drain_bytes);
    meet(&team);

    for (unsigned i = 1; i < members; i++)
        pthread_join(list[i].thread, NULL);
    pthread_barrier_destroy(&team.barrier);
    arena_free(list, members, sizeof *list);
    sample->threads = members;
}
