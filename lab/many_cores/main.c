/*
 * main.c - many_cores: how hakmem would do on more cores than there are, by simulation.
 *
 *   many_cores [--shape=NAME] [--cores=1,2,4,...] [--ops=N] [--work=NS] [--transfer=NS] [--seed=N]
 *              [--places]
 *   many_cores --list       the shapes, and what they do
 *
 * --places writes on stderr, after each row, where in the program lines came from other cores: how
 * many for each 1,000 operations, and an offset into bin/many_cores for addr2line.
 *
 * Writes a table in CSV on stdout, a row for each shape and number of cores (of pairs, even ones):
 *
 *   shape, cores
 *   ops            malloc and free, of all cores
 *   ns_per_op      of one core, in simulated time, the program's work with it
 *   speedup        operations in a time over those of one core (of the fewest cores, times these)
 *   transfers      lines of the allocator's that another core had, for each 1,000 operations
 *   block_transfers  the same, lines in the program's blocks
 *   class_locks, heap_locks, meta_locks, all_locks   taken, for each 1,000 operations
 *   waited_percent of the time: for locks
 *   moved_percent  of the time: for lines on their way
 *   busiest_lock_percent  of the time that a lock of the heap, or of metadata, was held
 *   calls          system calls for each million operations
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <unistd.h>

#include "cores.h"
#include "die.h"
#include "hakmem.h"
#include "os/lock.h"
#include "shapes.h"

static costs_t costs = {
    .access_ns = 0.4, .locked_ns = 5, .shared_ns = 25, .transfer_ns = 60, .call_ns = 1000};
static const char *only_shape;
static bool shows_places;
static unsigned cores_list[32] = {1, 2, 4, 8, 16, 32, 64};
static unsigned cores_count = 7;
static unsigned long ops_least = 8000, ops_in_all = 60000, seed = 1;

static double number(const char *option, const char *text, double least, double most) {
    char *end;
    errno = 0;
    double value = strtod(text, &end);
    if (errno != 0 || end == text || *end != '\0' || !(value >= least && value <= most)) {
        die_usage("%s=%s: a number from %g to %g is expected", option, text, least, most);
    }
    return value;
}

static void read_cores(const char *text) {
    char copy[256], *rest = copy, *word;
    if (strlen(text) >= sizeof(copy)) {
        die_usage("--cores: the list is too long");
    }
    strcpy(copy, text);
    cores_count = 0;
    while ((word = strsep(&rest, ",")) != NULL) {
        if (cores_count == sizeof(cores_list) / sizeof(cores_list[0])) {
            die_usage("--cores=%s: more than 32 numbers", text);
        }
        double cores = number("--cores", word, 1, CORES_MOST);
        if (cores != (unsigned)cores) {
            die_usage("--cores=%s: whole numbers are expected", text);
        }
        cores_list[cores_count++] = (unsigned)cores;
    }
}

static const char *value_of(const char *argument, const char *option) {
    size_t length = strlen(option);
    return strncmp(argument, option, length) == 0 && argument[length] == '=' ? argument + length + 1
                                                                             : NULL;
}

static const char *known_shape(const char *name) {
    for (size_t i = 0; i < shape_count; i++) {
        if (strcmp(name, shapes[i].name) == 0) {
            return name;
        }
    }
    die_usage("--shape=%s: there is no such shape; --list tells them", name);
}

static void list_shapes(void) {
    for (size_t i = 0; i < shape_count; i++) {
        printf("%s\t%s\n", shapes[i].name, shapes[i].about);
    }
    exit(0);
}

static void read_options(int argc, char **argv) {
    shape_options.work_ns = 100;
    for (int i = 1; i < argc; i++) {
        const char *value;
        if ((value = value_of(argv[i], "--shape")) != NULL) {
            only_shape = known_shape(value);
        } else if ((value = value_of(argv[i], "--cores")) != NULL) {
            read_cores(value);
        } else if ((value = value_of(argv[i], "--ops")) != NULL) {
            ops_least = (unsigned long)number("--ops", value, 1000, 1e9);
            ops_in_all = ops_least;
        } else if ((value = value_of(argv[i], "--work")) != NULL) {
            shape_options.work_ns = number("--work", value, 0, 1e6);
        } else if ((value = value_of(argv[i], "--transfer")) != NULL) {
            costs.transfer_ns = number("--transfer", value, 0, 1e5);
        } else if ((value = value_of(argv[i], "--seed")) != NULL) {
            seed = (unsigned long)number("--seed", value, 0, 1e9);
        } else if (strcmp(argv[i], "--list") == 0) {
            list_shapes();
        } else if (strcmp(argv[i], "--places") == 0) {
            shows_places = true;
        } else {
            die_usage("%s: unknown option; there are --shape, --cores, --ops, --work, --transfer, "
                      "--seed, --places and --list",
                      argv[i]);
        }
    }
}

/* Of all cores. `rate`: operations in a nanosecond. */
static core_figures_t add_up(const core_figures_t *figures, unsigned cores, double *rate,
                             double *core_ns) {
    core_figures_t sum = {0};
    *rate = *core_ns = 0;
    for (unsigned i = 0; i < cores; i++) {
        const core_figures_t *core = &figures[i];
        sum.ops += core->ops;
        sum.accesses += core->accesses;
        sum.transfers += core->transfers;
        sum.block_transfers += core->block_transfers;
        sum.calls += core->calls;
        sum.transfer_ns += core->transfer_ns;
        for (unsigned rank = 0; rank < RANKS; rank++) {
            sum.locks[rank].taken += core->locks[rank].taken;
            sum.locks[rank].waited += core->locks[rank].waited;
            sum.locks[rank].wait_ns += core->locks[rank].wait_ns;
            sum.locks[rank].held_ns += core->locks[rank].held_ns;
        }
        *rate += (double)core->ops / (core->end_ns - core->begin_ns);
        *core_ns += core->end_ns - core->begin_ns;
    }
    return sum;
}

