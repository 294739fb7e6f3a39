/*
 * resident.c - see resident.h.
 */
#include "common/resident.h"

#include "shared/die.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_BYTES = 64, STATUS_BYTES = 8192, SELF = 0 };

typedef struct status {
    char path[PATH_BYTES], text[STATUS_BYTES];
} status_t;

static void read_status(status_t *status, pid_t process) {
    if (process == SELF)
        strcpy(status->path, "/proc/self/status");
    else
        snprintf(status->path, sizeof status->path, "/proc/%d/status", (int)process);
    int fd = open(status->path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, status->text, STATUS_BYTES - 1);
    if (got <= 0)
        die_errno("cannot read %s", status->path);
    status->text[got] = '\0';
    close(fd);
}

static uint64_t status_bytes(const status_t *status, const char *key) {
    const char *line = strstr(status->text, key);
    if (line == NULL)
        die("%s has no line %s", status->path, key + 1);
    return strtoull(line + strlen(key), NULL, 10) * 1024;
}

uint64_t resident_anon_bytes_of(pid_t process) {
    status_t status;
    read_status(&status, process);
    return status_bytes(&status, "\nRssAnon:");
}

uint64_t resident_anon_peak_bytes_of(pid_t process) {
    status_t status;
    read_status(&status, process);
    uint64_t peak = status_bytes(&status, "\nVmHWM:");
    uint64_t other = status_bytes(&status, "\nRssFile:") + status_bytes(&status, "\nRssShmem:");
    return peak > other ? peak - other : 0;
}

uint64_t resident_anon_bytes(void) {
    return resident_anon_bytes_of(SELF);
}

uint64_t resident_anon_peak_bytes(void) {
    return resident_anon_peak_bytes_of(SELF);
}

void resident_reset_peak(void) {
    int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, "5", 1) != 1)
        die_errno("cannot reset the peak resident set by /proc/self/clear_refs");
    close(fd);
}

void resident_read_status(char *text, size_t bytes) {
    status_t status;
    read_status(&status, SELF);
    snprintf(text, bytes, "%s", status.text);
}
