/*
 * faults.c - each system call of the OS layer fails at its n-th call, for every n, alone and with
 * all that follow; and memory that may be made accessible has a bound, as under
 * vm.overcommit_memory=2.
 *
 * The program is a run of the model (../fuzz/model.h), which checks that each request is served or
 * NULL with ENOMEM, that no block is lost or handed out twice, and that every page is accounted
 * for; expect.h checks the MapFail counter after each request. Then nothing fails any more, and a
 * second run must be served whole. Each fault is a process of its own. Three times: with all the
 * address space there is; under a limit, where windows come and go; and with a failure of ACE, and
 * so a line in a file, every other moment.
 */
#include "expect.h"
#include "inject.h"
#include "test.h"

#include "../fuzz/inside.h"
#include "../fuzz/model.h"
#include "../fuzz/program.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

enum { SLOTS = 192, MOST_OPTIONS = 3 };

typedef struct outcome {
    uint64_t calls[INJECT_NAMES], failed, mapfails;
} outcome_t;

typedef struct setting {
    const char *name, *options[MOST_OPTIONS + 1];
    size_t address_space_bytes;
    const char *ops;
} setting_t;

static const setting_t settings[] = {
    {.name = "no limit", .options = {"HAKMEM_PURGE_DELAY_MS=0"}, .ops = "300"},
    {.name = "RLIMIT_AS", .address_space_bytes = 160 * MIB, .ops = "350"},
    {.name = "trace",
     .options = {"HAKMEM_WMAX_MID=1.02", "HAKMEM_ACE_TRACE=1", "HAKMEM_ACE_TRACE_FILE=/dev/null"},
     .ops = "80"},
};
enum { SETTINGS = sizeof settings / sizeof settings[0] };

static uint64_t runs, faults, mapfails;

/* The program under test: with faults, then without. */
static int child_main(const char *fault, uint64_t ops) {
    outcome_t outcome = {0};
    source_t source = source_of_seed(test_setting("HAK_TEST_SEED", 1));
    model_writes_may_fail = true;
    model_start(SLOTS, 64 * MIB, fault);
    program_run(&source, ops);
    for (unsigned name = 0; name < INJECT_NAMES; name++) {
        outcome.calls[name] = inject_calls(name);
    }
    outcome.failed = inject_failed();
    outcome.mapfails = expect_mapfails();
    inject_stop();
    model_writes_may_fail = false;
    program_run(&source, ops);
    CHECK_EQ(expect_mapfails(), outcome.mapfails);
    CHECK(write(STDOUT_FILENO, &outcome, sizeof outcome) == sizeof outcome);
    return 0;
}

__attribute__((noreturn)) static void become_child(const setting_t *setting, const char *fault) {
    for (unsigned i = 0; setting->options[i] != NULL; i++) {
        putenv((char *)(uintptr_t)setting->options[i]);
    }
    if (setting->address_space_bytes != 0) {
        struct rlimit limit = {setting->address_space_bytes, setting->address_space_bytes};
        CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
    }
    if (fault != NULL) {
        setenv("HAK_FAULT", fault, 1);
    }
    execl("/proc/self/exe", "faults", fault != NULL ? fault : "none", setting->ops, NULL);
    _exit(126);
}

static void show_messages(int fd) {
    char text[4096];
    ssize_t length = pread(fd, text, sizeof text, 0);
    if (length > 0 && write(STDERR_FILENO, text, (size_t)length) < 0) {
        _exit(2);
    }
}

static outcome_t run(const setting_t *setting, const char *fault) {
    int out = memfd_create("out", MFD_CLOEXEC), err = memfd_create("err", MFD_CLOEXEC);
    CHECK(out >= 0 && err >= 0);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        dup2(out, STDOUT_FILENO);
        dup2(err, STDERR_FILENO);
        become_child(setting, fault);
    }
    int status = 0;
    outcome_t outcome;
    CHECK(waitpid(pid, &status, 0) == pid);
    if (status != 0) {
        show_messages(err);
    }
    CHECK_MSG(status == 0, "%s, HAK_FAULT=%s: status %#x", setting->name, fault, (unsigned)status);
    CHECK(pread(out, &outcome, sizeof outcome, 0) == sizeof outcome);
    close(out);
    close(err);
    runs++;
    faults += outcome.failed;
    mapfails += outcome.mapfails;
    return outcome;
}

static void fail_each_call(const setting_t *setting, unsigned name, uint64_t calls) {
    static const int errors[INJECT_NAMES] = {ENOMEM, ENOMEM, EAGAIN, EFAULT, EINVAL,
                                             EINVAL, EINVAL, ENOSPC, EMFILE};
    static const char *const modes[] = {"once", "on"};
    uint64_t failed_before = faults;
    for (uint64_t n = 1; n <= calls; n++) {
        for (unsigned mode = 0; mode < 2; mode++) {
            char fault[64];
            snprintf(fault, sizeof fault, "%s:%llu:%s:%d", inject_names[name],
                     (unsigned long long)n, modes[mode], errors[name]);
            run(setting, fault);
        }
    }
    /* one of a call that time alone leads to may not come again */
    CHECK_MSG(faults - failed_before >= calls, "%s: %llu failed of %llu calls", inject_names[name],
              (unsigned long long)(faults - failed_before), (unsigned long long)calls);
}

static void bound_memory(const setting_t *setting) {
    for (size_t bytes = 0; bytes <= 80 * MIB; bytes += bytes < MIB ? 64 * KIB : 5 * MIB) {
        char fault[64];
        snprintf(fault, sizeof fault, "commit:%zu:on:%d", bytes, ENOMEM);
        run(setting, fault);
    }
}

int main(int argc, char **argv) {
    if (argc > 2) {
        return child_main(argv[1], strtoull(argv[2], NULL, 10));
    }
    uint64_t calls[INJECT_NAMES] = {0};
    for (unsigned i = 0; i < SETTINGS; i++) {
        outcome_t plain = run(&settings[i], NULL);
        CHECK(plain.failed == 0 && plain.mapfails == 0);
        printf("%s:", settings[i].name);
        for (unsigned name = 0; name < INJECT_NAMES; name++) {
            printf(" %s %llu", inject_names[name], (unsigned long long)plain.calls[name]);
            fflush(stdout);
            fail_each_call(&settings[i], name, plain.calls[name]);
            calls[name] += plain.calls[name];
        }
        bound_memory(&settings[i]);
        printf("\n");
    }
    for (unsigned name = 0; name < INJECT_NAMES; name++) {
        CHECK_MSG(calls[name] > 0, "%s is never called", inject_names[name]);
    }
    printf("%llu runs, %llu calls failed, %llu MapFails counted and expected\n",
           (unsigned long long)runs, (unsigned long long)faults, (unsigned long long)mapfails);
    return 0;
}
