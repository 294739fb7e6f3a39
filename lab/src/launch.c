/*
 * launch.c - fork, execve, time limit, captured output. See launch.h.
 */
#include "launch.h"

#include "file.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t interrupted;

static void on_signal(int number) {
    (void)number;
    interrupted = 1;
}

void launch_catch_signals(void) {
    struct sigaction action = {.sa_handler = on_signal}; /* no SA_RESTART: poll must wake up */
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
}

bool launch_interrupted(void) {
    return interrupted != 0;
}

/* In the child: only async-signal-safe calls. Does not return. */
static _Noreturn void become(const launch_t *launch, int output, int channel) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
    int null = open("/dev/null", O_RDONLY);
    if (null >= 0) {
        dup2(null, 0);
    }
    dup2(output, 1);
    dup2(output, 2);
    if (channel >= 0 && dup2(channel, LAUNCH_CHANNEL) == LAUNCH_CHANNEL) {
        fcntl(LAUNCH_CHANNEL, F_SETFD, 0);
    }
    if (chdir(launch->folder) == 0) {
        execve(launch->argv[0], launch->argv, launch->envp);
    }
    dprintf(2, "cannot run %s: %s\n", launch->argv[0], strerror(errno));
    _exit(127);
}

/* Keeps the last LAUNCH_TAIL_BYTES of what came. */
static void keep_tail(outcome_t *out, const char *part, size_t bytes) {
    size_t held = strlen(out->output_tail);
    if (bytes >= LAUNCH_TAIL_BYTES) {
        part += bytes - LAUNCH_TAIL_BYTES;
        bytes = LAUNCH_TAIL_BYTES;
        held = 0;
    } else if (held + bytes > LAUNCH_TAIL_BYTES) {
        size_t drop = held + bytes - LAUNCH_TAIL_BYTES;
        memmove(out->output_tail, out->output_tail + drop, held - drop);
        held -= drop;
    }
    memcpy(out->output_tail + held, part, bytes);
    out->output_tail[held + bytes] = '\0';
}

/* A NUL would cut the tail, and JSON strings must be UTF-8: what is not plain text becomes '?'. */
static void make_printable(char *text, size_t bytes) {
    for (size_t i = 0; i < bytes; i++) {
        unsigned char c = (unsigned char)text[i];
        if ((c < 32 && c != '\n' && c != '\t') || c >= 127) {
            text[i] = '?';
        }
    }
}

enum { IDLE_MS = 200, REAP_MS = 1, STATM_BYTES = 128 };

/* A program under way. */
typedef struct running {
    const launch_t *launch;
    size_t place;
    pid_t child;
    int output;  /* -1: it closed it; it may go on long after */
    int statm;   /* -1: not watched */
    int channel; /* -1: it does not speak */
    bool rests, ended;
    uint64_t start_ns, deadline_ns;
    outcome_t outcome;
} running_t;

static void start(running_t *run) {
    char path[64];
    int ends[2], channel[2] = {-1, -1};
    run->output = run->statm = run->channel = -1;
    run->start_ns = clock_now_ns();
    run->deadline_ns = run->start_ns + (uint64_t)(run->launch->timeout_s * 1e9);
    if (pipe2(ends, O_CLOEXEC) != 0) {
        run->ended = true;
        return;
    }
    if (run->launch->speaks) {
        (void)!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel);
    }
    run->child = fork();
    if (run->child == 0) {
        become(run->launch, ends[1], channel[1]);
    }
    close(ends[1]);
    if (channel[1] >= 0) {
        close(channel[1]);
        run->channel = channel[0];
    }
    run->output = ends[0];
    run->ended = run->child < 0;
    if (run->child > 0) {
        run->outcome.started = true;
        setpgid(run->child, run->child); /* here too: whichever of the two is first */
        snprintf(path, sizeof path, "/proc/%d/statm", (int)run->child);
        run->statm = run->launch->watch_memory ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    }
}

static void add_point(outcome_t *out, uint64_t clock_ns, uint64_t bytes) {
    size_t count = out->point_count;
    /* Where nothing changed, the last point moves on: a flat line needs its two ends only. */
    if (count > 1 && out->points[count - 1].bytes == bytes &&
        out->points[count - 2].bytes == bytes) {
        out->points[count - 1].clock_ns = clock_ns;
        return;
    }
    out->points = text_grow(out->points, count, sizeof *out->points);
    out->points[out->point_count++] = (resident_point_t){clock_ns, bytes};
}

/* Resident less shared (file) pages; a program that is not yet or no longer there has none. */
static void read_memory(running_t *run) {
    char text[STATM_BYTES];
    ssize_t got = run->statm < 0 ? 0 : pread(run->statm, text, sizeof text - 1, 0);
    if (got <= 0) {
        return;
    }
    text[got] = '\0';
    char *at = text;
    unsigned long long total = strtoull(at, &at, 10), resident = strtoull(at, &at, 10);
    unsigned long long shared = strtoull(at, &at, 10);
    if (total > 0 && resident >= shared) {
        add_point(&run->outcome, clock_now_ns(),
                  (resident - shared) * (unsigned long long)sysconf(_SC_PAGESIZE));
    }
}

static void read_output(running_t *run) {
    char part[65536];
    ssize_t got = read(run->output, part, sizeof part);
    if (got <= 0) {
        close(run->output);
        run->output = -1;
        return;
    }
    make_printable(part, (size_t)got);
    keep_tail(&run->outcome, part, (size_t)got);
    const char *line = run->launch->rest_line;
    run->rests |= line && strstr(run->outcome.output_tail, line);
}

