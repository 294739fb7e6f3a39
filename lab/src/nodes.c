/*
 * nodes.c - see nodes.h.
 */
#include "nodes.h"

#include "file.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HOSTS_TRIED = 3 };

struct nodes {
    launcher_t launcher;
    pid_t *children; /* of parallel, those that run */
    size_t count;
};

/* ---- is it there? ---- */

static bool is_there(const char *program) {
    const char *const argv[] = {"sh", "-c", "command -v \"$0\"", program, NULL};
    return capture(argv) != NULL;
}

nodes_t *nodes_open(launcher_t launcher) {
    nodes_t *out = text_alloc(sizeof *out);
    out->launcher = launcher;
    if (launcher == LAUNCHER_SLURM && (!is_there("sbatch") || !is_there("squeue"))) {
        fail("--launcher slurm needs sbatch and squeue, of the Debian package slurm-client, and a "
             "cluster that they belong to");
    }
    if (launcher == LAUNCHER_PARALLEL) {
        const char *const argv[] = {"sh", "-c", "parallel --version 2>/dev/null", NULL};
        const char *said = capture(argv);
        if (!said || !text_starts(said, "GNU parallel")) {
            fail("--launcher parallel needs GNU parallel, of the Debian package parallel%s",
                 is_there("parallel") ? "; what is here is another program of that name" : "");
        }
    }
    return out;
}

/* In single quotes, for a shell. */
static char *quoted(const char *text) {
    char *out = text_copy("'");
    for (; *text; text++) {
        out = *text == '\'' ? text_format("%s'\\''", out) : text_format("%s%c", out, *text);
    }
    return text_format("%s'", out);
}

static const char *machine_of(const distribution_t *d, size_t machine) {
    return d->options.machines.count > 0 ? d->options.machines.items[machine] : NULL;
}

static const char *hosts_of(const distribution_t *d, size_t machine) {
    const char *name = machine_of(d, machine);
    return name ? name : ":";
}

/* Each by itself, so that the message names the one that is at fault. */
static void check_hosts(const distribution_t *d, const char *hosts) {
    char *copy = text_copy(hosts), *rest = copy;
    for (char *host; (host = strsep(&rest, ",")) != NULL;) {
        char *test = text_format("test -e %s", quoted(text_format("%s/launch.json", d->folder)));
        const char *const argv[] = {"parallel", "--sshlogin", host, "--nonall",
                                    "--jobs",   "1",          test, NULL};
        if (!capture(argv)) {
            fail("%s does not see %s, or cannot be reached by ssh without a password. The checkout "
                 "and the run's folder must lie in a folder that all hosts share, at one path. "
                 "Machines that share nothing measure by themselves, and ./run_sweep merge joins "
                 "what they measured",
                 host, d->folder);
        }
    }
}

void nodes_check(const nodes_t *nodes, const distribution_t *d) {
    size_t machines = d->options.machines.count > 0 ? d->options.machines.count : 1;
    for (size_t m = 0; m < machines && nodes->launcher == LAUNCHER_PARALLEL; m++) {
        check_hosts(d, hosts_of(d, m));
    }
}

/* ---- slurm ---- */

static char *list_of(const size_t *parts, size_t count, const char *gap) {
    char *out = text_copy("");
    for (size_t i = 0; i < count; i++) {
        out = text_format("%s%s%zu", out, i ? gap : "", parts[i]);
    }
    return out;
}

static void submit_slurm(const char *root, distribution_t *d, size_t machine, const size_t *parts,
                         size_t count) {
    const char *argv[16];
    size_t used = 0;
    argv[used++] = "sbatch";
    argv[used++] = "--parsable";
    argv[used++] = "--job-name=hakmem";
    argv[used++] = "--nodes=1";
    argv[used++] = "--exclusive";
    argv[used++] = "--mem=0"; /* all of the node's */
    argv[used++] = "--no-requeue";
    argv[used++] = "--open-mode=append";
    argv[used++] = text_format("--chdir=%s", root);
    argv[used++] = text_format("--array=%s", list_of(parts, count, ","));
    argv[used++] = text_format("--output=%s/logs/%%a.log", d->folder);
    if (machine_of(d, machine)) {
        argv[used++] = text_format("--constraint=%s", machine_of(d, machine));
    }
    argv[used++] = text_format("--wrap=exec %s/run_sweep part %s $SLURM_ARRAY_TASK_ID",
                               quoted(root), quoted(d->folder));
    argv[used] = NULL;
    char *id = capture(argv);
    if (!id || !*id) {
        fail("sbatch did not take the job (its message is above); nothing is lost");
    }
    id[strcspn(id, ";\n")] = '\0'; /* "7;cluster" */
    json_array_append_new(d->jobs, json_string(id));
    distribution_write(d);
}

