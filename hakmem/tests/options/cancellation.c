/*
 * cancellation.c - no function of the malloc interface is a cancellation point, whatever hakmem
 * writes from within: a thread whose end was asked for comes out of the trace, to stderr and to a
 * file, of statistics and of the line before an abort, and ends where it next may. (malloc_info is
 * left out: it prints to the program's stream, as glibc's does, and POSIX lets fprintf be one.)
 */
#include "child.h"
#include "hakmem.h"
#include "test.h"

#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>

static bool came_through;

/* What threshold, exhausted pool and refused mapping write about. */
static void fail_requests(void) {
    void *blocks[] = {malloc(33000), calloc(1, 33000), aligned_alloc(64, 33000),
                      realloc(NULL, 33000), malloc((size_t)1 << 46)};
    blocks[0] = realloc(blocks[0], 33010);
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        free(blocks[i]);
    }
}

static void *use_all(void *argument) {
    CHECK(pthread_cancel(pthread_self()) == 0); /* deferred */
    fail_requests();
    HAK_FN(hak_stats_dump)("-");
    HAK_FN(hak_stats_dump)(argument);
    malloc_stats();
    malloc_trim(0);
    mallinfo2();
    came_through = true;
    pthread_testcancel();
    return NULL;
}

static void *free_twice(void *argument) {
    void *volatile block = malloc(3000000);
    CHECK(pthread_cancel(pthread_self()) == 0);
    free(block);
    free(block);
    came_through = true;
    return argument;
}

static int child_main(const char *mode, char *path) {
    pthread_t thread;
    void *result = NULL;
    bool twice = strcmp(mode, "twice") == 0;
    CHECK(pthread_create(&thread, NULL, twice ? free_twice : use_all, path) == 0);
    CHECK(pthread_join(thread, &result) == 0);
    CHECK(came_through);
    CHECK(result == PTHREAD_CANCELED);
    return 0;
}

static void check_trace(const char *text) {
    CHECK_MSG(count_text(text, "[ACE-FAIL] Threshold: ") >= 4, "%s", text);
    CHECK_MSG(count_text(text, "[ACE-FAIL] MapFail: ") == 1, "%s", text);
}

static void to_a_file(void) {
    char option[128], text[8192] = "";
    const char *path = temp_path();
    snprintf(option, sizeof option, "HAKMEM_ACE_TRACE_FILE=%s", path);
    child_t child = child_run(
        &(child_setup_t){.env = (const char *const[]){"HAKMEM_ACE_TRACE=2", "HAKMEM_WMAX_MID=1.01",
                                                      option, NULL}},
        "use", "/dev/null");
    child_expect_success(&child);
    int fd = open(path, O_RDONLY);
    CHECK(fd >= 0 && read(fd, text, sizeof text - 1) > 0);
    close(fd);
    check_trace(text);
    child_free(&child);
}

int main(int count, char **arguments) {
    if (count > 1) {
        return child_main(arguments[1], arguments[2]);
    }
    child_t child =
        child_run(&(child_setup_t){.env = (const char *const[]){"HAKMEM_ACE_TRACE=1",
                                                                "HAKMEM_WMAX_MID=1.01", NULL}},
                  "use", "/dev/null");
    child_expect_success(&child);
    check_trace(child.err);
    CHECK(strstr(child.err, "\"memory\": ") && strstr(child.err, "in use bytes"));
    child_free(&child);
    to_a_file();
    child = CHILD_RUN("twice", "HAKMEM_HARDEN=1");
    CHECK_MSG(child.signal == SIGABRT && strstr(child.err, "[hakmem] fatal: "), "%d, %d: %s",
              child.exit_code, child.signal, child.err);
    child_free(&child);
    return 0;
}
