/*
 * exec_self.h - starts this program once more in this process, as fork's child does that needs
 * options of its own. Under qemu, which HAK_TEST_RUNNER then names with its switches, the machine's
 * kernel could not: the program is for another machine.
 */
#ifndef EXEC_SELF_H
#define EXEC_SELF_H

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXEC_SELF_WORDS = 64 };

/* Returns where it could not. argv[0] is lost under qemu. */
static inline void exec_self(char *const argv[]) {
    static char runner[1024], path[1024];
    char *words[EXEC_SELF_WORDS + 1], *rest = runner;
    unsigned count = 0;
    const char *given = getenv("HAK_TEST_RUNNER");
    if (given == NULL || *given == '\0') {
        execv("/proc/self/exe", argv);
        return;
    }
    strncpy(runner, given, sizeof runner - 1);
    for (char *word; (word = strsep(&rest, " ")) != NULL && count < EXEC_SELF_WORDS / 2;) {
        words[count++] = word;
    }
    if (readlink("/proc/self/exe", path, sizeof path - 1) < 0) {
        return;
    }
    words[count++] = path;
    for (unsigned i = 1; argv[i] != NULL && count < EXEC_SELF_WORDS; i++) {
        words[count++] = argv[i];
    }
    words[count] = NULL;
    execvp(words[0], words);
}

#endif
