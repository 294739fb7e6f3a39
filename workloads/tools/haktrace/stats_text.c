/*
 * stats_text.c - the figures of a trace, for a reader.
 */
#include "commands.h"

#include <inttypes.h>

static double percent(uint64_t part, uint64_t whole) {
    return percent_of((double)part, (double)whole);
}

static uint64_t bucket_low(unsigned bucket) {
    return bucket == 0 ? 0 : UINT64_C(1) << (bucket - 1);
}

static void print_buckets(const trace_stats_t *stats) {
    printf("\n%14s %12s %8s %14s %8s\n", "size from", "requests", "%", "bytes", "%");
    for (unsigned i = 0; i < STATS_BUCKETS; i++) {
        if (stats->bucket_requests[i] == 0)
            continue;
        printf("%14" PRIu64 " %12" PRIu64 " %8.2f %14" PRIu64 " %8.2f\n", bucket_low(i),
               stats->bucket_requests[i], percent(stats->bucket_requests[i], stats->requests),
               stats->bucket_bytes[i], percent(stats->bucket_bytes[i], stats->requested_bytes));
    }
}

/* Rows from the first life that occurs to the last. */
static void print_lives(const profile_t *profile, bool timed) {
    double blocks = lives_sum(profile->block_lives), sum = 0, sum_ns = 0;
    unsigned last = 0;
    for (unsigned i = 0; i < PROFILE_LIVES; i++) {
        if (profile->block_lives[i] > 0 || (timed && profile->block_lives_ns[i] > 0))
            last = i;
    }
    printf("\nhow long the %.0f blocks lived that were freed, in events%s\n", blocks,
           timed ? " and in ns" : "");
    printf("%14s %12s %8s %8s", "life from", "events", "%", "sum");
    printf(timed ? " %12s %8s %8s\n" : "\n", "ns", "%", "sum");
    for (unsigned i = 0; i <= last && blocks > 0; i++) {
        sum += profile->block_lives[i];
        sum_ns += profile->block_lives_ns[i];
        printf("%14" PRIu64 " %12.0f %8.2f %8.2f", UINT64_C(1) << i, profile->block_lives[i],
               percent_of(profile->block_lives[i], blocks), percent_of(sum, blocks));
        if (timed)
            printf(" %12.0f %8.2f %8.2f", profile->block_lives_ns[i],
                   percent_of(profile->block_lives_ns[i], blocks), percent_of(sum_ns, blocks));
        printf("\n");
    }
}

static void print_curve(const profile_t *profile, bool timed) {
    enum { ROWS = 11, BAR = 40 };
    printf("\n%14s %s%14s %12s\n", "event", timed ? "        time " : "", "live bytes",
           "live blocks");
    for (unsigned i = 0; i < ROWS && profile->curve_count > 0; i++) {
        const profile_point_t *point = &profile->curve[i * (profile->curve_count - 1) / (ROWS - 1)];
        printf("%14" PRIu64, point->event);
        if (timed)
            printf(" %10.3f s", (double)point->time_ns / 1e9);
        printf(" %14" PRIu64 " %12" PRIu64 "  ", point->live_bytes, point->live_blocks);
        double share =
            profile->peak_live_bytes > 0 ? (double)point->live_bytes / profile->peak_live_bytes : 0;
        for (unsigned column = 0; column < (unsigned)(share * BAR + 0.5); column++)
            printf("#");
        printf("\n");
    }
}

static void print_sites(const trace_stats_t *stats) {
    printf("\n%14s %12s %8s %14s   of %" PRIu32 " call sites, those that ask most often\n", "site",
           "requests", "%", "bytes", stats->site_count);
    for (unsigned i = 0; i < stats->top_site_count; i++) {
        printf("      %08" PRIx32 " %12" PRIu64 " %8.2f %14" PRIu64 "\n", stats->top_sites[i].site,
               stats->top_sites[i].requests, percent(stats->top_sites[i].requests, stats->requests),
               stats->top_sites[i].bytes);
    }
}

static void print_events(const trace_t *trace, const trace_stats_t *stats) {
    printf("command          %s\n", trace->command == NULL ? "-" : trace->command);
    printf("events           %" PRIu64 ", %" PRIu32 " threads\n", trace->event_count,
           trace->thread_count);
    for (unsigned op = 0; op < TRACE_OPS; op++)
        printf("  %-14s %" PRIu64 "\n", trace_op_name(op), stats->ops[op]);
}

static void print_totals(const trace_t *trace, const trace_stats_t *stats) {
    printf("requested        %" PRIu64 " bytes in %" PRIu64 " requests of %" PRIu64 " sizes\n",
           stats->requested_bytes, stats->requests, stats->distinct_sizes);
    printf("32 to 64 KiB     %.2f %% of the requests, %.2f %% of the bytes\n",
           percent(stats->mid_requests, stats->requests),
           percent(stats->mid_bytes, stats->requested_bytes));
    printf("peak live        %" PRIu64 " bytes, %" PRIu64 " blocks\n", trace->peak_live_bytes,
           trace->peak_live_blocks);
    printf("never freed      %" PRIu64 " bytes, %" PRIu64 " blocks\n", stats->leftover_bytes,
           stats->leftover_blocks);
    printf("cross-thread     %.2f %% of the frees and reallocs\n",
           percent(stats->cross_uses, stats->uses));
    for (uint32_t t = 0; t < trace->thread_count && trace->thread_count > 1; t++)
        printf("  thread %-7" PRIu32 " %" PRIu64 " events\n", t, stats->thread_events[t]);
}

static void print_top(const trace_stats_t *stats) {
    printf("\n%14s %12s %8s   most requested sizes\n", "size", "requests", "%");
    for (unsigned i = 0; i < stats->top_count; i++) {
        printf("%14" PRIu64 " %12" PRIu64 " %8.2f\n", stats->top[i].bytes, stats->top[i].requests,
               percent(stats->top[i].requests, stats->requests));
    }
}

void print_stats_text(const subject_t *subject) {
    bool timed = subject->trace.times != NULL;
    print_events(&subject->trace, &subject->stats);
    print_totals(&subject->trace, &subject->stats);
    if (subject->profile.events_per_s > 0)
        printf("rate             %.0f events a second\n", subject->profile.events_per_s);
    print_buckets(&subject->stats);
    print_top(&subject->stats);
    print_lives(&subject->profile, timed);
    print_curve(&subject->profile, timed);
    if (subject->trace.sites != NULL)
        print_sites(&subject->stats);
}
