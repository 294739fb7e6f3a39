/*
 * preload_exec.c - the recorder goes where a process goes by exec.
 *
 * What a user names is often a script, or `env`, that becomes the program in the end. The
 * environment in which the recorded process runs has nothing of the recorder in it, so that its
 * children are left alone; only where that very process calls exec, and it is to be recorded there
 * too, the new program gets the recorder's variables, whatever environment it is given otherwise.
 *
 * A child of vfork runs here on its parent's memory, and a signal handler may call exec: nothing is
 * allocated, and nothing is written but the note in the raw file (log_leave) that tells what became
 * of a process whose new program did not load the recorder.
 */
#include "recorder/preload_exec.h"

#include "recorder/preload_log.h"
#include "recorder/preload_next.h"

#include <errno.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

extern char **environ;

static struct next {
    int (*execve)(const char *, char *const *, char *const *);
    int (*execvpe)(const char *, char *const *, char *const *);
    int (*fexecve)(int, char *const *, char *const *);
    int (*execveat)(int, const char *, char *const *, char *const *, int);
    int (*spawn)(pid_t *, const char *, const posix_spawn_file_actions_t *,
                 const posix_spawnattr_t *, char *const *, char *const *);
    int (*spawnp)(pid_t *, const char *, const posix_spawn_file_actions_t *,
                  const posix_spawnattr_t *, char *const *, char *const *);
} next;

void exec_start(void) {
    find_next("execve", &next.execve);
    find_next("execvpe", &next.execvpe);
    find_next("fexecve", &next.fexecve);
    find_next("execveat", &next.execveat);
    find_next("posix_spawn", &next.spawn);
    find_next("posix_spawnp", &next.spawnp);
}

/* A constructor of a library that is started before this one may call exec. */
static inline void be_ready(void) {
    if (next.spawnp == NULL)
        exec_start();
}

/* ---- the environment of the new program ---- */

static const char *value_of(char *const *environment, const char *name) {
    size_t length = strlen(name);
    for (; environment != NULL && *environment != NULL; environment++) {
        if (strncmp(*environment, name, length) == 0 && (*environment)[length] == '=')
            return *environment + length + 1;
    }
    return "";
}

static bool is_replaced(const char *entry) {
    return strncmp(entry, "LD_PRELOAD=", 11) == 0 ||
           strncmp(entry, RAW_ENV_PREFIX, sizeof RAW_ENV_PREFIX - 1) == 0;
}

static size_t count_of(char *const *words) {
    size_t count = 0;
    while (words != NULL && words[count] != NULL)
        count++;
    return count;
}

/* What the environment has for LD_PRELOAD but for the recorder, which may lead it already. */
static const char *other_preloads(char *const *environment) {
    const char *list = value_of(environment, "LD_PRELOAD"), *own = log_library();
    size_t length = strlen(own);
    if (strncmp(list, own, length) != 0 || (list[length] != ':' && list[length] != '\0'))
        return list;
    return list[length] == ':' ? list + length + 1 : list + length;
}

enum { OWN_ENTRIES = 2 + LOG_VARIABLES };

static size_t text_bytes(char *const *environment) {
    return LOG_VARIABLES_BYTES + strlen(log_library()) + 2 * strlen(other_preloads(environment)) +
           sizeof "LD_PRELOAD=:" + sizeof RAW_ENV_PRELOAD "=";
}

static void compose(char *const *environment, char **out, char *text) {
    const char *others = other_preloads(environment);
    size_t count = 0;
    for (size_t i = 0; environment != NULL && environment[i] != NULL; i++) {
        if (!is_replaced(environment[i]))
            out[count++] = environment[i];
    }
    out[count++] = text;
    text = stpcpy(stpcpy(text, "LD_PRELOAD="), log_library());
    text = *others == '\0' ? text : stpcpy(stpcpy(text, ":"), others);
    out[count++] = ++text;
    text = stpcpy(stpcpy(text, RAW_ENV_PRELOAD "="), others);
    count += log_variables(out + count, ++text);
    out[count] = NULL;
}

