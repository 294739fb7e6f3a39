/*
 * janitor.c - see janitor.h.
 */
#include "programs/driver/janitor.h"

#include "shared/die.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Rounds of killing: a process may have forked between the look and the blow. */
enum { PATH_BYTES = 256, LINK_BYTES = 4096, ROUNDS = 500, PAUSE_US = 10000 };

static char folder[PATH_BYTES];
static pid_t janitor;
static int lifeline = -1; /* closed by the kernel when the driver ends */

static bool works_there(const char *process) {
    char path[PATH_BYTES + 16], where[LINK_BYTES];
    size_t length = strlen(folder);
    snprintf(path, sizeof path, "/proc/%s/cwd", process);
    ssize_t got = readlink(path, where, sizeof where - 1);
    if (got < (ssize_t)length)
        return false;
    where[got] = '\0';
    return strncmp(where, folder, length) == 0 && (where[length] == '\0' || where[length] == '/');
}

static int kill_all(void) {
    int found = 0;
    DIR *processes = opendir("/proc");
    const struct dirent *entry;
    while (processes != NULL && (entry = readdir(processes)) != NULL) {
        if (isdigit((unsigned char)entry->d_name[0]) && works_there(entry->d_name)) {
            kill((pid_t)strtol(entry->d_name, NULL, 10), SIGKILL);
            found++;
        }
    }
    if (processes != NULL)
        closedir(processes);
    return found;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *where) {
    (void)status;
    (void)type;
    (void)where;
    remove(path); /* what cannot be removed is in the temporary folder, and no reason to stop */
    return 0;
}

static _Noreturn void clean(int end) {
    char byte;
    int most = 0, found, rounds = 0;
    while (read(end, &byte, 1) < 0 && errno == EINTR) {
    }
    while ((found = kill_all()) > 0 && rounds++ < ROUNDS) {
        most = found > most ? found : most;
        usleep(PAUSE_US);
    }
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    _exit(most < 100 ? most : 100);
}

/* In the child. The terminal's signals are for the driver, and so is its output: whoever waits for
 * that to be closed must not wait for the janitor. */
static _Noreturn void be_janitor(int end) {
    int null_fd = open("/dev/null", O_RDWR);
    setsid();
    if (chdir("/") != 0 || null_fd < 0)
        _exit(101);
    for (int fd = 0; fd <= 2; fd++)
        dup2(null_fd, fd);
    clean(end);
}

const char *janitor_start(void) {
    const char *temporary = getenv("TMPDIR");
    int ends[2];
    bool given = temporary != NULL && *temporary == '/' && strlen(temporary) < PATH_BYTES / 2;
    snprintf(folder, sizeof folder, "%s/hakmem-program.XXXXXX", given ? temporary : "/tmp");
    if (mkdtemp(folder) == NULL || pipe2(ends, O_CLOEXEC) != 0)
        die_errno("cannot make the work folder %s", folder);
    janitor = fork();
    if (janitor < 0)
        die_errno("cannot fork");
    if (janitor == 0) {
        close(ends[1]);
        be_janitor(ends[0]);
    }
    close(ends[0]);
    lifeline = ends[1];
    if (chmod(folder, 0755) != 0) /* some servers refuse to be root, and become somebody else */
        die_errno("cannot open %s to others", folder);
    return folder;
}

int janitor_finish(void) {
    int status = 0;
    close(lifeline);
    while (waitpid(janitor, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
