/*
 * machine.c - reads /proc and /sys. A fact that the machine hides is "unknown", never left out.
 */
#include "machine.h"

#include "canary.h"
#include "file.h"
#include "text.h"

#include <dirent.h>
#include <gnu/libc-version.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

/* The value behind "key : " in a /proc file. */
static char *proc_value(const char *path, const char *key) {
    char *text = file_read(path), *line = text;
    while (line && !text_starts(line, key)) {
        line = strchr(line, '\n');
        line = line ? line + 1 : NULL;
    }
    char *colon = line ? strchr(line, ':') : NULL;
    if (!colon) {
        return text_copy("unknown");
    }
    colon += 1 + strspn(colon + 1, " \t");
    return text_format("%.*s", (int)strcspn(colon, "\n"), colon);
}

/* "always [madvise] never" -> "madvise" */
static char *chosen(const char *path) {
    char *line = file_first_line(path), *open = strchr(line, '[');
    return open ? text_format("%.*s", (int)strcspn(open + 1, "]"), open + 1) : line;
}

static char *distribution(void) {
    char *text = file_read("/etc/os-release"), *at = text ? strstr(text, "PRETTY_NAME=\"") : NULL;
    return at ? text_format("%.*s", (int)strcspn(at + 13, "\""), at + 13) : text_copy("unknown");
}

/* Of /proc/stat's first line, in clock ticks: all time, and what a hypervisor gave to others. */
static void read_steal(double *total, double *stolen) {
    char *line = file_first_line("/proc/stat"), *at = line + strcspn(line, " ");
    *total = *stolen = 0;
    for (int i = 0; i < 8; i++) {
        double ticks = strtod(at, &at);
        *total += ticks;
        *stolen = i == 7 ? ticks : 0;
    }
    free(line);
}

typedef struct use {
    long pid;
    double ticks;
    char name[32];
} use_t;

/* CPU time of every process so far, but this one. */
static size_t read_uses(use_t **out) {
    DIR *folder = opendir("/proc");
    size_t count = 0;
    *out = NULL;
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        char *end, *text, *close;
        long pid = strtol(entry->d_name, &end, 10);
        if (*end || pid <= 0 || pid == getpid()) {
            continue;
        }
        text = file_read(text_format("/proc/%ld/stat", pid));
        close = text ? strrchr(text, ')') : NULL; /* the name may hold spaces and brackets */
        if (close) {
            double user = 0, system = 0;
            *out = text_grow(*out, count, sizeof **out);
            use_t *use = &(*out)[count];
            *use = (use_t){.pid = pid};
            snprintf(use->name, sizeof use->name, "%.*s", (int)(close - strchr(text, '(') - 1),
                     strchr(text, '(') + 1);
            if (sscanf(close + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lf %lf", &user,
                       &system) == 2) {
                use->ticks = user + system;
                count++;
            }
        }
        free(text);
    }
    if (folder) {
        closedir(folder);
    }
    return count;
}

enum { LOOK_MS = 300 };
static const double busy_percent = 5;

/* What other processes do: a look of LOOK_MS. Adds "busy" and "stolen_percent". */
static void look_around(json_t *facts) {
    double total[2], stolen[2], per_second = (double)sysconf(_SC_CLK_TCK);
    use_t *before, *after;
    read_steal(&total[0], &stolen[0]);
    size_t old = read_uses(&before);
    uint64_t start_ns = clock_now_ns();
    usleep(LOOK_MS * 1000);
    size_t new = read_uses(&after);
    double seconds = (double)(clock_now_ns() - start_ns) / 1e9;
    read_steal(&total[1], &stolen[1]);
    json_t *busy = json_array();
    for (size_t i = 0; i < new; i++) {
        for (size_t j = 0; j < old; j++) {
            double percent = 100 * (after[i].ticks - before[j].ticks) / per_second / seconds;
            if (after[i].pid == before[j].pid && percent >= busy_percent) {
                json_t *row = json_pack("{s:s, s:f}", "name", after[i].name, "percent", percent);
                row ? json_array_append_new(busy, row) : 0; /* a name that is not UTF-8 */
            }
        }
    }
    json_object_set_new(facts, "busy", busy);
    json_object_set_new(
        facts, "stolen_percent",
        json_real(total[1] > total[0] ? 100 * (stolen[1] - stolen[0]) / (total[1] - total[0]) : 0));
    free(before);
    free(after);
}

static const double slow_cache_ns = 60; /* memory answers in 80 and more, last caches in 10 to 40 */

static void add_warning(json_t *list, char *text) {
    json_array_append_new(list, json_string(text));
    free(text);
}