/* On stderr: for addr2line, as offsets into the program. */
static void show_places(double thousands) {
    extern const char __executable_start;
    const core_place_t *places;
    size_t count = core_places(&places);
    for (size_t i = 0; i < count && i < 40; i++) {
        fprintf(stderr, "%.2f 0x%lx\n", (double)places[i].transfers / thousands,
                (unsigned long)((const char *)places[i].from - 1 - &__executable_start));
    }
}

static double simulate(const shape_t *shape, unsigned cores, double rate_of_one) {
    static core_figures_t figures[CORES_MOST];
    double rate, core_ns, thousands, wait_ns = 0, all = 0;
    shape_options.ops = ops_in_all / cores > ops_least ? ops_in_all / cores : ops_least;
    shape_options.warm = shape_options.ops;
    shape->prepare(cores);
    cores_run(cores, seed, &costs, shape->run, figures);
    core_figures_t sum = add_up(figures, cores, &rate, &core_ns);
    thousands = (double)sum.ops / 1000;
    for (unsigned rank = 0; rank < RANKS; rank++) {
        wait_ns += sum.locks[rank].wait_ns;
        all += (double)sum.locks[rank].taken;
    }
    double held_ns = sum.locks[LOCK_RANK_HEAP].held_ns > sum.locks[LOCK_RANK_META].held_ns
                         ? sum.locks[LOCK_RANK_HEAP].held_ns
                         : sum.locks[LOCK_RANK_META].held_ns;
    rate_of_one = rate_of_one > 0 ? rate_of_one : rate / cores;
    printf("%s,%u,%llu,%.1f,%.2f,%.1f,%.1f,%.1f,%.2f,%.2f,%.1f,%.2f,%.2f,%.2f,%.1f\n", shape->name,
           cores, (unsigned long long)sum.ops, core_ns / (double)sum.ops, rate / rate_of_one,
           (double)sum.transfers / thousands, (double)sum.block_transfers / thousands,
           (double)sum.locks[LOCK_RANK_CLASS].taken / thousands,
           (double)sum.locks[LOCK_RANK_HEAP].taken / thousands,
           (double)sum.locks[LOCK_RANK_META].taken / thousands, all / thousands,
           100 * wait_ns / core_ns, 100 * sum.transfer_ns / core_ns,
           100 * held_ns * cores / core_ns, 1000 * (double)sum.calls / thousands);
    fflush(stdout);
    if (shows_places) {
        show_places(thousands);
    }
    return rate_of_one;
}

/* With addresses as they are by chance, lines are shared by chance. */
static void stop_randomizing(char **argv) {
    int persona = personality(0xffffffff);
    if (persona != -1 && (persona & ADDR_NO_RANDOMIZE) == 0 &&
        personality((unsigned long)persona | ADDR_NO_RANDOMIZE) != -1) {
        execv("/proc/self/exe", argv);
    }
}

int main(int argc, char **argv) {
    stop_randomizing(argv);
    read_options(argc, argv);
    hak_free(hak_malloc(1)); /* starts the allocator */
    printf("shape,cores,ops,ns_per_op,speedup,transfers,block_transfers,class_locks,heap_locks,"
           "meta_locks,all_locks,waited_percent,moved_percent,busiest_lock_percent,calls\n");
    for (size_t i = 0; i < shape_count; i++) {
        if (only_shape != NULL && strcmp(only_shape, shapes[i].name) != 0) {
            continue;
        }
        double rate_of_one = 0;
        for (unsigned k = 0; k < cores_count; k++) {
            if (cores_list[k] % shapes[i].group == 0) {
                rate_of_one = simulate(&shapes[i], cores_list[k], rate_of_one);
            }
        }
    }
    return 0;
}
