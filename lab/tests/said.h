/*
 * said.h - what a call that may end the program says, from a process of its own.
 */
#ifndef LAB_SAID_H
#define LAB_SAID_H

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

/* What `call` writes to standard error, and into `status` how its process ended: with 0 where it
 * came back. The text is overwritten by the next call. */
static inline const char *said_by(void (*call)(void *context), void *context, int *status) {
    static char said[1024];
    int ends[2];
    said[0] = '\0';
    if (pipe(ends) != 0) {
        return said;
    }
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        call(context);
        _exit(0);
    }
    close(ends[1]);
    FILE *from = fdopen(ends[0], "r");
    said[fread(said, 1, sizeof said - 1, from)] = '\0';
    fclose(from);
    waitpid(child, status, 0);
    return said;
}

#endif
