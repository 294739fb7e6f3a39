/*
 * help_turns.c - speaks to a driver as the lab does.
 *
 *   help_turns "warm 1, turn 2, end" DRIVER OPTIONS …
 *
 * Says the words one after the other, each when the driver has answered the one before, and prints
 * what it answers, a line each. Each part of a start is answered with "on", or with PARTS_ANSWER if
 * that is set; how many there were is said on standard error. Ends with the driver's exit status.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FD = 3, LINE_BYTES = 512 };

static unsigned parts;

static int hear(int fd) {
    char line[LINE_BYTES];
    ssize_t got;
    const char *on = getenv("PARTS_ANSWER") != NULL ? getenv("PARTS_ANSWER") : "on";
    while ((got = recv(fd, line, sizeof line - 1, 0)) > 0) {
        line[got] = '\0';
        if (strcmp(line, "part") != 0) {
            puts(line);
            return 1;
        }
        parts++;
        if (send(fd, on, strlen(on), MSG_NOSIGNAL) < 0)
            break;
    }
    return 0;
}

int main(int argc, char **argv) {
    int ends[2], status = -1;
    if (argc < 3 || socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) != 0)
        return 3;
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        if (ends[1] != FD)
            dup2(ends[1], FD);
        execv(argv[2], argv + 2);
        _exit(127);
    }
    close(ends[1]);
    int alive = hear(ends[0]);
    for (char *word = strtok(argv[1], ","); word && alive; word = strtok(NULL, ",")) {
        word += strspn(word, " ");
        alive = send(ends[0], word, strlen(word), MSG_NOSIGNAL) > 0 && hear(ends[0]);
    }
    close(ends[0]);
    waitpid(child, &status, 0);
    fprintf(stderr, "parts=%u\n", parts);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 4;
}
