/*
 * tree.c - see tree.h.
 */
#include "programs/driver/tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_ROOM = 8192, PATH_BYTES = 64, DEPTH_MAX = 16 };

static bool read_text(const char *path, char text[TEXT_ROOM]) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, text, TEXT_ROOM - 1);
    if (fd >= 0)
        close(fd);
    text[got > 0 ? got : 0] = '\0';
    return got > 0;
}

static uint64_t kib_of(const char *status, const char *key) {
    const char *line = strstr(status, key);
    return line == NULL ? 0 : strtoull(line + strlen(key), NULL, 10) * 1024;
}

static void add_memory(pid_t process, tree_t *out) {
    char path[PATH_BYTES], text[TEXT_ROOM];
    snprintf(path, sizeof path, "/proc/%d/status", (int)process);
    if (!read_text(path, text))
        return;
    uint64_t anon = kib_of(text, "\nRssAnon:"), peak = kib_of(text, "\nVmHWM:");
    uint64_t other = kib_of(text, "\nRssFile:") + kib_of(text, "\nRssShmem:");
    peak = peak > other + anon ? peak - other : anon;
    out->anon_bytes += anon;
    out->anon_peak_bytes = peak > out->anon_peak_bytes ? peak : out->anon_peak_bytes;
    out->processes++;
}

/* proc(5): the name, in parentheses, may hold anything; the fields after it are numbers. */
static void add_times(pid_t process, tree_t *out) {
    char path[PATH_BYTES], text[TEXT_ROOM];
    unsigned long long minor, minor_children, major, major_children, user, sys;
    long long user_children, sys_children;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)process);
    const char *after = read_text(path, text) ? strrchr(text, ')') : NULL;
    if (after == NULL || sscanf(after,
                                ") %*c %*d %*d %*d %*d %*d %*u %llu %llu %llu %llu %llu %llu"
                                " %lld %lld",
                                &minor, &minor_children, &major, &major_children, &user, &sys,
                                &user_children, &sys_children) != 8)
        return;
    uint64_t tick_ns = UINT64_C(1000000000) / (uint64_t)sysconf(_SC_CLK_TCK);
    out->minor_faults += minor + minor_children;
    out->major_faults += major + major_children;
    out->user_ns += (user + (uint64_t)user_children) * tick_ns;
    out->sys_ns += (sys + (uint64_t)sys_children) * tick_ns;
}

static void add(pid_t process, unsigned depth, tree_t *out);

static void add_children(const char *path, unsigned depth, tree_t *out) {
    char text[TEXT_ROOM], *rest;
    if (!read_text(path, text))
        return;
    for (char *at = text;; at = rest) {
        long child = strtol(at, &rest, 10);
        if (rest == at)
            return;
        add((pid_t)child, depth + 1, out);
    }
}

/* Each thread has a list of the children that it started. */
static void add(pid_t process, unsigned depth, tree_t *out) {
    char path[PATH_BYTES + 256];
    add_memory(process, out);
    add_times(process, out);
    snprintf(path, sizeof path, "/proc/%d/task", (int)process);
    DIR *threads = depth < DEPTH_MAX ? opendir(path) : NULL;
    const struct dirent *entry;
    while (threads != NULL && (entry = readdir(threads)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "/proc/%d/task/%.20s/children", (int)process, entry->d_name);
        add_children(path, depth, out);
    }
    if (threads != NULL)
        closedir(threads);
}

tree_t tree_read(pid_t root) {
    tree_t out = {0};
    add(root, 0, &out);
    return out;
}
