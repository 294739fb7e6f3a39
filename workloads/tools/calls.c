/*
 * calls.c - how often a program asks the kernel for memory: mmap, munmap, mremap, madvise, brk.
 *
 *   calls [--fixed-addresses] [--result=FILE] -- PROGRAM [WORD...]
 *
 * The program is traced, but stops at these five calls only: a seccomp filter lets all others pass
 * at full speed. A stop costs some microseconds, so nothing that is counted here may be timed too.
 * Threads and children are traced with it. A driver of this suite marks the timed part (clock.h);
 * calls within it are counted separately, and the marks themselves nowhere.
 *
 * --fixed-addresses: no address is drawn at random, where the system allows to ask for that: how an
 * allocator aligns its mappings, and so how many calls and page faults it takes, depends on them.
 *
 * The result is one line of JSON: "all" and, where there were marks, "timed" (else null), each an
 * object of counts. The exit status is the program's; 1 when it cannot be traced, 2 for bad usage.
 */
#include "common/clock.h"
#include "shared/die.h"
#include "common/buffer.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#if !defined(__x86_64__)
#error "calls reads the registers of x86-64"
#endif

enum { CALLS = 5 };

static const struct {
    const char *name;
    long number;
} calls[CALLS] = {{"mmap", SYS_mmap},
                  {"munmap", SYS_munmap},
                  {"mremap", SYS_mremap},
                  {"madvise", SYS_madvise},
                  {"brk", SYS_brk}};

typedef struct counts {
    uint64_t all[CALLS], timed[CALLS];
    bool is_timed, was_marked;
} counts_t;

/* In the child: SECCOMP_RET_TRACE for the five, passage for the rest. */
static void filter_calls(void) {
    struct sock_filter code[CALLS + 3];
    unsigned used = 0;
    code[used++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                                                (unsigned)offsetof(struct seccomp_data, nr));
    for (unsigned i = 0; i < CALLS; i++) {
        code[used++] = (struct sock_filter)BPF_JUMP(
            BPF_JMP | BPF_JEQ | BPF_K, (unsigned)calls[i].number, (unsigned char)(CALLS - i), 0);
    }
    code[used++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    code[used++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
    struct sock_fprog program = {.len = (unsigned short)used, .filter = code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        die_errno("cannot filter system calls");
}

static _Noreturn void become(char **argv, bool fixed_addresses) {
    if (fixed_addresses)
        (void)personality(ADDR_NO_RANDOMIZE); /* refused in some containers: random then */
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
        die_errno("cannot be traced");
    raise(SIGSTOP); /* until the tracer has set its options */
    filter_calls();
    execvp(argv[0], argv);
    die_errno("cannot run %s", argv[0]);
}

static void count(counts_t *counts, pid_t thread) {
    struct user_regs_struct registers;
    if (ptrace(PTRACE_GETREGS, thread, NULL, &registers) != 0)
        return; /* it was killed meanwhile */
    if (registers.orig_rax == SYS_madvise && registers.rdi == CLOCK_MARK_ADDRESS &&
        registers.rsi == 0) {
        counts->is_timed = registers.rdx == CLOCK_MARK_START;
        counts->was_marked = true;
        return;
    }
    for (unsigned i = 0; i < CALLS; i++) {
        if (registers.orig_rax == (unsigned long long)calls[i].number) {
            counts->all[i]++;
            counts->timed[i] += counts->is_timed;
        }
    }
}

/* Follows everything that `program` starts; returns its wait status. */
static int follow(pid_t program, counts_t *counts) {
    int status, last = 0;
    for (pid_t thread; (thread = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR;) {
        if (thread < 0)
            continue;
        if (!WIFSTOPPED(status)) {
            last = thread == program ? status : last;
            continue;
        }
        int event = status >> 16, deliver = 0;
        if (event == PTRACE_EVENT_SECCOMP)
            count(counts, thread);
        else if (event == 0 && WSTOPSIG(status) != SIGSTOP && WSTOPSIG(status) != SIGTRAP)
            deliver = WSTOPSIG(status);
        ptrace(PTRACE_CONT, thread, NULL, (void *)(intptr_t)deliver);
    }
    return last;
}

static pid_t start(char **argv, bool fixed_addresses) {
    int status;
    pid_t program = fork();
    if (program == 0)
        become(argv, fixed_addresses);
    if (program < 0 || waitpid(program, &status, __WALL) != program || !WIFSTOPPED(status))
        die("cannot start %s under trace", argv[0]);
    long options = PTRACE_O_TRACESECCOMP | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
                   PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
    if (ptrace(PTRACE_SETOPTIONS, program, NULL, (void *)options) != 0)
        die_errno("cannot trace %s", argv[0]);
    ptrace(PTRACE_CONT, program, NULL, NULL);
    return program;
}

static void add_counts(buffer_t *text, const uint64_t *values) {
    for (unsigned i = 0; i < CALLS; i++)
        buffer_add(text, "%s\"%s\":%" PRIu64, i ? "," : "{", calls[i].name, values[i]);
    buffer_add(text, "}");
}

static void report(const counts_t *counts, const char *path) {
    buffer_t text = {.used = 0};
    buffer_add(&text, "{\"all\":");
    add_counts(&text, counts->all);
    buffer_add(&text, ",\"timed\":");
    if (counts->was_marked)
        add_counts(&text, counts->timed);
    else
        buffer_add(&text, "null");
    buffer_add(&text, "}\n");
    int fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666) : STDOUT_FILENO;
    if (fd < 0 || buffer_write(&text, fd) != 0)
        die_errno("cannot write %s", path ? path : "the counts to stdout");
}

int main(int argc, char **argv) {
    static const char option[] = "--result=", fixed[] = "--fixed-addresses";
    const char *path = NULL;
    int at = 1;
    if (at < argc && strcmp(argv[at], "--help") == 0) {
        puts("Usage: calls [--fixed-addresses] [--result=FILE] -- PROGRAM [WORD...]\n"
             "Counts the program's calls of mmap, munmap, mremap, madvise and brk, as JSON.");
        return 0;
    }
    bool fixed_addresses = at < argc && strcmp(argv[at], fixed) == 0;
    at += fixed_addresses;
    if (at < argc && strncmp(argv[at], option, sizeof option - 1) == 0)
        path = argv[at++] + sizeof option - 1;
    if (at >= argc || strcmp(argv[at], "--") != 0 || at + 1 >= argc)
        die_usage("calls [--fixed-addresses] [--result=FILE] -- PROGRAM [WORD...]: %s",
                  at < argc ? argv[at] : "the program is missing");
    counts_t counts = {.is_timed = false};
    int status = follow(start(argv + at + 1, fixed_addresses), &counts);
    report(&counts, path);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
