/*
 * startup.c - a generated workload: a program is started over and over.
 *
 * What an allocator costs before a program has done anything: shell scripts and builds start
 * thousands of processes that live for a millisecond. One operation is one start, from the spawn
 * until the program has ended; programs run one after the other, with the environment as it is, so
 * LD_PRELOAD reaches them, and with /dev/null for input and output.
 *
 * Nothing is measured of the driver's own heap. One start more, which is not timed, comes first; it
 * is stopped by ptrace(2) when the program is about to exit, with its memory still there. Then
 *
 *   - its anonymous resident memory is read, highest and at the end: the peak and steady readings
 *     of the sample, whose base and drain reading are 0;
 *   - each library of LD_PRELOAD must be mapped, or else the figures were those of another
 *     allocator;
 *   - its output has been kept, and the checksum is of that.
 *
 * --program takes one of those that the catalogue names; any other follows "--", by its path. A
 * program that cannot be started, is killed, or does not exit with 0, ends the driver with a
 * message.
 */
#include "common/arena.h"
#include "common/cli.h"
#include "common/clock.h"
#include "shared/die.h"
#include "common/resident.h"
#include "common/sample.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAPS_BYTES = 4 << 20 };

typedef struct startup {
    uint64_t ops;
    unsigned choice;
    char **command; /* NULL: the chosen one */
    const char *result;
    int null_fd, output_fd;
} startup_t;

static const char *const names[] = {"true", "ls", "python", NULL};
static char *const programs[][4] = {
    {"/bin/true"}, {"/bin/ls", "/usr/bin"}, {"/usr/bin/python3", "-c", "pass"}};

static pid_t await(pid_t process, int *status) {
    pid_t ended;
    do {
        ended = waitpid(process, status, 0);
    } while (ended < 0 && errno == EINTR);
    if (ended < 0)
        die_errno("cannot wait for process %d", (int)process);
    return ended;
}

static void expect_success(const char *program, int status) {
    if (WIFSIGNALED(status))
        die("%s was killed by signal %d", program, WTERMSIG(status));
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        die("%s ended with exit status %d", program, WEXITSTATUS(status));
}

static void expect_mapped(const char *program, const char *maps, const char *library) {
    char path[PATH_MAX];
    const char *known = realpath(library, path) != NULL ? path : library; /* maps has no links */
    const char *slash = strrchr(known, '/');
    char name[PATH_MAX + 2];
    snprintf(name, sizeof name, "/%s", slash != NULL ? slash + 1 : known);
    if (strstr(maps, name) == NULL)
        die("%s is in LD_PRELOAD, but was not loaded by %s", library, program);
}

static char *read_maps(pid_t process) {
    char path[64], *maps = arena_alloc(1, MAPS_BYTES);
    snprintf(path, sizeof path, "/proc/%d/maps", (int)process);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t used = 0;
    ssize_t got = fd < 0 ? -1 : 1;
    while (got > 0 && used < MAPS_BYTES - 1) {
        got = read(fd, maps + used, MAPS_BYTES - 1 - used);
        used += got > 0 ? (size_t)got : 0;
    }
    if (got < 0)
        die_errno("cannot read %s", path);
    close(fd);
    return maps;
}

/* The rules of ld.so(8): spaces and colons part the libraries. */
static void expect_preloaded(const char *program, pid_t process) {
    const char *preload = getenv("LD_PRELOAD");
    char list[PATH_MAX], *rest = NULL;
    if (preload == NULL || *preload == '\0')
        return;
    if (strlen(preload) >= sizeof list)
        die("LD_PRELOAD is longer than %zu bytes", sizeof list - 1);
    strcpy(list, preload);
    char *maps = read_maps(process);
    for (char *library = strtok_r(list, " :", &rest); library != NULL;
         library = strtok_r(NULL, " :", &rest))
        expect_mapped(program, maps, library);
    arena_free(maps, 1, MAPS_BYTES);
}

static void inspect(const char *program, pid_t process, sample_t *sample) {
    uint64_t steady = resident_anon_bytes_of(process), peak = resident_anon_peak_bytes_of(process);
    sample->rss_anon_steady_bytes = (int64_t)steady;
    sample->rss_anon_peak_bytes = (int64_t)(peak > steady ? peak : steady);
    expect_preloaded(program, process);
}

/* In the child: its exit before a first stop says that exec failed, and why. */
static void be_traced(const startup_t *startup, char *const *command) {
    if (dup2(startup->null_fd, STDIN_FILENO) >= 0 && dup2(startup->output_fd, STDOUT_FILENO) >= 0 &&
        ptrace(PTRACE_TRACEME, 0, 0, 0) == 0)
        execv(command[0], command);
    _exit(errno);
}

