/*
 * text.c - strings, paths and small files. See text.h for the rules of ownership.
 */
#include "text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static _Noreturn void out_of_memory(void) {
    fputs("hakmem: out of memory\n", stderr);
    exit(1);
}

char *text_format(const char *format, ...) {
    char *out = NULL;
    va_list args;
    va_start(args, format);
    int written = vasprintf(&out, format, args);
    va_end(args);
    if (written < 0) {
        out_of_memory();
    }
    return out;
}

char *text_copy(const char *text) {
    return text_format("%s", text);
}

void *text_alloc(size_t bytes) {
    void *block = calloc(1, bytes ? bytes : 1);
    if (!block) {
        out_of_memory();
    }
    return block;
}

void *text_grow(void *array, size_t count, size_t element_bytes) {
    if (count & (count - 1)) {
        return array; /* between two powers of two: there is room */
    }
    void *bigger = realloc(array, (count ? 2 * count : 1) * element_bytes);
    if (!bigger) {
        out_of_memory();
    }
    return bigger;
}

bool text_starts(const char *text, const char *prefix) {
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool text_ends(const char *text, const char *suffix) {
    size_t n = strlen(text), m = strlen(suffix);
    return n >= m && strcmp(text + n - m, suffix) == 0;
}

static void say(const char *format, va_list args) {
    fputs("hakmem: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
}

void warn(const char *format, ...) {
    va_list args;
    va_start(args, format);
    say(format, args);
    va_end(args);
}

void fail(const char *format, ...) {
    va_list args;
    va_start(args, format);
    say(format, args);
    va_end(args);
    exit(1);
}

void fail_usage(const char *format, ...) {
    va_list args;
    va_start(args, format);
    say(format, args);
    va_end(args);
    fputs("Try './run_sweep --help'.\n", stderr);
    exit(2);
}

bool file_exists(const char *path) {
    return access(path, F_OK) == 0;
}

bool file_is_there(const char *path) {
    bool there = file_exists(path);
    if (!there && errno != ENOENT && errno != ENOTDIR) {
        fail("cannot look at %s: %s", path, strerror(errno));
    }
    return there;
}

FILE *file_open_if_there(const char *path) {
    FILE *file = fopen(path, "re");
    if (!file && errno != ENOENT) {
        fail("cannot read %s: %s", path, strerror(errno));
    }
    return file;
}

char *file_read(const char *path) {
    FILE *file = fopen(path, "re");
    if (!file) {
        return NULL;
    }
    char *out = NULL;
    size_t bytes = 0;
    FILE *memory = open_memstream(&out, &bytes);
    char part[65536];
    for (size_t got; (got = fread(part, 1, sizeof part, file)) > 0;) {
        fwrite(part, 1, got, memory);
    }
    int bad = ferror(file) ? errno : 0; /* before the calls that may change it */
    fclose(file);
    fclose(memory);
    errno = bad;
    return bad ? NULL : out;
}

char *file_first_line(const char *path) {
    char *all = file_read(path);
    if (!all) {
        return text_copy("unknown");
    }
    all[strcspn(all, "\n")] = '\0';
    return all;
}

void file_write(const char *path, const char *text) {
    char *draft = text_format("%s.new", path);
    FILE *file = fopen(draft, "we");
    if (!file || fputs(text, file) == EOF || fclose(file) != 0 || rename(draft, path) != 0) {
        fail("cannot write %s: %s", path, strerror(errno));
    }
    free(draft);
}

/* 0, or why there is no such folder. What is there already need not be writable. */
static int make_one(const char *path) {
    struct stat info;
    int reason = mkdir(path, 0777) == 0 ? 0 : errno;
    if (reason != 0 && stat(path, &info) == 0) {
        return S_ISDIR(info.st_mode) ? 0 : ENOTDIR;
    }
    return reason;
}

/* The first parent that cannot be made is the reason: of what is below it, all that the system
 * says is that it is not there. */
void folder_make(const char *path) {
    char *part = text_copy(path);
    int reason = 0;
    for (char *slash = part + 1; reason == 0 && (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        reason = make_one(part);
        *slash = '/';
    }
    reason = reason ? reason : make_one(part);
    if (reason != 0) {
        fail("cannot make the folder %s: %s", path, strerror(reason));
    }
    free(part);
}

bool folder_is_empty(const char *path) {
    DIR *folder = opendir(path);
    if (!folder) {
        fail("cannot read the folder %s: %s", path, strerror(errno));
    }
    size_t entries = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        entries += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    }
    closedir(folder);
    return entries == 0;
}

char *path_real(const char *path) {
    return realpath(path, NULL);
}

char *capture(const char *const argv[]) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return NULL;
    }
    pid_t child = fork();
    if (child == 0) {
        int null = open("/dev/null", O_RDWR);
        dup2(null, 0);
        dup2(ends[1], 1);
        dup2(null, 2);
        execvp(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    close(ends[1]);
    char *out = NULL;
    size_t bytes = 0;
    FILE *memory = open_memstream(&out, &bytes);
    char part[4096];
    for (ssize_t got; (got = read(ends[0], part, sizeof part)) > 0;) {
        fwrite(part, 1, (size_t)got, memory);
    }
    close(ends[0]);
    fclose(memory);
    int status = -1;
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
        free(out);
        return NULL;
    }
    while (bytes > 0 && out[bytes - 1] == '\n') {
        out[--bytes] = '\0';
    }
    return out;
}

char *file_sha256(const char *path) {
    const char *const argv[] = {"sha256sum", "--binary", path, NULL};
    char *line = capture(argv);
    if (!line || strlen(line) < 64) {
        return NULL;
    }
    line[64] = '\0';
    return line;
}

static uint64_t clock_read(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t clock_now_ns(void) {
    return clock_read(CLOCK_MONOTONIC);
}

uint64_t clock_unix_ns(void) {
    return clock_read(CLOCK_REALTIME);
}

char *text_duration(double seconds) {
    if (seconds < 60) {
        return text_format("%.1f s", seconds);
    }
    unsigned whole = (unsigned)(seconds + 0.5);
    if (whole < 3600) {
        return text_format("%u min %02u s", whole / 60, whole % 60);
    }
    return text_format("%u h %02u min", whole / 3600, whole / 60 % 60);
}

char *text_bytes(double bytes) {
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    size_t unit = 0;
    while ((bytes >= 1024 || bytes <= -1024) && unit < 4) {
        bytes /= 1024;
        unit++;
    }
    return text_format(unit ? "%.1f %s" : "%.0f %s", bytes, units[unit]);
}
