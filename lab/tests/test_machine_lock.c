/*
 * test_machine_lock.c - one run at a time on a machine: the second waits, says for whom, and goes
 * on when the first has ended, however it ended; what takes no samples does not wait; and a file
 * that somebody else has put there neither stops a run nor is written to.
 */
#include "file.h"
#include "launch.h"
#include "machine_lock.h"
#include "text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOBODY = 65534 };
static char folder[64];

static int fresh_folder(void **state) {
    (void)state;
    strcpy(folder, "/tmp/hakmem-lab-test-XXXXXX");
    return mkdtemp(folder) ? chmod(folder, 01777) : -1;
}

static int remove_folder(void **state) {
    (void)state;
    return system(text_format("rm -rf %s", folder));
}

static const char *lock_path(void) {
    return text_format("%s/lock", folder);
}

typedef struct child {
    pid_t pid;
    FILE *says;
} child_t;

/* A process that takes the lock, says "mine", and keeps it until it is killed; as nobody if asked.
 * What it says can be read line by line: no test needs a clock. */
static child_t run_starts(const char *run, bool as_nobody) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], STDERR_FILENO);
        if (as_nobody && getuid() == 0 && (setgid(NOBODY) != 0 || setuid(NOBODY) != 0)) {
            _exit(1);
        }
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a failed test leaves none behind */
        launch_catch_signals();
        machine_lock_take(lock_path(), run);
        signal(SIGTERM, SIG_DFL);
        fputs("mine\n", stderr);
        for (;;) {
            pause();
        }
    }
    close(ends[1]);
    return (child_t){pid, fdopen(ends[0], "r")};
}

static const char *next_line(child_t child) {
    static char line[8192];
    line[0] = '\0';
    if (!fgets(line, sizeof line, child.says)) {
        strcpy(line, "(nothing more)");
    }
    line[strcspn(line, "\n")] = '\0';
    return line;
}

static int end_of(child_t child, int number) {
    int status;
    kill(child.pid, number);
    waitpid(child.pid, &status, 0);
    fclose(child.says);
    return status;
}

static void the_second_waits_for_the_first(void **state) {
    (void)state;
    child_t first = run_starts("/results/one", false);
    assert_string_equal(next_line(first), "mine");
    child_t second = run_starts("/results/two", true); /* another user */
    assert_string_equal(next_line(second),
                        text_format("hakmem: process %d is measuring on this machine, for "
                                    "/results/one: waiting until it ends",
                                    (int)first.pid));
    end_of(first, SIGKILL); /* no time to tidy up */
    assert_string_equal(next_line(second), "hakmem: the other run has ended: beginning");
    assert_string_equal(next_line(second), "mine");
    child_t third = run_starts("/results/three", false);
    assert_non_null(strstr(next_line(third), "for /results/two:"));
    int status = end_of(third, SIGINT); /* Ctrl-C while it waits */
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 130);
    end_of(second, SIGTERM);
}

static void another_users_file_is_locked_too(void **state) {
    (void)state;
    child_t first = run_starts("/results/theirs", true);
    assert_string_equal(next_line(first), "mine");
    child_t second = run_starts("/results/ours", false);
    assert_non_null(strstr(next_line(second), "for /results/theirs:"));
    end_of(second, SIGINT);
    end_of(first, SIGTERM);
    /* one that cannot be written to */
    assert_int_equal(chmod(lock_path(), 0444), 0);
    first = run_starts("/results/again", true);
    assert_string_equal(next_line(first), "mine");
    second = run_starts("/results/ours", true);
    assert_non_null(strstr(next_line(second), "waiting until it ends"));
    end_of(second, SIGINT);
    end_of(first, SIGTERM);
}

/* What it says of a thing of that name that is no lock file; it goes on at once. */
static void goes_on(const char *make, const char *reason) {
    assert_int_equal(system(text_format("cd %s && %s", folder, make)), 0);
    child_t run = run_starts("/results/one", false);
    const char *said = next_line(run);
    if (!strstr(said, reason)) {
        fail_msg("it said '%s'", said);
    }
    assert_string_equal(next_line(run), "mine");
    end_of(run, SIGTERM);
    assert_int_equal(system(text_format("cd %s && rm -rf lock", folder)), 0);
}

static void traps_are_not_stepped_into(void **state) {
    (void)state;
    char *victim = text_format("%s/victim", folder);
    file_write(victim, "precious\n");
    goes_on("ln -s victim lock", "symbolic link");
    goes_on("ln -s nowhere lock", "symbolic link");
    goes_on("ln victim lock", "no plain file");
    goes_on("mkfifo lock", "no plain file");
    goes_on("mkdir lock", "s a directory");
    assert_string_equal(file_read(victim), "precious\n");
    assert_false(file_exists(text_format("%s/nowhere", folder)));
    /* a line that would write to the terminal what it likes is not shown */
    assert_int_equal(system(text_format("printf '1 \\033]0;owned\\007' >%s && chmod 666 %s",
                                        lock_path(), lock_path())),
                     0);
    int holder = open(lock_path(), O_RDONLY | O_CLOEXEC);
    assert_int_equal(flock(holder, LOCK_EX), 0);
    child_t run = run_starts("/results/one", false);
    assert_string_equal(next_line(run),
                        "hakmem: another run is measuring on this machine: waiting until it ends");
    assert_int_equal(flock(holder, LOCK_UN), 0); /* closed it would still be the child's */
    assert_string_equal(next_line(run), "hakmem: the other run has ended: beginning");
    assert_string_equal(next_line(run), "mine");
    end_of(run, SIGTERM);
}

/* With the machine's own lock: first this test waits for it, if somebody measures. */
static void the_program_takes_it_before_samples_only(void **state) {
    (void)state;
    machine_lock_take(MACHINE_LOCK_PATH, "the tests of the lab");
    assert_int_equal(system("timeout 600 ../bin/hakmem --list >/dev/null"), 0);
    assert_int_equal(system("timeout 600 ../bin/hakmem --dry-run >/dev/null"), 0);
    int ends[2], status;
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], STDERR_FILENO);
        execl("../bin/hakmem", "hakmem", "--workload", "mid33", "--reps", "1", "--out",
              text_format("%s/run", folder), (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    child_t run = {pid, fdopen(ends[0], "r")};
    assert_string_equal(next_line(run),
                        text_format("hakmem: process %d is measuring on this machine, for the "
                                    "tests of the lab: waiting until it ends",
                                    (int)getpid()));
    status = end_of(run, SIGTERM);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 130);
    assert_false(file_exists(text_format("%s/run", folder)));
}

int main(void) {
    static char own_name[] = "hakmem";
    program_invocation_short_name = own_name; /* messages begin with it */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_second_waits_for_the_first, fresh_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(another_users_file_is_locked_too, fresh_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(traps_are_not_stepped_into, fresh_folder, remove_folder),
        cmocka_unit_test_setup_teardown(the_program_takes_it_before_samples_only, fresh_folder,
                                        remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
