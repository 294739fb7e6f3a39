/*
 * static_meta.c - hakmem's own records: zeroed, aligned, apart from each other; a freed one is the
 * next of its size; the figures follow; one that is too large stops the process.
 *
 * White box: linked with objects.a. Its own malloc takes records, too, so none is called here.
 *
 * On the machine's own kernel: qemu has no RLIMIT_AS.
 */
#include "span/meta.h"
#include "test.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

enum { COUNT = 900 };

static struct {
    unsigned char *record;
    size_t bytes;
} held[COUNT];
static uint64_t state = 5;

static size_t rounded(size_t bytes) {
    return (bytes + 63) / 64 * 64;
}

static void take(size_t i, size_t bytes) {
    unsigned char *record = meta_alloc(bytes);
    CHECK(record != NULL);
    CHECK_MSG((uintptr_t)record % (bytes % 512 == 0 ? 512 : 64) == 0, "%zu bytes at %p", bytes,
              (void *)record);
    for (size_t at = 0; at < rounded(bytes); at++) {
        CHECK_MSG(record[at] == 0, "byte %zu of %zu", at, bytes);
    }
    memset(record, (int)i | 1, rounded(bytes));
    held[i].record = record;
    held[i].bytes = bytes;
}

static void give(size_t i) {
    for (size_t at = 0; at < rounded(held[i].bytes); at++) {
        CHECK_MSG(held[i].record[at] == ((i | 1) & 0xff), "byte %zu of %zu", at, held[i].bytes);
    }
    meta_free(held[i].record, held[i].bytes);
    held[i].record = NULL;
}

static void check_reuse(void) {
    size_t mapped = meta_mapped_bytes(), used = meta_used_bytes();
    for (int i = 0; i < 5000; i++) {
        void *first = meta_alloc(200), *second = meta_alloc(200);
        CHECK(first != NULL && second != NULL && first != second);
        CHECK_EQ(meta_used_bytes(), used + 2 * 256);
        meta_free(first, 200);
        void *again = meta_alloc(193); /* of the same 256 bytes */
        CHECK(again == first);
        meta_free(second, 200);
        meta_free(again, 193);
    }
    CHECK_EQ(meta_used_bytes(), used);
    CHECK_MSG(meta_mapped_bytes() <= mapped + 256 * 1024, "%zu bytes, then %zu", mapped,
              meta_mapped_bytes());
}

/* Several chunks' worth. */
static void check_many(void) {
    size_t used = meta_used_bytes(), sum = 0;
    for (int turn = 0; turn < 6 * COUNT; turn++) {
        size_t i = test_random(&state) % COUNT;
        if (held[i].record != NULL) {
            sum -= rounded(held[i].bytes);
            give(i);
        } else {
            size_t most = test_random(&state) % 8 == 0 ? META_MAX_BYTES : 600;
            take(i, test_random(&state) % 6 == 0 ? 512 : 1 + test_random(&state) % most);
            sum += rounded(held[i].bytes);
        }
        CHECK_EQ(meta_used_bytes(), used + sum);
        CHECK(meta_mapped_bytes() >= meta_used_bytes());
    }
    /* no more than a chunk, and a record's size of each, is idle */
    CHECK(meta_mapped_bytes() > 512 * 1024);
    for (size_t i = 0; i < COUNT; i++) {
        if (held[i].record != NULL) {
            give(i);
        }
    }
    CHECK_EQ(meta_used_bytes(), used);
}

/* Each reading of the clock is some microseconds after the last, the first ones more than those
 * later: what is measured is the least. */
static uint64_t clock_ns = 1000000000, clock_reads;

int clock_gettime(clockid_t clock, struct timespec *now) {
    (void)clock;
    clock_ns += ++clock_reads < 8 ? 9000 : 5000;
    free(malloc(META_MAX_BYTES)); /* as one that is made when it is first asked does */
    meta_free(meta_alloc(META_MAX_BYTES), META_MAX_BYTES);
    *now = (struct timespec){(time_t)(clock_ns / 1000000000), (long)(clock_ns % 1000000000)};
    return 0;
}

/* Where the kernel refuses a chunk, and the smaller ones that are asked for then, NULL comes of it.
 */
static void check_refused(void) {
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        struct rlimit none = {MIB, MIB};
        CHECK(setrlimit(RLIMIT_AS, &none) == 0);
        for (int i = 0; i < 4000; i++) {
            if (meta_alloc(META_MAX_BYTES) == NULL) {
                _exit(0);
            }
        }
        _exit(1);
    }
    int status;
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK_MSG(status == 0, "%#x", (unsigned)status);
}

static void check_too_large(void) {
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        close(STDERR_FILENO);
        meta_alloc(META_MAX_BYTES + 1);
        _exit(0);
    }
    int status;
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK_MSG(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "%#x", (unsigned)status);
}

int main(void) {
    free(malloc(1));
    CHECK_EQ(meta_measure_fault(0), 9000);
    CHECK_EQ(meta_measure_fault(7000), 7000); /* once of each chunk */
    CHECK(meta_alloc(META_MAX_BYTES) != NULL);
    check_reuse();
    check_many();
    CHECK_EQ(meta_measure_fault(9000), 5000); /* of a chunk since */
    check_refused();
    check_too_large();
    return 0;
}
