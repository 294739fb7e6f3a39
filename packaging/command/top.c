/* top.c - see top.h. On a terminal each table is drawn over the one before, and cut to its height;
 * elsewhere all of them are printed whole, one behind the other. */
#include "top.h"

#include "die.h"
#include "figures.h"

#include <jansson.h>
#include <stdio.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { HEAD_LINES = 6, ANY_LINES = 100000 };

static bool is_shown(const published_row_t *row) {
    return row->live_bytes != 0 || row->cached_bytes != 0 || row->threshold != 0 ||
           row->exhaustion != 0 || row->mapfail != 0;
}

static int by_live_bytes(const void *left, const void *right) {
    const published_row_t *a = left, *b = right;
    if (a->live_bytes != b->live_bytes)
        return a->live_bytes < b->live_bytes ? 1 : -1;
    if (a->cached_bytes != b->cached_bytes)
        return a->cached_bytes < b->cached_bytes ? 1 : -1;
    return (a->class_bytes > b->class_bytes) - (a->class_bytes < b->class_bytes);
}

/* Brings the rows that are shown to the front, sorted; their number. */
static unsigned sort_rows(published_t *figures) {
    unsigned count = 0;
    for (unsigned i = 0; i < PUBLISHED_ROWS; i++) {
        if (is_shown(&figures->rows[i]))
            figures->rows[count++] = figures->rows[i];
    }
    qsort(figures->rows, count, sizeof figures->rows[0], by_live_bytes);
    return count;
}

static const char *pool_name(const published_t *figures, const published_row_t *row) {
    return row->pool < PUBLISHED_POOLS ? figures->pools[row->pool] : "?";
}

/* Of what the program asked for, in per cent; 0 where nothing lives. */
static double waste_percent(uint64_t live, uint64_t requested) {
    return requested == 0 || live < requested
               ? 0
               : 100.0 * (double)(live - requested) / (double)requested;
}

static double age_seconds(const published_t *figures) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    double age =
        (double)now.tv_sec + (double)now.tv_nsec / 1e9 - (double)figures->published_ns / 1e9;
    return age > 0 ? age : 0;
}

typedef struct bytes_text {
    char text[24];
} bytes_text_t;

static bytes_text_t in_units(uint64_t bytes) {
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    unsigned unit = 0;
    double value = (double)bytes;
    for (; value >= 1024 && unit < sizeof units / sizeof units[0] - 1; unit++)
        value /= 1024;
    bytes_text_t out;
    snprintf(out.text, sizeof out.text, "%.*f %s", unit == 0 ? 0 : 1, value, units[unit]);
    return out;
}

static uint64_t sum_of(const published_t *figures, unsigned rows, size_t offset) {
    uint64_t sum = 0;
    for (unsigned i = 0; i < rows; i++)
        sum += *(const uint64_t *)((const char *)&figures->rows[i] + offset);
    return sum;
}
#define SUM(figures, rows, field) sum_of(figures, rows, offsetof(published_row_t, field))

/* ---- JSON: one object a line ---- */

static json_t *whole(uint64_t value) {
    return json_integer((json_int_t)value);
}

static json_t *failures(uint64_t threshold, uint64_t exhaustion, uint64_t mapfail) {
    return json_pack("{s:o, s:o, s:o}", "threshold", whole(threshold), "exhaustion",
                     whole(exhaustion), "mapfail", whole(mapfail));
}

static json_t *row_to_json(const published_t *figures, const published_row_t *row) {
    bool is_counted = row->live_blocks != PUBLISHED_UNKNOWN;
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "pool", pool_name(figures, row),
                     "class_bytes", whole(row->class_bytes), "live_blocks",
                     is_counted ? whole(row->live_blocks) : json_null(), "live_bytes",
                     whole(row->live_bytes), "requested_bytes", whole(row->requested_bytes),
                     "cached_bytes", whole(row->cached_bytes), "failures",
                     failures(row->threshold, row->exhaustion, row->mapfail));
}

static void print_json(const published_t *figures, pid_t process, unsigned rows) {
    json_t *classes = json_array();
    for (unsigned i = 0; i < rows; i++)
        json_array_append_new(classes, row_to_json(figures, &figures->rows[i]));
    json_t *memory = json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o}", "live_bytes", whole(figures->live_bytes),
        "requested_bytes", whole(figures->requested_bytes), "cached_bytes",
        whole(figures->cached_bytes), "metadata_bytes", whole(figures->metadata_bytes),
        "mapped_bytes", whole(figures->mapped_bytes), "purged_bytes", whole(figures->purged_bytes));
    json_t *program = json_string(figures->program); /* NULL: it is no UTF-8 */
    json_t *object = json_pack(
        "{s:s, s:{s:i, s:o}, s:f, s:o, s:o, s:o, s:o}", "version", figures->version, "process",
        "id", (int)process, "program", program != NULL ? program : json_string("?"), "age_seconds",
        age_seconds(figures), "bypass",
        figures->bypass[0] != '\0' ? json_string(figures->bypass) : json_null(), "failures",
        failures(SUM(figures, rows, threshold), SUM(figures, rows, exhaustion),
                 SUM(figures, rows, mapfail)),
        "memory", memory, "classes", classes);
    if (object == NULL || json_dumpf(object, stdout, JSON_REAL_PRECISION(6)) != 0)
        die("cannot write the figures");
    putchar('\n');
    json_decref(object);
}