static void warn_of_others(const json_t *facts, json_t *out) {
    double cores = json_number_value(json_object_get(facts, "cores"));
    double load = json_number_value(json_array_get(json_object_get(facts, "load_average"), 0));
    double stolen = json_number_value(json_object_get(facts, "stolen_percent"));
    const json_t *busy = json_object_get(facts, "busy");
    double sum = 0;
    char *names = text_copy("");
    for (size_t i = 0; i < json_array_size(busy); i++) {
        const json_t *row = json_array_get(busy, i);
        sum += json_number_value(json_object_get(row, "percent"));
        names = text_format("%s%s%s", names, i ? ", " : "",
                            json_string_value(json_object_get(row, "name")));
    }
    if (sum > 0) {
        add_warning(out, text_format("other processes use %.0f %% of a core: %s", sum, names));
    }
    if (load > cores / 2) {
        add_warning(out, text_format("the load average is %.2f on %.0f cores", load, cores));
    }
    if (stolen > 1) {
        add_warning(out, text_format("the hypervisor gives %.0f %% of the time to others", stolen));
    }
}

json_t *machine_warnings(const json_t *facts) {
    json_t *out = json_array();
    const char *governor = json_string_value(json_object_get(facts, "governor"));
    const char *aslr = json_string_value(json_object_get(facts, "aslr"));
    double available = json_number_value(json_object_get(facts, "available_bytes"));
    double cache_ns = json_number_value(json_object_get(facts, "cache_ns"));
    warn_of_others(facts, out);
    if (governor && strcmp(governor, "unknown") != 0 && strcmp(governor, "performance") != 0) {
        add_warning(out,
                    text_format("the clock frequency follows the load (governor %s)", governor));
    }
    if (aslr && strcmp(aslr, "0") == 0) {
        add_warning(out, text_copy("addresses are not randomised: every sample has one layout"));
    }
    if (cache_ns > slow_cache_ns) {
        add_warning(out,
                    text_format("a load from a set of %s takes %.0f ns, as from memory: others "
                                "fill the last cache, or it is smaller",
                                text_bytes(CANARY_CACHE_BYTES), cache_ns));
    }
    if (available > 0 && available < 1073741824.0) {
        add_warning(out, text_format("only %s of memory are available", text_bytes(available)));
    }
    return out;
}

/* From a line of /proc/meminfo, "… kB". */
static double meminfo_bytes(const char *key) {
    char *text = proc_value("/proc/meminfo", key);
    double bytes = 1024 * strtod(text, NULL);
    free(text);
    return bytes;
}

json_t *machine_facts(void) {
    struct utsname names = {0};
    uname(&names);
    double load[3] = {0};
    getloadavg(load, 3);
    json_t *out = json_pack(
        "{s:s, s:I, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:[f,f,f]}", "cpu",
        proc_value("/proc/cpuinfo", "model name"), "cores",
        (json_int_t)sysconf(_SC_NPROCESSORS_ONLN), "memory_bytes",
        (json_int_t)sysconf(_SC_PHYS_PAGES) * (json_int_t)sysconf(_SC_PAGESIZE), "architecture",
        names.machine, "kernel", text_format("%s %s", names.sysname, names.release), "distribution",
        distribution(), "libc", gnu_get_libc_version(), "governor",
        file_first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"), "thp_enabled",
        chosen("/sys/kernel/mm/transparent_hugepage/enabled"), "thp_defrag",
        chosen("/sys/kernel/mm/transparent_hugepage/defrag"), "aslr",
        file_first_line("/proc/sys/kernel/randomize_va_space"), "overcommit",
        file_first_line("/proc/sys/vm/overcommit_memory"), "load_average", load[0], load[1],
        load[2]);
    json_object_set_new(out, "frequency_mhz", json_string(proc_value("/proc/cpuinfo", "cpu MHz")));
    json_object_set_new(out, "available_bytes", json_real(meminfo_bytes("MemAvailable")));
    json_object_set_new(out, "pinning",
                        json_string("turns of one thread: one processor a block, drawn"));
    json_object_set_new(out, "cache_ns", json_real(canary_cache_ns()));
    look_around(out);
    return out;
}

json_t *machine_source(const char *root) {
    const char *const head[] = {"git", "-C", root, "rev-parse", "HEAD", NULL};
    const char *const status[] = {"git", "-C", root, "status", "--porcelain", NULL};
    char *commit = capture(head), *changes = capture(status);
    if (!commit) {
        return json_null();
    }
    return json_pack("{s:s, s:b}", "commit", commit, "modified", !changes || *changes);
}