/* ---- the interface ---- */

static int failed(void) {
    int saved_errno = errno;
    log_stay();
    errno = saved_errno;
    return -1;
}

/* Returns what `call` does, in which `environment` has the recorder in it where the process is to
 * be recorded as `what`, too. On the stack, as memory for it may not be asked for. */
#define LEAVE_FOR(what, call)                                                                      \
    be_ready();                                                                                    \
    if (!log_leave(what))                                                                          \
        return call;                                                                               \
    char *recorded[count_of(environment) + OWN_ENTRIES + 1], text[text_bytes(environment)];        \
    compose(environment, recorded, text);                                                          \
    environment = recorded;                                                                        \
    call;                                                                                          \
    return failed()

EXPORT int execve(const char *path, char *const *arguments, char *const *environment) {
    LEAVE_FOR(path, next.execve(path, arguments, environment));
}

EXPORT int execvpe(const char *file, char *const *arguments, char *const *environment) {
    LEAVE_FOR(file, next.execvpe(file, arguments, environment));
}

EXPORT int fexecve(int fd, char *const *arguments, char *const *environment) {
    LEAVE_FOR("an open file", next.fexecve(fd, arguments, environment));
}

EXPORT int execveat(int folder, const char *path, char *const *arguments, char *const *environment,
                    int flags) {
    LEAVE_FOR(*path != '\0' ? path : "an open file",
              next.execveat(folder, path, arguments, environment, flags));
}

EXPORT int execv(const char *path, char *const *arguments) {
    return execve(path, arguments, environ);
}

EXPORT int execvp(const char *file, char *const *arguments) {
    return execvpe(file, arguments, environ);
}

/* The arguments of execl and its kind end in NULL; behind them execle has the environment. */
static int execute_listed(int (*execute)(const char *, char *const *, char *const *),
                          const char *path, const char *first, va_list list, bool has_environment) {
    size_t count = 1;
    va_list ahead;
    va_copy(ahead, list);
    while (va_arg(ahead, char *) != NULL)
        count++;
    va_end(ahead);
    char *arguments[count + 1];
    arguments[0] = (char *)(uintptr_t)first;
    for (size_t i = 1; i <= count; i++)
        arguments[i] = va_arg(list, char *);
    return execute(path, arguments, has_environment ? va_arg(list, char *const *) : environ);
}

#define EXECUTE_LISTED(execute, path, has_environment)                                             \
    va_list list;                                                                                  \
    va_start(list, first);                                                                         \
    int result = execute_listed(execute, path, first, list, has_environment);                      \
    va_end(list);                                                                                  \
    return result

EXPORT int execl(const char *path, const char *first, ...) {
    EXECUTE_LISTED(execve, path, false);
}

EXPORT int execlp(const char *file, const char *first, ...) {
    EXECUTE_LISTED(execvpe, file, false);
}

EXPORT int execle(const char *path, const char *first, ...) {
    EXECUTE_LISTED(execve, path, true);
}

static int count_spawned(int error) {
    if (error == 0)
        log_count_child();
    return error;
}

/* libc starts these by a call of its own, so that they are only counted here. */
EXPORT int posix_spawn(pid_t *process, const char *path, const posix_spawn_file_actions_t *actions,
                       const posix_spawnattr_t *attributes, char *const *arguments,
                       char *const *environment) {
    be_ready();
    return count_spawned(next.spawn(process, path, actions, attributes, arguments, environment));
}

EXPORT int posix_spawnp(pid_t *process, const char *file, const posix_spawn_file_actions_t *actions,
                        const posix_spawnattr_t *attributes, char *const *arguments,
                        char *const *environment) {
    be_ready();
    return count_spawned(next.spawnp(process, file, actions, attributes, arguments, environment));
}
