/*
 * harden.c - HAKMEM_HARDEN: what each level makes of a double free and of a write past a block's
 * end; what it leaves as it was: usable sizes, contents, statistics, memory that goes back, fork.
 *
 * What every kind of misuse comes to at each level is in misuse/.
 */
#include "child.h"
#include "hakmem.h"
#include "test.h"

#include <malloc.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>

enum { BLOCKS = 1000 };

static int double_free(void) {
    void *block = malloc(100);
    free(block);
    free(block);
    return 0;
}

static int overflow(void) {
    char *block = malloc(100);
    char *volatile end = block + 100;
    *end = 'x';
    free(block);
    return 0;
}

static int usable(void) {
    static const size_t sizes[] = {0, 1, 24, 100, 1024, 33000, 57328, 57329, 200000, 5 * MIB};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        char *block = malloc(sizes[i]);
        CHECK(block);
        memset(block, 1, malloc_usable_size(block));
        printf("%d", malloc_usable_size(block) == sizes[i]);
        block = realloc(block, 2 * sizes[i] + 1);
        CHECK(block && (sizes[i] == 0 || (block[0] == 1 && block[sizes[i] - 1] == 1)));
        memset(block, 2, malloc_usable_size(block));
        free(block);
    }
    return 0;
}

/* The figures of the statistics follow what the program has, and nothing that waits. */
static int statistics(void) {
    static const size_t sizes[] = {100, 33000, 200000};
    static void *blocks[BLOCKS];
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        hak_memory_t before, during, after;
        HAK_FN(hak_memory_read)(&before);
        for (int j = 0; j < BLOCKS; j++) {
            blocks[j] = malloc(sizes[i]);
            CHECK(blocks[j]);
        }
        HAK_FN(hak_memory_read)(&during);
        for (int j = 0; j < BLOCKS; j++) {
            free(blocks[j]);
        }
        HAK_FN(hak_memory_read)(&after);
        uint64_t asked = BLOCKS * sizes[i];
        uint64_t live = during.live_bytes - before.live_bytes;
        uint64_t requested = during.requested_bytes - before.requested_bytes;
        CHECK_MSG(live >= asked && live <= asked + asked / 4 + 256 * KIB, "%zu: live %llu",
                  sizes[i], (unsigned long long)live);
        CHECK_MSG(requested >= asked * 9 / 10 && requested <= asked * 11 / 10,
                  "%zu: requested %llu", sizes[i], (unsigned long long)requested);
        CHECK_MSG(after.live_bytes <= before.live_bytes + 64 * KIB, "%zu: left %lld", sizes[i],
                  (long long)(after.live_bytes - before.live_bytes));
    }
    return 0;
}

static int trim(void) {
    static void *blocks[BLOCKS];
    hak_memory_t memory;
    for (int i = 0; i < BLOCKS; i++) {
        blocks[i] = malloc(33000);
        CHECK(blocks[i]);
        memset(blocks[i], 1, 33000);
    }
    for (int i = 0; i < BLOCKS; i++) {
        free(blocks[i]);
    }
    malloc_trim(0);
    HAK_FN(hak_memory_read)(&memory);
    CHECK_MSG(memory.cached_bytes <= MIB, "cached %llu", (unsigned long long)memory.cached_bytes);
    return 0;
}

/* A child frees what its parent took, and its misuse is noticed too. */
static int in_child(void) {
    char *block = malloc(100);
    pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        free(block);
        free(block);
        _exit(0);
    }
    int status;
    CHECK(waitpid(pid, &status, 0) == pid);
    printf("%d", WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    free(block);
    return 0;
}

/* The seeds of two processes differ, and so do the places of their blocks. */
static int places(void) {
    char *first = malloc(1000);
    for (int i = 0; i < 8; i++) {
        printf("%td ", (char *)malloc(1000) - first);
    }
    return 0;
}

static const struct {
    const char *name;
    int (*run)(void);
} cases[] = {{"double_free", double_free},
             {"overflow", overflow},
             {"usable", usable},
             {"statistics", statistics},
             {"trim", trim},
             {"in_child", in_child},
             {"places", places}};

static int run_case(const char *name) {
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (strcmp(cases[i].name, name) == 0) {
            return cases[i].run();
        }
    }
    return 2;
}

static void expect_abort(const char *name, const char *level, const char *reason) {
    child_t child = CHILD_RUN(name, level);
    bool aborted = child.signal == SIGABRT;
    CHECK_MSG(aborted == (reason != NULL), "%s, %s: %s", name, level, child.err);
    CHECK_MSG(reason == NULL || strstr(child.err, reason), "%s, %s: %s", name, level, child.err);
    CHECK_EQ(count_text(child.err, "\n"), aborted);
    child_free(&child);
}

static void expect_output(const char *name, const char *level, const char *out) {
    child_t child = CHILD_RUN(name, level);
    child_expect_success(&child);
    CHECK_MSG(strcmp(child.out, out) == 0, "%s, %s: %s, expected %s", name, level, child.out, out);
    child_free(&child);
}

static void expect_other_places(const char *level, bool other) {
    child_t one = CHILD_RUN("places", level), two = CHILD_RUN("places", level);
    child_expect_success(&one);
    CHECK_MSG((strcmp(one.out, two.out) != 0) == other, "%s: %s and %s", level, one.out, two.out);
    child_free(&one);
    child_free(&two);
}

int main(int argc, char **argv) {
    if (argc > 1) {
        return run_case(argv[1]);
    }
    static const char *const levels[] = {"HAKMEM_HARDEN=0", "HAKMEM_HARDEN=1", "HAKMEM_HARDEN=2"};
    for (int level = 0; level <= 2; level++) {
        const char *option = levels[level];
        expect_abort("double_free", option, level >= 1 ? "double free" : NULL);
        expect_abort("overflow", option, level >= 2 ? "write past the end of a block" : NULL);
        if (level == 2) {
            expect_output("usable", option, "1111111111");
        }
        expect_output("statistics", option, "");
        expect_output("trim", option, "");
        expect_output("in_child", option, level >= 1 ? "1" : "0");
        expect_other_places(option, level == 2);
    }
    return 0;
}
