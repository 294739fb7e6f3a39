/*
 * static_free_list.c - with hardening, a free list that was written over is noticed before what it
 * holds is handed out: an address elsewhere, a block of another class, a block in use. (A pointer
 * into the middle of a free block of that class is noticed when it returns to its slab.)
 *
 * White box: linked with objects.a; it writes to its own thread's magazine. Each case is a child,
 * which starts itself again with HAKMEM_HARDEN=1.
 */
#include "cache/thread_cache.h"
#include "test.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

/* Puts `what` on top of the magazine that the next malloc(100) takes from. */
static void put_on_top(void *what) {
    void *block = malloc(100);
    unsigned class_id = 0;
    free(block);
    for (unsigned id = HAK_CLASS_FIRST; id < HAK_CLASS_LIMIT && class_id == 0; id++) {
        class_id = hak_tls.top[id][-1] == block ? id : 0;
    }
    CHECK(class_id != 0);
    hak_tls.top[class_id][-1] = what;
}

static int run_case(char kind) {
    static char elsewhere[256];
    char *live = malloc(100), *other = malloc(1000);
    free(other);
    put_on_top(kind == 'e' ? elsewhere : kind == 'm' ? live + 16 : kind == 'o' ? other : live);
    return malloc(100) == NULL;
}

static void expect_noticed(const char *self, const char *kind) {
    int ends[2];
    char said[256] = "";
    CHECK(pipe(ends) == 0);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        dup2(ends[1], STDERR_FILENO);
        setenv("HAKMEM_HARDEN", "1", 1);
        execl(self, self, kind, NULL);
        _exit(2);
    }
    close(ends[1]);
    int status;
    CHECK(waitpid(pid, &status, 0) == pid);
    ssize_t length = read(ends[0], said, sizeof said - 1);
    close(ends[0]);
    CHECK_MSG(length > 0 && WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "%s: %#x %s", kind,
              (unsigned)status, said);
    CHECK_MSG(strstr(said, "[hakmem] fatal: free list corrupt"), "%s: %s", kind, said);
}

int main(int argc, char **argv) {
    if (argc > 1) {
        return run_case(argv[1][0]);
    }
    expect_noticed("/proc/self/exe", "elsewhere");
    expect_noticed("/proc/self/exe", "other class");
    expect_noticed("/proc/self/exe", "live");
    (void)argv;
    return 0;
}
