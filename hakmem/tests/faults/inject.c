/* inject.c - see inject.h. */
#include "inject.h"
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>

enum { MMAP, MPROTECT, MADVISE, MUNMAP, GETRLIMIT, SYSCONF, CLOCK_GETTIME, WRITE, OPEN };
const char *const inject_names[INJECT_NAMES] = {"mmap",          "mprotect",  "madvise",
                                                "munmap",        "getrlimit", "sysconf",
                                                "clock_gettime", "write",     "open"};

static struct {
    bool read, stopped, once;
    unsigned name; /* INJECT_NAMES: mprotect beyond `number` bytes */
    uint64_t number;
    int error;
    uint64_t calls[INJECT_NAMES], failed, committed_bytes;
} fault;

static inject_report_t report;
static const void *lost_at;     /* the step that failed last, until it is given up */
static const void *reserved_at; /* what mmap returned last */
static size_t reserved_bytes;

static void read_setting(void) {
    const char *text = getenv("HAK_FAULT");
    char name[32] = "", mode[8] = "";
    unsigned long long number = 0;
    fault.read = true;
    fault.stopped = text == NULL;
    if (fault.stopped) {
        return;
    }
    CHECK_MSG(sscanf(text, "%31[^:]:%llu:%7[^:]:%d", name, &number, mode, &fault.error) == 4, "%s",
              text);
    fault.once = strcmp(mode, "once") == 0;
    fault.number = number;
    while (fault.name < INJECT_NAMES && strcmp(inject_names[fault.name], name) != 0) {
        fault.name++;
    }
    CHECK_MSG(fault.name < INJECT_NAMES || strcmp(name, "commit") == 0, "%s", text);
}

static bool make_fail(void) {
    fault.failed++;
    errno = fault.error;
    return true;
}

/* Counts a call; whether it is to fail, with errno set. */
static bool fails(unsigned name) {
    if (!fault.read) {
        read_setting();
    }
    uint64_t number = ++fault.calls[name];
    bool chosen = fault.once ? number == fault.number : number >= fault.number;
    return !fault.stopped && name == fault.name && chosen && make_fail();
}

static bool is_beyond_commit(size_t bytes) {
    return !fault.stopped && fault.name == INJECT_NAMES &&
           fault.committed_bytes + bytes > fault.number && make_fail();
}

uint64_t inject_calls(unsigned name) {
    return fault.calls[name];
}

uint64_t inject_failed(void) {
    return fault.failed;
}

void inject_stop(void) {
    fault.stopped = true;
}

inject_report_t inject_take_report(void) {
    inject_report_t taken = report;
    taken.once = fault.once;
    report = (inject_report_t){.once = fault.once};
    lost_at = NULL;
    return taken;
}

void inject_give_up(void) {
    lost_at = NULL;
}

/* What the linker leads here, and where it would have gone. */
#define WRAPPED(type, name, ...)                                                                   \
    type __real_##name(__VA_ARGS__);                                                               \
    type __wrap_##name(__VA_ARGS__);                                                               \
    type __wrap_##name(__VA_ARGS__)

WRAPPED(void *, mmap, void *at, size_t bytes, int access, int flags, int fd, off_t offset) {
    if (fails(MMAP)) {
        report.mmaps++;
        return MAP_FAILED;
    }
    void *got = __real_mmap(at, bytes, access, flags, fd, offset);
    reserved_at = flags & MAP_FIXED ? NULL : got;
    reserved_bytes = bytes;
    return got;
}

/* A failed step of a window is tried again at the same place, with less. */
WRAPPED(int, mprotect, void *at, size_t bytes, int access) {
    if (fails(MPROTECT) || is_beyond_commit(bytes)) {
        report.mprotects++;
        report.of_metadata = at == reserved_at && bytes == reserved_bytes;
        report.lost += at != lost_at;
        lost_at = at;
        return -1;
    }
    report.lost -= at == lost_at;
    lost_at = NULL;
    fault.committed_bytes += bytes;
    return __real_mprotect(at, bytes, access);
}

WRAPPED(int, madvise, void *at, size_t bytes, int advice) {
    return fails(MADVISE) ? -1 : __real_madvise(at, bytes, advice);
}

WRAPPED(int, munmap, void *at, size_t bytes) {
    return fails(MUNMAP) ? -1 : __real_munmap(at, bytes);
}

WRAPPED(int, getrlimit, unsigned resource, struct rlimit *limit) {
    return fails(GETRLIMIT) ? -1 : __real_getrlimit(resource, limit);
}

/* The size of a page is no system call, and cannot fail. */
WRAPPED(long, sysconf, int what) {
    return what != _SC_PAGESIZE && fails(SYSCONF) ? -1 : __real_sysconf(what);
}

WRAPPED(int, clock_gettime, clockid_t clock, struct timespec *now) {
    return fails(CLOCK_GETTIME) ? -1 : __real_clock_gettime(clock, now);
}

/* stderr is where a test says what was wrong. */
WRAPPED(ssize_t, write, int fd, const void *data, size_t bytes) {
    return fd != STDERR_FILENO && fails(WRITE) ? -1 : __real_write(fd, data, bytes);
}

/* The mode counts where a file is made only; handing it on always harms nothing. */
WRAPPED(int, open, const char *path, int flags, unsigned mode) {
    return fails(OPEN) ? -1 : __real_open(path, flags, mode);
}
