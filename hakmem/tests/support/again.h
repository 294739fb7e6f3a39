/*
 * again.h - runs the test program once more, as it is linked, with options of hakmem: these are
 * read once, at start-up. (child.h does it under libhakmem.so, and keeps what is written.)
 */
#ifndef AGAIN_H
#define AGAIN_H

#include "test.h"

#include <sys/wait.h>

/* With one argument, and "NAME=value" more in its environment (NULL: nothing). Fails the test
 * unless the program exits 0. */
static inline void run_again(const char *argument, const char *setting) {
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        if (setting != NULL) {
            putenv((char *)(uintptr_t)setting);
        }
        execl("/proc/self/exe", "again", argument, NULL);
        _exit(2);
    }
    int status;
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK_MSG(status == 0, "%s: %#x", setting == NULL ? "no option" : setting, (unsigned)status);
}

#endif
