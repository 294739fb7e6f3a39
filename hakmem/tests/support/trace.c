/*
 * trace.c - see trace.h.
 */
#include "trace.h"
#include "test.h"

#include <stdbool.h>
#include <regex.h>
#include <string.h>

#define HEAD(reason)                                                                               \
    "^\\[ACE-FAIL\\] " reason                                                                      \
    ": size=[1-9][0-9]* wmax=[1-4]\\.[0-9][0-9] class=[1-9][0-9]* pool=(mid|large)"

static const char *const forms[] = {
    HEAD("Threshold") "$",
    HEAD("Exhaustion") " used=[0-9]+ cap=[0-9]+$",
    HEAD("MapFail") " map=[1-9][0-9]* errno=[1-9][0-9]*( limit=[1-9][0-9]*)?$",
};

static bool matches(const char *pattern, const char *line) {
    regex_t compiled;
    CHECK(regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB) == 0);
    bool found = regexec(&compiled, line, 0, NULL, 0) == 0;
    regfree(&compiled);
    return found;
}

static trace_line_t parse(const char *line) {
    CHECK_MSG(matches(forms[0], line) || matches(forms[1], line) || matches(forms[2], line), "%s",
              line);
    trace_line_t parsed = {0};
    CHECK(sscanf(line, "[ACE-FAIL] %15[^:]: size=%zu wmax=%15s class=%zu pool=%15s", parsed.reason,
                 &parsed.size, parsed.wmax, &parsed.class_bytes, parsed.pool) == 5);
    const char *more = strstr(line, " used=");
    if (more) {
        CHECK(sscanf(more, " used=%zu cap=%zu", &parsed.used, &parsed.cap) == 2);
    }
    more = strstr(line, " map=");
    if (more) {
        int fields = sscanf(more, " map=%zu errno=%d limit=%zu", &parsed.map, &parsed.map_errno,
                            &parsed.limit);
        CHECK_EQ(fields, 2 + (strstr(more, " limit=") != NULL));
    }
    return parsed;
}

size_t trace_read(const char *text, trace_line_t *lines, size_t room) {
    size_t count = 0;
    for (const char *at = text; *at;) {
        char line[256];
        size_t length = strcspn(at, "\n");
        if (strncmp(at, "[ACE-", 5) == 0) {
            CHECK_MSG(length < sizeof line && at[length] == '\n', "%.200s", at);
            memcpy(line, at, length);
            line[length] = '\0';
            trace_line_t parsed = parse(line);
            if (count < room) {
                lines[count] = parsed;
            }
            count++;
        } else {
            CHECK_MSG(!memmem(at, length, "[ACE-", 5), "broken line: %.*s", (int)length, at);
        }
        at += length + (at[length] == '\n');
    }
    return count;
}

size_t trace_count(const char *text, const char *reason, const char *pool) {
    enum { ROOM = 65536 };
    static trace_line_t lines[ROOM];
    size_t count = trace_read(text, lines, ROOM), found = 0;
    CHECK(count <= ROOM);
    for (size_t i = 0; i < count; i++) {
        found +=
            strcmp(lines[i].reason, reason) == 0 && (!pool || strcmp(lines[i].pool, pool) == 0);
    }
    return found;
}
