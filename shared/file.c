/*
 * file.c - small files, folders, the output of programs, the time. See file.h.
 */
#include "file.h"

#include "die.h"
#include "text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

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

FILE *file_create(const char *path) {
    FILE *file = fopen(path, "we");
    if (!file) {
        fail("cannot write %s: %s", path, strerror(errno));
    }
    return file;
}

void file_finish(FILE *file, const char *path) {
    if (fflush(file) != 0 || ferror(file) || fclose(file) != 0) {
        fail("cannot write %s: %s", path, strerror(errno));
    }
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

char *capture_in(const char *const argv[], char *const envp[]) {
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
        execvpe(argv[0], (char *const *)(uintptr_t)argv, envp);
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

char *capture(const char *const argv[]) {
    return capture_in(argv, environ);
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
