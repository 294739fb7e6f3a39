/*
 * figures.c - haktrace stats: text, JSON, and figures by gnuplot.
 */
#include "commands.h"
#include "figure.h"
#include "formats.h"

#include "shared/die.h"

#include <inttypes.h>
#include <string.h>

enum { HEIGHT = 480 };

/* Of requests and of their bytes, a doubling a bar. */
static void draw_sizes(const subject_t *subject, const char *folder, const char *title) {
    char path[FIGURE_PATH_BYTES];
    const trace_stats_t *stats = &subject->stats;
    FILE *script = figure_open(folder, "sizes", title, HEIGHT, path);
    fprintf(script, stats->requests == 0 ? "$data << END\n1 0 0\n" : "$data << END\n");
    for (unsigned i = 0; i < STATS_BUCKETS; i++) {
        if (stats->bucket_requests[i] > 0)
            fprintf(script, "%" PRIu64 " %.4f %.4f\n", i == 0 ? 1 : UINT64_C(1) << (i - 1),
                    percent_of((double)stats->bucket_requests[i], (double)stats->requests),
                    percent_of((double)stats->bucket_bytes[i], (double)stats->requested_bytes));
    }
    fprintf(script,
            "END\nset xlabel 'size of the request, from'\nset ylabel '%%'\n"
            "set logscale x 2\nset yrange [0:*]\nset key top right\nset xtics ()\n"
            "do for [i=0:48:2] { set xtics add (sprintf('%%d %%s', 2**(i%%10), "
            "word('B KiB MiB GiB TiB', i/10+1)) 2.0**i) }\n"
            "plot $data using ($1*1.19):2:($1*0.42) with boxes fs solid 0.8 lc rgb '#0072b2' "
            "title 'of the requests', "
            "$data using ($1*1.68):3:($1*0.42) with boxes fs solid 0.8 lc rgb '#e69f00' "
            "title 'of the bytes'\n");
    figure_draw(script, folder, path);
}

/* From `least` on: nothing is known of shorter ones. */
static void write_lives(FILE *script, const char *name, const double *lives, double unit,
                        uint64_t least) {
    double sum = 0, all = lives_sum(lives);
    fprintf(script, "$%s << END\n", name);
    for (unsigned i = 0; i < PROFILE_LIVES; i++) {
        sum += lives[i];
        if (sum > 0 && UINT64_C(2) << i >= least)
            fprintf(script, "%.9g %.4f\n", (double)(UINT64_C(2) << i) * unit, percent_of(sum, all));
        if (sum == all)
            break;
    }
    fprintf(script, all == 0 ? "1 0\n10 0\nEND\n" : "END\n"); /* a figure of nothing is still one */
}

static void draw_lives(const subject_t *subject, const char *folder, const char *title) {
    char path[FIGURE_PATH_BYTES];
    bool timed = subject->trace.times != NULL;
    FILE *script = figure_open(folder, "lifetimes", title, HEIGHT, path);
    write_lives(script, "events", subject->profile.block_lives, 1, 1);
    if (timed)
        write_lives(script, "times", subject->profile.block_lives_ns, 1e-9,
                    subject->trace.time_unit_ns);
    fprintf(script,
            "set ylabel 'freed within, %% of the %.0f blocks that were freed'\n"
            "set yrange [0:100]\nset xlabel 'events'\nset logscale x 10\n"
            "set format x '%%.0s%%c'\nset key bottom right\n",
            lives_sum(subject->profile.block_lives));
    if (timed)
        fprintf(script, "set x2label 'time'\nset logscale x2 10\nset x2tics\n"
                        "set format x2 '%%.0s%%cs'\nset border 7\n");
    fprintf(script, "plot $events using 1:2 with steps lw 2 lc rgb '#0072b2' title 'in events'%s\n",
            timed ? ", $times using 1:2 axes x2y1 with steps lw 2 lc rgb '#e69f00' title 'in time'"
                  : "");
    figure_draw(script, folder, path);
}

static void draw_live(const subject_t *subject, const char *folder, const char *title) {
    char path[FIGURE_PATH_BYTES];
    bool timed = subject->trace.times != NULL;
    const profile_t *profile = &subject->profile;
    FILE *script = figure_open(folder, "live", title, HEIGHT, path);
    fprintf(script, "$data << END\n");
    for (uint32_t i = 0; i < profile->curve_count; i++) {
        const profile_point_t *point = &profile->curve[i];
        fprintf(script, "%.9g %.6f %" PRIu64 "\n",
                timed ? (double)point->time_ns / 1e9 : (double)point->event,
                (double)point->live_bytes / 1048576, point->live_blocks);
    }
    fprintf(script,
            "END\nset xlabel '%s'\nset ylabel 'live, MiB'\nset y2label 'live blocks'\n"
            "set y2tics\nset border 11\nset yrange [0:*]\nset y2range [0:*]\nset key top left\n"
            "plot $data using 1:2 with lines lw 2 lc rgb '#0072b2' title 'bytes as requested', "
            "$data using 1:3 axes x1y2 with lines lc rgb '#e69f00' title 'blocks'\n",
            timed ? "seconds" : "events");
    figure_draw(script, folder, path);
}

void draw_figures(const subject_t *subject, const char *folder) {
    char title[128] = "";
    const char *command = subject->trace.command;
    snprintf(title, sizeof title, "%s", command == NULL ? "" : command);
    for (char *at = title; *at != '\0'; at++) {
        if (*at == '"' || *at == '\\' || *at == '`' || (unsigned char)*at < ' ')
            *at = ' ';
    }
    draw_sizes(subject, folder, title);
    draw_lives(subject, folder, title);
    draw_live(subject, folder, title);
    warn("%s: sizes.svg, lifetimes.svg, live.svg", folder);
}

void run_stats(const options_t *options) {
    static subject_t subject;
    formats_load(options->words[1], &subject.trace);
    trace_stats_read(&subject.trace, &subject.stats);
    profile_read(&subject.trace, &subject.profile);
    if (options->json)
        print_stats_json(&subject);
    else
        print_stats_text(&subject);
    fflush(stdout); /* also where a figure fails */
    if (options->figures != NULL)
        draw_figures(&subject, options->figures);
    profile_free(&subject.profile);
    trace_stats_free(&subject.stats);
    trace_unload(&subject.trace);
}
