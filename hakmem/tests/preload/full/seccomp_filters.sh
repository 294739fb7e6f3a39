#!/usr/bin/env bash
# Filters as service managers set them, and tighter: a list of system calls beyond which the
# process is ended, no new executable memory (MemoryDenyWriteExecute=). In force from main on,
# while the heap grows, is purged and trimmed, and threads come and go.
# Debian packages: gcc libseccomp-dev libc6-dev
. "$(dirname "$0")/../../support/preload.sh"
need gcc
cat >service.c <<'C'
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const char *const allowed[] = {
    "mmap", "munmap", "mprotect", "madvise", "mremap", "brk", "futex", "clock_gettime",
    /* of the program's own, and of libc's for its threads */
    "write", "newfstatat", "fstat", "exit", "exit_group", "clone", "clone3", "set_robust_list",
    "rseq", "rt_sigprocmask", "rt_sigaction", "sched_yield", "nanosleep",
    "clock_nanosleep", "gettid", "getpid",
    /* what is written at the end */
    "open", "openat", "close",
};

static void load(scmp_filter_ctx filter) {
    if (seccomp_load(filter) != 0)
        abort();
    seccomp_release(filter);
}

/* `more`: names, NULL-terminated */
static void forbid(char **more) {
    /* as MemoryDenyWriteExecute= does, and more strictly: no new executable memory at all */
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(mprotect), 1,
                     SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC));
    seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(mmap), 1,
                     SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC));
    load(filter);
    filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
        if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, seccomp_syscall_resolve_name(allowed[i]), 0))
            abort();
    for (; *more; more++)
        if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, seccomp_syscall_resolve_name(*more), 0))
            abort();
    load(filter);
}

static void *work(void *argument) {
    size_t sum = 0, seed = (size_t)argument;
    static __thread char *kept[512];
    for (size_t i = 0; i < 60000; i++) {
        size_t at = i * seed % 512, bytes = i * seed * 7919 % (i % 100 ? 9000 : 3000000) + 1;
        free(kept[at]);
        kept[at] = i % 3 ? malloc(bytes) : calloc(1, bytes);
        if (i % 7 == 0)
            kept[at] = realloc(kept[at], bytes *= 2);
        kept[at][0] = kept[at][bytes - 1] = (char)i;
        sum += bytes + (unsigned char)kept[at][0];
    }
    for (size_t i = 0; i < 512; i++)
        free(kept[i]);
    return (void *)sum;
}

int main(int count, char **arguments) {
    forbid(arguments + (count > 0));
    for (size_t round = 0; round < 3; round++) {
        pthread_t threads[4];
        for (size_t i = 0; i < 4; i++)
            if (pthread_create(&threads[i], NULL, work, (void *)(2 * i + round + 3)))
                return 1;
        for (size_t i = 0; i < 4; i++) {
            void *sum;
            pthread_join(threads[i], &sum);
            printf("%zu\n", (size_t)sum);
        }
        char *large = malloc(300000000);
        memset(large, 1, 100000000);
        free(large);
        malloc_trim(0);
        usleep(300000);
    }
    fflush(stdout);
    return 0;
}
C
gcc -O1 -fno-builtin -o service service.c -lseccomp -pthread
# libc's malloc counts the processors when threads come, and draws a number
./service getrandom sched_getaffinity read sysinfo >want || fail "libc: exit $?"
under_hakmem ./service >got || fail "exit $? (159: a system call that is not in the list)"
diff want got || fail "other figures"
[ "$(wc -l <got)" -eq 12 ] || fail "it did not get to its end"
assert_served