/* ---- a table ---- */

static void print_head(const published_t *figures, pid_t process, unsigned rows) {
    printf("process %d (%s) on hakmem %s; figures of %.1f s ago\n", (int)process, figures->program,
           figures->version, age_seconds(figures));
    if (figures->bypass[0] != '\0')
        printf("%s: libc serves requests instead of hakmem\n", figures->bypass);
    else
        putchar('\n');
    printf("live %s, asked for %s, waste %.1f %%; cached %s, mapped %s, records %s\n",
           in_units(figures->live_bytes).text, in_units(figures->requested_bytes).text,
           waste_percent(figures->live_bytes, figures->requested_bytes),
           in_units(figures->cached_bytes).text, in_units(figures->mapped_bytes).text,
           in_units(figures->metadata_bytes).text);
    printf("failures: Threshold %llu, Exhaustion %llu, MapFail %llu\n\n",
           (unsigned long long)SUM(figures, rows, threshold),
           (unsigned long long)SUM(figures, rows, exhaustion),
           (unsigned long long)SUM(figures, rows, mapfail));
    printf("%9s %-8s %10s %12s %12s %7s %12s %10s %10s %8s\n", "class", "pool", "blocks", "live",
           "asked for", "waste", "cached", "Threshold", "Exhaustion", "MapFail");
}

static void print_row(const published_t *figures, const published_row_t *row) {
    char size[24] = "-", blocks[24] = "-", waste[24] = "-";
    if (row->class_bytes != 0)
        snprintf(size, sizeof size, "%llu", (unsigned long long)row->class_bytes);
    if (row->live_blocks != PUBLISHED_UNKNOWN)
        snprintf(blocks, sizeof blocks, "%llu", (unsigned long long)row->live_blocks);
    if (row->requested_bytes != 0)
        snprintf(waste, sizeof waste, "%.1f %%",
                 waste_percent(row->live_bytes, row->requested_bytes));
    printf("%9s %-8s %10s %12s %12s %7s %12s %10llu %10llu %8llu\n", size, pool_name(figures, row),
           blocks, in_units(row->live_bytes).text, in_units(row->requested_bytes).text, waste,
           in_units(row->cached_bytes).text, (unsigned long long)row->threshold,
           (unsigned long long)row->exhaustion, (unsigned long long)row->mapfail);
}

/* How many lines there is room for. */
static unsigned lines_of_terminal(void) {
    struct winsize size;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > HEAD_LINES + 2
               ? size.ws_row
               : HEAD_LINES + 18;
}

static void print_table(const published_t *figures, pid_t process, unsigned rows,
                        const top_setup_t *setup) {
    bool redraws = !setup->once && isatty(STDOUT_FILENO);
    unsigned room = redraws ? lines_of_terminal() - HEAD_LINES - 1 : ANY_LINES;
    if (redraws)
        fputs("\033[H\033[2J", stdout);
    print_head(figures, process, rows);
    for (unsigned i = 0; i < rows && i < room; i++)
        print_row(figures, &figures->rows[i]);
    if (!redraws && !setup->once)
        putchar('\n');
}

static void show(published_t *figures, pid_t process, const top_setup_t *setup) {
    unsigned rows = sort_rows(figures);
    if (setup->as_json)
        print_json(figures, process, rows);
    else
        print_table(figures, process, rows, setup);
    if (fflush(stdout) != 0)
        die_errno("cannot write the figures");
}

static void say_there_is_none(pid_t process) {
    const char *left = figures_clean_up(process);
    if (left != NULL)
        warn("there is no process %d; it was killed, or ended without exit, and left its file, "
             "%s, which is removed now",
             (int)process, left);
    else
        warn("there is no process %d", (int)process);
}

int top_show(pid_t process, const top_setup_t *setup) {
    static published_t figures;
    char *trouble;
    for (bool first = true;; first = false) {
        figures_result_t result = figures_take(process, &figures, &trouble);
        if (result == FIGURES_ENDED && !first) {
            figures_clean_up(process);
            warn("process %d has ended", (int)process);
            return 0;
        }
        if (result == FIGURES_ENDED) {
            say_there_is_none(process);
            return 1;
        }
        if (result == FIGURES_NONE) {
            warn("%s", trouble);
            return 1;
        }
        show(&figures, process, setup);
        if (setup->once)
            return 0;
        double whole_seconds = (double)(time_t)setup->interval_seconds;
        nanosleep(
            &(struct timespec){.tv_sec = (time_t)whole_seconds,
                               .tv_nsec = (long)((setup->interval_seconds - whole_seconds) * 1e9)},
            NULL);
    }
}
