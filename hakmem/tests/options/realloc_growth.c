/*
 * realloc_growth.c - a block that grows gets room to grow further where that is to be had, and one
 * that grows by small steps what others left behind; the room is no reason to break W_MAX, to fail,
 * to report a failure that was none, or to crash at a limit.
 */
#include "child.h"
#include "test.h"

#include <errno.h>
#include <malloc.h>
#include <string.h>
#include <sys/resource.h>

enum { WARM = 64 };

static void limit_address_space(void) {
    struct rlimit limit = {GIB, GIB};
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
}

/* The heap's frontier is cut by a limit that is set while the program runs. */
static void at_limit(size_t from) {
    char *block = malloc(from);
    CHECK(block);
    memset(block, 1, from);
    limit_address_space();
    block = realloc(block, 12 * MIB);
    CHECK(block && block[0] == 1 && block[from - 1] == 1);
    free(block);
}

/* No room for twice as much can be asked for, let alone be had. */
static void beyond_all(void) {
    char *block = malloc(3 * MIB), *other = malloc(3 * MIB);
    CHECK(block && other);
    free(other); /* a warm span of less than that is there */
    errno = 0;
    CHECK(realloc(block, (size_t)1 << 47) == NULL);
    CHECK_EQ(errno, ENOMEM);
    block[0] = 1;
    free(block);
}

/* Blocks of 57,344 bytes are at hand, which is 1.75 times what is asked for. */
static void warm_and_too_large(void) {
    char *block = malloc(32768), *warm[WARM];
    for (int i = 0; i < WARM; i++) {
        CHECK((warm[i] = malloc(57344)));
    }
    for (int i = 0; i < WARM; i++) {
        free(warm[i]);
    }
    CHECK((block = realloc(block, 32769)));
    size_t usable = malloc_usable_size(block);
    CHECK_MSG(usable * 100 <= (size_t)32769 * 160, "%zu", usable);
    free(block);
}

/* A block that outgrows its place by little takes the one at hand, of `left` bytes: no new memory,
 * and not a longer place, though another class is what it would have by itself. */
static void takes_what_is_left(size_t from, size_t left) {
    char *block = malloc(from), *behind = malloc(left), *other = malloc(left);
    char *after = malloc(left), *room = malloc(MIB), *last = malloc(left);
    CHECK(block && behind && other && after && room && last);
    uintptr_t place = (uintptr_t)other;
    block[from - 1] = 1;
    free(room);
    free(other);
    uintptr_t before = (uintptr_t)block;
    while ((uintptr_t)block == before) {
        CHECK((block = realloc(block, malloc_usable_size(block) + 1)));
    }
    CHECK(block[from - 1] == 1);
    CHECK_MSG((uintptr_t)block == place, "%zu bytes: %zu", from, malloc_usable_size(block));
    free(block);
    free(behind);
    free(after);
    free(last);
}

static void grow_to(size_t from, size_t to) {
    char *block = malloc(from);
    CHECK(block);
    CHECK((block = realloc(block, to)));
    free(block);
}

static int run_case(const char *name) {
    if (strcmp(name, "large-at-limit") == 0) {
        at_limit(100 * KIB);
    } else if (strcmp(name, "big-at-limit") == 0) {
        at_limit(3 * MIB);
    } else if (strcmp(name, "beyond-all") == 0) {
        beyond_all();
    } else if (strcmp(name, "warm") == 0) {
        warm_and_too_large();
    } else if (strcmp(name, "left") == 0) {
        takes_what_is_left(32768, 49152);
        takes_what_is_left(96 * KIB, 120 * KIB);
    } else if (strcmp(name, "mid-cap") == 0) {
        grow_to(32768, 32769);
    } else {
        grow_to(60000, 200000);
    }
    return 0;
}

static void expect(const char *name, const char *setting, const char *other, unsigned lines) {
    child_t child = CHILD_RUN(name, setting, other, "HAKMEM_ACE_TRACE=1");
    child_expect_success(&child);
    unsigned seen = count_text(child.err, "[ACE-FAIL]");
    CHECK_MSG(seen == lines, "%s: %u lines, expected %u: %s", name, seen, lines, child.err);
    child_free(&child);
}

int main(int argc, char **argv) {
    if (argc > 1) {
        return run_case(argv[1]);
    }
    expect("large-at-limit", "HAKMEM_ACE_STRICT=0", "HAKMEM_STATS=", 0);
    expect("big-at-limit", "HAKMEM_ACE_STRICT=0", "HAKMEM_STATS=", 0);
    expect("beyond-all", "HAKMEM_ACE_STRICT=0", "HAKMEM_STATS=", 1); /* a MapFail */
    expect("warm", "HAKMEM_ACE_STRICT=0", "HAKMEM_STATS=", 0);
    expect("left", "HAKMEM_ACE_STRICT=0", "HAKMEM_STATS=", 0);
    expect("mid-cap", "HAKMEM_ACE_STRICT=1", "HAKMEM_CAP_MID=102400", 0);
    expect("large-cap", "HAKMEM_ACE_STRICT=0", "HAKMEM_CAP_LARGE=131072", 1);
    return 0;
}
