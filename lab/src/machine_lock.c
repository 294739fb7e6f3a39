/*
 * machine_lock.c - see machine_lock.h.
 */
#include "machine_lock.h"

#include "launch.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* A wait lasts minutes. Asking is what an interrupt cannot slip past, unlike a call that blocks. */
enum { ASK_EVERY_US = 200000, NOTE_BYTES = PATH_MAX + 32 };

/* Whether the open file is one that may be locked; of a file with a second name, that may be one
 * that matters to somebody. */
static bool is_plain(int file) {
    struct stat info;
    return fstat(file, &info) == 0 && S_ISREG(info.st_mode) && info.st_nlink == 1;
}

/* Creation is tried apart: in a folder that all may write to, Linux refuses O_CREAT on a file that
 * is there and another user's (fs.protected_regular). -1 with errno. */
static int open_file(const char *path) {
    const int safe = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
    for (int tries = 0; tries < 10; tries++) {
        int file = open(path, O_RDWR | O_CREAT | O_EXCL | safe, 0666);
        if (file >= 0) {
            (void)fchmod(file, 0666); /* whatever the umask: others write their line to it */
            return file;
        }
        if (errno != EEXIST) {
            return -1;
        }
        file = open(path, O_RDWR | safe);
        file = file < 0 && errno == EACCES ? open(path, O_RDONLY | safe) : file;
        if (file >= 0 || errno != ENOENT) { /* ENOENT: it went meanwhile */
            return file;
        }
    }
    return -1;
}

/* The line of the run that has the lock: "1234 /path"; "" when there is none to show. */
static void read_note(int file, char note[NOTE_BYTES]) {
    ssize_t got = pread(file, note, NOTE_BYTES - 1, 0);
    note[got > 0 ? got : 0] = '\0';
    note[strcspn(note, "\n")] = '\0';
    for (const char *c = note; *c; c++) {
        if ((unsigned char)*c < 32 || (unsigned char)*c == 127) {
            note[0] = '\0'; /* control characters: not from a lab */
            return;
        }
    }
}

static void write_note(int file, const char *folder) {
    char *note = text_format("%d %s\n", (int)getpid(), folder);
    if (ftruncate(file, 0) != 0 || pwrite(file, note, strlen(note), 0) < 0) {
        /* another user's, not writable: those that wait are not told who it is, but they wait */
    }
    free(note);
}

static void say_who(int file) {
    char note[NOTE_BYTES], *end;
    read_note(file, note);
    long pid = strtol(note, &end, 10);
    if (pid > 0 && *end == ' ') {
        warn("process %ld is measuring on this machine, for %s: waiting until it ends", pid,
             end + 1);
    } else {
        warn("another run is measuring on this machine: waiting until it ends");
    }
}

/* False: it cannot be locked at all. */
static bool wait_for(int file) {
    bool waited = false;
    while (flock(file, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR) {
            return false;
        }
        if (!waited) {
            say_who(file);
        }
        waited = true;
        if (launch_interrupted()) {
            exit(130);
        }
        usleep(ASK_EVERY_US);
    }
    if (waited) {
        warn("the other run has ended: beginning");
    }
    return true;
}

void machine_lock_take(const char *path, const char *folder) {
    int file = open_file(path);
    bool plain = file >= 0 && is_plain(file);
    if (plain && wait_for(file)) {
        write_note(file, folder);
        return; /* held until the process ends */
    }
    const char *reason = file < 0 || plain ? strerror(errno) : "it is no plain file";
    warn("cannot lock %s: %s: another run at the same time would not be noticed", path, reason);
    if (file >= 0) {
        close(file);
    }
}
