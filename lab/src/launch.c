/*
 * launch.c - fork, execve, time limit, captured output. See launch.h.
 */
#include "launch.h"

#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
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
}

bool launch_interrupted(void) {
    return interrupted != 0;
}

/* In the child: only async-signal-safe calls. Does not return. */
static _Noreturn void become(const launch_t *launch, int output) {
    setpgid(0, 0);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    int null = open("/dev/null", O_RDONLY);
    if (null >= 0) {
        dup2(null, 0);
    }
    dup2(output, 1);
    dup2(output, 2);
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

/* Reads until the program closes its output, the time is over, or Ctrl-C. */
static void watch(int output, uint64_t deadline_ns, outcome_t *out) {
    char part[65536];
    while (!interrupted) {
        uint64_t now = clock_now_ns();
        if (now >= deadline_ns) {
            out->timed_out = true;
            return;
        }
        uint64_t left_ms = (deadline_ns - now) / 1000000 + 1;
        /* 200 ms at most: a signal that arrives just before poll() must not wait for long. */
        struct pollfd event = {.fd = output, .events = POLLIN};
        if (poll(&event, 1, left_ms > 200 ? 200 : (int)left_ms) <= 0) {
            continue;
        }
        ssize_t got = read(output, part, sizeof part);
        if (got <= 0) {
            return;
        }
        make_printable(part, (size_t)got);
        keep_tail(out, part, (size_t)got);
    }
}

/* A program may close its output long before it ends. */
static void wait_until(pid_t child, uint64_t deadline_ns, outcome_t *out) {
    while (!out->timed_out && !interrupted) {
        if (waitpid(child, &out->wait_status, WNOHANG) == child) {
            return;
        }
        out->timed_out = clock_now_ns() >= deadline_ns;
        poll(NULL, 0, 1);
    }
    kill(-child, SIGKILL);
    while (waitpid(child, &out->wait_status, 0) < 0 && errno == EINTR) {
    }
}

outcome_t launch_run(const launch_t *launch) {
    outcome_t out = {0};
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return out;
    }
    uint64_t start_ns = clock_now_ns();
    uint64_t deadline_ns = start_ns + (uint64_t)(launch->timeout_s * 1e9);
    pid_t child = fork();
    if (child == 0) {
        become(launch, ends[1]);
    }
    close(ends[1]);
    if (child > 0) {
        out.started = true;
        setpgid(child, child); /* here too: whichever of the two is first */
        watch(ends[0], deadline_ns, &out);
        wait_until(child, deadline_ns, &out);
        kill(-child, SIGKILL); /* what it may have left behind */
    }
    close(ends[0]);
    out.interrupted = interrupted != 0;
    out.elapsed_ns = clock_now_ns() - start_ns;
    return out;
}