/* If the scheduler does not answer, the jobs are not known to have ended. */
static bool busy_slurm(const distribution_t *d) {
    if (json_array_size(d->jobs) == 0) {
        return false;
    }
    char *user = text_format("--user=%u", (unsigned)getuid());
    const char *const argv[] = {"squeue",
                                "--noheader",
                                user,
                                "--format=%F",
                                "--states=PENDING,CONFIGURING,RUNNING,SUSPENDED",
                                NULL};
    char *found = capture(argv);
    size_t index;
    json_t *job;
    bool busy = found == NULL;
    json_array_foreach(d->jobs, index, job) {
        char *line = text_format("\n%s\n", json_string_value(job));
        busy = busy || strstr(text_format("\n%s\n", found), line) != NULL;
    }
    return busy;
}

/* ---- parallel ---- */

static size_t host_count(const char *hosts) {
    size_t count = 1;
    for (const char *c = hosts; *c; c++) {
        count += *c == ',';
    }
    return count < HOSTS_TRIED ? count : HOSTS_TRIED;
}

static _Noreturn void become_parallel(const char *const argv[], const char *log) {
    int output = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (output >= 0 && input >= 0) {
        dup2(input, STDIN_FILENO);
        dup2(output, STDOUT_FILENO);
        dup2(output, STDERR_FILENO);
        execvp(argv[0], (char *const *)(uintptr_t)argv);
    }
    _exit(127);
}

static void submit_parallel(nodes_t *nodes, const char *root, const distribution_t *d,
                            size_t machine, const size_t *parts, size_t count) {
    const char *hosts = hosts_of(d, machine);
    const char **argv = text_alloc((count + 12) * sizeof *argv);
    size_t used = 0;
    argv[used++] = "parallel";
    argv[used++] = "--sshlogin";
    argv[used++] = hosts;
    argv[used++] = "--jobs";
    argv[used++] = "1";
    argv[used++] = "--retries";
    argv[used++] = text_format("%zu", host_count(hosts));
    argv[used++] = text_format("exec %s/run_sweep part %s {} >>%s/logs/{}.log 2>&1", quoted(root),
                               quoted(d->folder), quoted(d->folder));
    argv[used++] = ":::";
    for (size_t i = 0; i < count; i++) {
        argv[used++] = text_format("%zu", parts[i]);
    }
    argv[used] = NULL;
    char *log = text_format("%s/logs/parallel-%zu.log", d->folder, machine + 1);
    pid_t child = fork();
    if (child == 0) {
        become_parallel(argv, log);
    }
    if (child < 0) {
        fail("cannot start parallel: %s", strerror(errno));
    }
    nodes->children = text_grow(nodes->children, nodes->count, sizeof *nodes->children);
    nodes->children[nodes->count++] = child;
    free(argv);
}

static bool busy_parallel(nodes_t *nodes) {
    size_t left = 0;
    for (size_t i = 0; i < nodes->count; i++) {
        if (waitpid(nodes->children[i], NULL, WNOHANG) == 0) {
            nodes->children[left++] = nodes->children[i];
        }
    }
    nodes->count = left;
    return left > 0;
}

/* The first TERM lets it start no more, the second ends what runs. */
static void end_parallel(nodes_t *nodes) {
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < nodes->count; i++) {
            kill(nodes->children[i], SIGTERM);
        }
        usleep(300000);
    }
    while (busy_parallel(nodes)) {
        usleep(100000);
    }
}

/* ---- either ---- */

void nodes_submit(nodes_t *nodes, const char *root, distribution_t *d, size_t machine,
                  const size_t *parts, size_t count) {
    if (nodes->launcher == LAUNCHER_SLURM) {
        submit_slurm(root, d, machine, parts, count);
    } else {
        submit_parallel(nodes, root, d, machine, parts, count);
    }
}

bool nodes_busy(nodes_t *nodes, const distribution_t *d) {
    return nodes->launcher == LAUNCHER_SLURM ? busy_slurm(d) : busy_parallel(nodes);
}

void nodes_leave(nodes_t *nodes, const distribution_t *d) {
    size_t index;
    json_t *job;
    char *ids = text_copy("");
    end_parallel(nodes);
    if (nodes->launcher != LAUNCHER_SLURM) {
        return;
    }
    json_array_foreach(d->jobs, index, job) {
        ids = text_format("%s %s", ids, json_string_value(job));
    }
    warn("the jobs go on; scancel%s ends them", ids);
}
