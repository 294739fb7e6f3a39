/*
 * machine.c - reads /proc and /sys. A fact that the machine hides is "unknown", never left out.
 */
#include "machine.h"

#include "text.h"

#include <gnu/libc-version.h>
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

json_t *machine_facts(void) {
    struct utsname names = {0};
    uname(&names);
    double load[3] = {0};
    getloadavg(load, 3);
    return json_pack("{s:s, s:I, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:[f,f,f]}",
                     "cpu", proc_value("/proc/cpuinfo", "model name"), "cores",
                     (json_int_t)sysconf(_SC_NPROCESSORS_ONLN), "memory_bytes",
                     (json_int_t)sysconf(_SC_PHYS_PAGES) * (json_int_t)sysconf(_SC_PAGESIZE),
                     "architecture", names.machine, "kernel",
                     text_format("%s %s", names.sysname, names.release), "distribution",
                     distribution(), "libc", gnu_get_libc_version(), "governor",
                     file_first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
                     "thp_enabled", chosen("/sys/kernel/mm/transparent_hugepage/enabled"),
                     "thp_defrag", chosen("/sys/kernel/mm/transparent_hugepage/defrag"), "aslr",
                     file_first_line("/proc/sys/kernel/randomize_va_space"), "overcommit",
                     file_first_line("/proc/sys/vm/overcommit_memory"), "load_average", load[0],
                     load[1], load[2]);
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
