/*
 * stage.c - see stage.h.
 */
#include "programs/driver/stage.h"

#include "shared/die.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATH_BYTES = 512, TAIL_BYTES = 2048, LINE_MAX_SHOWN = 300 };

static void path_of(const script_t *script, const char *stage, const char *kind,
                    char path[PATH_BYTES]) {
    int length = snprintf(path, PATH_BYTES, "%s/%s.%s", script->folder, stage, kind);
    if (length >= PATH_BYTES)
        die("a path is longer than %d bytes", PATH_BYTES - 1);
}

static int open_output(const script_t *script, const char *stage, const char *kind) {
    char path[PATH_BYTES];
    path_of(script, stage, kind, path);
    return open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
}

/* In the child; comes back where it cannot. */
static void become(const script_t *script, const char *stage) {
    if (script->command != NULL) {
        setenv("LD_PRELOAD", getenv("PROGRAM_PRELOAD"), 1);
        execvp(script->command[0], script->command);
        die_errno("cannot run %s", script->command[0]);
    }
    if (chdir(script->folder) == 0)
        execl("/bin/bash", "bash", script->path, stage, (char *)NULL);
}

pid_t stage_start(const script_t *script, const char *stage) {
    pid_t process = fork();
    if (process < 0)
        die_errno("cannot fork");
    if (process > 0)
        return process;
    int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int out_fd = open_output(script, stage, "out"), err_fd = open_output(script, stage, "err");
    bool opened = null_fd >= 0 && out_fd >= 0 && err_fd >= 0; /* else errno says why */
    if (opened && dup2(null_fd, 0) == 0 && dup2(out_fd, 1) == 1 && dup2(err_fd, 2) == 2)
        become(script, stage);
    die_errno("%s: cannot run the stage %s", script->path, stage);
}

/* A file descriptor of the process wakes up when it ends: no polling, no late end. */
bool stage_wait(pid_t process, int most_ms, int *status, struct rusage *used) {
    if (most_ms >= 0) {
        struct pollfd event = {.fd = pidfd_open(process, 0), .events = POLLIN};
        int ready = event.fd < 0 ? -1 : poll(&event, 1, most_ms);
        if (ready < 0 && errno != EINTR)
            die_errno("cannot wait for process %d", (int)process);
        close(event.fd);
        if (ready <= 0)
            return false;
    }
    while (wait4(process, status, 0, used) < 0) {
        if (errno != EINTR)
            die_errno("cannot wait for process %d", (int)process);
    }
    return true;
}

static void tail_of(const script_t *script, const char *stage, const char *kind,
                    char text[TAIL_BYTES]) {
    char path[PATH_BYTES];
    path_of(script, stage, kind, path);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    off_t end = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
    off_t from = end > TAIL_BYTES - 1 ? end - (TAIL_BYTES - 1) : 0;
    ssize_t got = fd < 0 ? 0 : pread(fd, text, TAIL_BYTES - 1, from);
    if (fd >= 0)
        close(fd);
    for (got = got > 0 ? got : 0; got > 0 && (text[got - 1] == '\n' || text[got - 1] == ' '); got--)
        ;
    text[got] = '\0';
}

static const char *last_line(const char *text) {
    const char *newline = strrchr(text, '\n');
    return newline != NULL ? newline + 1 : text;
}

void stage_expect(const script_t *script, const char *stage, int status) {
    char text[TAIL_BYTES];
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return;
    tail_of(script, stage, "err", text);
    if (text[0] == '\0')
        tail_of(script, stage, "out", text);
    const char *line = text[0] != '\0' ? last_line(text) : "it said nothing";
    if (WIFSIGNALED(status))
        die("%s: %s was killed by signal %d: %.*s", script->name, stage, WTERMSIG(status),
            LINE_MAX_SHOWN, line);
    die("%s: %s ended with exit status %d: %.*s", script->name, stage, WEXITSTATUS(status),
        LINE_MAX_SHOWN, line);
}

void stage_run(const script_t *script, const char *stage) {
    int status;
    stage_wait(stage_start(script, stage), -1, &status, NULL);
    stage_expect(script, stage, status);
}

void stage_output(const script_t *script, const char *stage, char *text, size_t room) {
    char path[PATH_BYTES];
    path_of(script, stage, "out", path);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, text, room - 1);
    if (got < 0)
        die_errno("cannot read %s", path);
    close(fd);
    text[got] = '\0';
}
