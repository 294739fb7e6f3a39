/*
 * child.c - see child.h.
 */
#include "child.h"
#include "test.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

extern char **environ;

static char temp_file[64];

static void remove_temp(void) {
    unlink(temp_file);
}

const char *temp_path(void) {
    if (!temp_file[0]) {
        snprintf(temp_file, sizeof temp_file, "/tmp/hakmem-test-%d", (int)getpid());
        atexit(remove_temp);
    }
    unlink(temp_file);
    return temp_file;
}

const char *hak_library(void) {
    const char *path = getenv("HAK_TEST_LIB");
    return path && *path ? path : HAK_DEFAULT_LIB;
}

/* But for the level of hardening that `run --harden` gave the test. */
static void clear_hakmem_options(void) {
    for (char **entry = environ; *entry;) {
        if (strncmp(*entry, "HAKMEM_", 7) != 0 || strncmp(*entry, "HAKMEM_HARDEN=", 14) == 0) {
            entry++;
            continue;
        }
        char name[128];
        snprintf(name, sizeof name, "%.*s", (int)strcspn(*entry, "="), *entry);
        unsetenv(name);
        entry = environ;
    }
}

/* In the forked child: becomes the program under test. */
__attribute__((noreturn)) static void become(const child_setup_t *setup, const char *mode,
                                             const char *arg) {
    clear_hakmem_options();
    char preload[1024];
    snprintf(preload, sizeof preload, "%s%s%s", hak_library(), setup->also_preload ? ":" : "",
             setup->also_preload ? setup->also_preload : "");
    setenv("LD_PRELOAD", preload, 1);
    for (const char *const *entry = setup->env; entry && *entry; entry++) {
        putenv((char *)(uintptr_t)*entry);
    }
    if (setup->address_space_bytes) {
        struct rlimit limit = {setup->address_space_bytes, setup->address_space_bytes};
        if (setrlimit(RLIMIT_AS, &limit) != 0) {
            _exit(125);
        }
    }
    execl("/proc/self/exe", "test", mode, arg, NULL);
    _exit(126);
}

static char *read_all(int fd) {
    off_t length = lseek(fd, 0, SEEK_END);
    char *text = calloc((size_t)length + 1, 1);
    CHECK(text && pread(fd, text, (size_t)length, 0) == length);
    close(fd);
    return text;
}

child_t child_run(const child_setup_t *setup, const char *mode, const char *arg) {
    int out = memfd_create("out", MFD_CLOEXEC);
    int err = memfd_create("err", MFD_CLOEXEC);
    CHECK(out >= 0 && err >= 0);
    /* append, as stderr of a real process is shared by several writers */
    fcntl(out, F_SETFL, O_APPEND);
    fcntl(err, F_SETFL, O_APPEND);
    fflush(NULL);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        dup2(out, STDOUT_FILENO);
        dup2(err, STDERR_FILENO);
        become(setup, mode, arg);
    }
    int status = 0;
    CHECK(waitpid(pid, &status, 0) == pid);
    return (child_t){.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
                     .signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0,
                     .out = read_all(out),
                     .err = read_all(err)};
}

void child_expect_success(const child_t *child) {
    CHECK_MSG(child->exit_code == 0, "exit %d, signal %d, stderr: %s", child->exit_code,
              child->signal, child->err);
}

void child_free(child_t *child) {
    free(child->out);
    free(child->err);
    child->out = child->err = NULL;
}

unsigned count_text(const char *where, const char *text) {
    unsigned count = 0;
    for (const char *at = where; (at = strstr(at, text)); at += strlen(text)) {
        count++;
    }
    return count;
}
