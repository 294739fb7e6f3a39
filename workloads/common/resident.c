/*
 * resident.c - see resident.h.
 */
#include "common/resident.h"

#include "common/die.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STATUS_BYTES = 8192 };

static void read_status(char *status) {
    int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, status, STATUS_BYTES - 1);
    if (got <= 0)
        die_errno("cannot read /proc/self/status");
    status[got] = '\0';
    close(fd);
}

static uint64_t status_bytes(const char *status, const char *key) {
    const char *line = strstr(status, key);
    if (line == NULL)
        die("/proc/self/status has no line %s", key);
    return strtoull(line + strlen(key), NULL, 10) * 1024;
}

uint64_t resident_anon_bytes(void) {
    char status[STATUS_BYTES];
    read_status(status);
    return status_bytes(status, "\nRssAnon:");
}

void resident_reset_peak(void) {
    int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, "5", 1) != 1)
        die_errno("cannot reset the peak resident set by /proc/self/clear_refs");
    close(fd);
}

uint64_t resident_anon_peak_bytes(void) {
    char status[STATUS_BYTES];
    read_status(status);
    uint64_t peak = status_bytes(status, "\nVmHWM:");
    uint64_t other = status_bytes(status, "\nRssFile:") + status_bytes(status, "\nRssShmem:");
    return peak > other ? peak - other : 0;
}
