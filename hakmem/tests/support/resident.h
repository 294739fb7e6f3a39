/*
 * resident.h - the anonymous resident memory of this process, read without allocating.
 */
#ifndef RESIDENT_H
#define RESIDENT_H

#include "test.h"

#include <fcntl.h>
#include <string.h>

static inline size_t resident_bytes(void) {
    char text[4096];
    int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    ssize_t length = read(fd, text, sizeof text - 1);
    close(fd);
    CHECK(length > 0);
    text[length] = '\0';
    const char *line = strstr(text, "RssAnon:");
    CHECK(line);
    return (size_t)strtoull(line + strlen("RssAnon:"), NULL, 10) * 1024;
}

#endif