/* Ended by itself, by the time limit or by Ctrl-C: the whole group is, and is waited for. */
static void look_after(running_t *run) {
    if (run->output < 0 && waitpid(run->child, &run->outcome.wait_status, WNOHANG) == run->child) {
        run->ended = true;
    } else if (interrupted || clock_now_ns() >= run->deadline_ns) {
        run->outcome.timed_out = !interrupted;
        kill(-run->child, SIGKILL);
        while (waitpid(run->child, &run->outcome.wait_status, 0) < 0 && errno == EINTR) {
        }
        run->ended = true;
    }
}

static void finish(running_t *run) {
    if (run->child > 0) {
        kill(-run->child, SIGKILL); /* what it may have left behind */
    }
    if (run->output >= 0) {
        close(run->output);
    }
    if (run->statm >= 0) {
        close(run->statm);
    }
    if (run->channel >= 0) {
        close(run->channel);
    }
    run->outcome.interrupted = interrupted != 0;
    run->outcome.elapsed_ns = clock_now_ns() - run->start_ns;
}

/* Waits for output, but no longer than until something else has to be looked at. At most 200 ms: a
 * signal that arrives just before poll() must not wait for long. */
static void wait_a_little(running_t *runs, size_t count) {
    struct pollfd *events = text_alloc((count + 1) * sizeof *events);
    int wait_ms = IDLE_MS;
    for (size_t i = 0; i < count; i++) {
        events[i] = (struct pollfd){.fd = runs[i].output, .events = POLLIN};
        uint64_t now = clock_now_ns(), deadline = runs[i].deadline_ns;
        uint64_t left_ms = now < deadline ? (deadline - now) / 1000000 + 1 : 0;
        int own_ms = runs[i].output < 0 ? REAP_MS : runs[i].statm >= 0 ? LAUNCH_WATCH_MS : IDLE_MS;
        own_ms = left_ms < (uint64_t)own_ms ? (int)left_ms : own_ms;
        wait_ms = own_ms < wait_ms ? own_ms : wait_ms;
    }
    int ready = poll(events, count, wait_ms);
    for (size_t i = 0; i < count; i++) {
        if (ready > 0 && events[i].revents) {
            read_output(&runs[i]);
        }
    }
    free(events);
}

static bool all_rest(const running_t *runs, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (!runs[i].rests) {
            return false;
        }
    }
    return true;
}

void launch_batch(const launch_t *list, size_t count, size_t most,
                  void (*ended)(void *context, size_t place, outcome_t *outcome), void *context) {
    running_t *runs = text_alloc(most * sizeof *runs);
    size_t next = 0, running = 0;
    while ((next < count && !interrupted) || running > 0) {
        if (next < count && !interrupted && running < most && all_rest(runs, running)) {
            runs[running] = (running_t){.launch = &list[next], .place = next};
            start(&runs[running++]);
            next++;
        }
        wait_a_little(runs, running);
        for (size_t i = 0; i < running; i++) {
            read_memory(&runs[i]);
            if (!runs[i].ended) {
                look_after(&runs[i]);
            }
            if (runs[i].ended) {
                finish(&runs[i]);
                ended(context, runs[i].place, &runs[i].outcome);
                runs[i--] = runs[--running];
            }
        }
    }
    free(runs);
}

static void keep_outcome(void *context, size_t place, outcome_t *outcome) {
    (void)place;
    *(outcome_t *)context = *outcome;
}

outcome_t launch_run(const launch_t *launch) {
    outcome_t out = {.interrupted = true}; /* if Ctrl-C came before it began */
    launch_batch(launch, 1, 1, keep_outcome, &out);
    return out;
}

/* ---- programs that are spoken to ---- */

struct launched {
    launch_t launch;
    running_t run;
};

launched_t *launch_start(const launch_t *launch) {
    launched_t *out = text_alloc(sizeof *out);
    out->launch = *launch;
    out->run = (running_t){.launch = &out->launch};
    start(&out->run);
    return out;
}

pid_t launch_pid(const launched_t *program) {
    return program->run.child;
}

bool launch_say(launched_t *program, const char *line) {
    return send(program->run.channel, line, strlen(line), MSG_NOSIGNAL) > 0;
}

bool launch_hear(launched_t *program, char *line, size_t room, double timeout_s) {
    running_t *run = &program->run;
    uint64_t deadline_ns = clock_now_ns() + (uint64_t)(timeout_s * 1e9);
    while (!interrupted && !run->ended && clock_now_ns() < deadline_ns) {
        struct pollfd events[] = {{.fd = run->channel, .events = POLLIN},
                                  {.fd = run->output, .events = POLLIN}};
        if (poll(events, 2, IDLE_MS) <= 0) {
            continue;
        }
        if (events[0].revents) {
            ssize_t got = recv(run->channel, line, room - 1, 0);
            line[got > 0 ? got : 0] = '\0';
            return got > 0;
        }
        read_output(run);
    }
    return false;
}

outcome_t launch_end(launched_t *program) {
    running_t *run = &program->run;
    while (!run->ended) {
        wait_a_little(run, 1);
        look_after(run);
    }
    finish(run);
    outcome_t out = run->outcome;
    free(program);
    return out;
}