static void start_traced(const startup_t *startup, char *const *command, sample_t *sample) {
    int status, deliver = 0;
    bool inspected = false;
    pid_t process = fork();
    if (process < 0)
        die_errno("cannot fork");
    if (process == 0)
        be_traced(startup, command);
    await(process, &status);
    if (WIFEXITED(status))
        die("cannot start %s: %s", command[0], strerrordesc_np(WEXITSTATUS(status)));
    if (ptrace(PTRACE_SETOPTIONS, process, 0, PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL) != 0)
        die_errno("cannot trace %s", command[0]);
    while (WIFSTOPPED(status)) {
        if (status >> 8 == (SIGTRAP | PTRACE_EVENT_EXIT << 8)) {
            inspect(command[0], process, sample);
            inspected = true;
        }
        /* Traps are ours; other signals are the program's. */
        deliver = WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
        if (ptrace(PTRACE_CONT, process, 0, deliver) != 0)
            die_errno("cannot trace %s", command[0]);
        await(process, &status);
    }
    expect_success(command[0], status);
    if (!inspected)
        die("%s ended without having been seen", command[0]);
}

/* FNV-1a (Fowler, Noll, Vo), 64 bits. */
static uint64_t hash_output(int fd) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    unsigned char bytes[4096];
    ssize_t got;
    if (lseek(fd, 0, SEEK_SET) != 0)
        die_errno("cannot read the output");
    while ((got = read(fd, bytes, sizeof bytes)) > 0) {
        for (ssize_t i = 0; i < got; i++)
            hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

static uint64_t ns_of(struct timeval time) {
    return (uint64_t)time.tv_sec * UINT64_C(1000000000) + (uint64_t)time.tv_usec * 1000;
}

/* posix_spawn does not copy this process's memory: the child runs in it until it execs. */
static void start_all(const startup_t *startup, char *const *command, sample_t *sample) {
    posix_spawn_file_actions_t actions;
    struct rusage before, after;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, startup->null_fd, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, startup->null_fd, STDOUT_FILENO);
    getrusage(RUSAGE_CHILDREN, &before);
    uint64_t start_ns = clock_ns();
    for (uint64_t i = 0; i < startup->ops; i++) {
        pid_t process;
        int status;
        errno = posix_spawn(&process, command[0], &actions, NULL, command, environ);
        if (errno != 0)
            die_errno("cannot start %s", command[0]);
        await(process, &status);
        expect_success(command[0], status);
    }
    sample->wall_ns = clock_ns() - start_ns;
    getrusage(RUSAGE_CHILDREN, &after);
    sample->cpu_user_ns = ns_of(after.ru_utime) - ns_of(before.ru_utime);
    sample->cpu_sys_ns = ns_of(after.ru_stime) - ns_of(before.ru_stime);
    sample->minor_faults = (uint64_t)(after.ru_minflt - before.ru_minflt);
    sample->major_faults = (uint64_t)(after.ru_majflt - before.ru_majflt);
    posix_spawn_file_actions_destroy(&actions);
}

static void measure(startup_t *startup, sample_t *sample) {
    char *const *command = startup->command;
    if (command == NULL)
        command = programs[startup->choice];
    startup->null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    startup->output_fd = memfd_create("output", MFD_CLOEXEC);
    if (startup->null_fd < 0 || startup->output_fd < 0)
        die_errno("cannot open the files of %s", command[0]);
    start_traced(startup, command, sample);
    start_all(startup, command, sample);
    sample->threads = 1;
    sample->ops = startup->ops;
    sample->checksum =
        hash_output(startup->output_fd) + startup->ops * UINT64_C(0x9e3779b97f4a7c15);
}

int main(int argc, char **argv) {
    static startup_t startup;
    static sample_t sample;
    bool has_command = false;
    for (int i = 1; i < argc; i++)
        has_command = has_command || strcmp(argv[i], "--") == 0;
    const cli_number_t numbers[] = {
        {"ops", "N", "how many times the program is started", &startup.ops, 200, 1, 1000000, false},
    };
    const cli_choice_t choices[] = {
        {"program", "which program; another one: \"-- /PATH [WORD...]\" at the end", names,
         &startup.choice, 0},
    };
    const cli_t cli = {.about = "Starts a program over and over.",
                       .numbers = numbers,
                       .number_count = sizeof numbers / sizeof numbers[0],
                       .choices = choices,
                       .choice_count = has_command ? 0 : 1,
                       .result = &startup.result,
                       .takes_command = has_command,
                       .command = &startup.command};
    cli_parse(&cli, argc, argv);
    sample.workload = "startup";
    cli_describe(&cli, &sample);
    if (has_command)
        sample_param_text(&sample, "program", startup.command[0]);
    measure(&startup, &sample);
    sample_report(&sample, startup.result);
    return 0;
}
