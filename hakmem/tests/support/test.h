/*
 * test.h - assertions for the test programs.
 *
 * A test is one program: it exits 0 when everything held, and otherwise stops at the first CHECK
 * that did not, having named the place, the expression and the values on stderr. Nothing here
 * allocates, so that a broken allocator can still say what broke. Safe to use from any thread.
 */
#ifndef TEST_H
#define TEST_H

#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define KIB ((size_t)1024)
#define MIB ((size_t)1024 * 1024)
#define GIB ((size_t)1024 * 1024 * 1024)

#define CHECK(cond) CHECK_MSG(cond, "%s", "")

/* CHECK with a printf text that tells which of many cases it was. */
#define CHECK_MSG(cond, ...)                                                                       \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            test_fail(__FILE__, __LINE__, #cond, __VA_ARGS__);                                     \
        }                                                                                          \
    } while (0)

#define CHECK_EQ(got, want)                                                                        \
    do {                                                                                           \
        uint64_t got_ = (uint64_t)(got), want_ = (uint64_t)(want);                                 \
        CHECK_MSG(got_ == want_, "%s = %llu, expected %llu", #got, (unsigned long long)got_,       \
                  (unsigned long long)want_);                                                      \
    } while (0)

/* A function that only libhakmem.so has; the test programs are not linked with it. */
#define HAK_FN(name) ((__typeof__(&name))dlsym(RTLD_DEFAULT, #name))

__attribute__((noreturn, format(printf, 4, 5))) static inline void
test_fail(const char *file, int line, const char *what, const char *format, ...) {
    char text[512];
    int used = snprintf(text, sizeof text, "%s:%d: %s  ", file, line, what);
    __builtin_va_list args;
    __builtin_va_start(args, format);
    int room = (int)sizeof text - used;
    int more = room > 0 ? vsnprintf(text + used, (size_t)room, format, args) : 0;
    __builtin_va_end(args);
    size_t length = (size_t)(used + more);
    length = length < sizeof text - 1 ? length : sizeof text - 2;
    text[length] = '\n';
    if (write(STDERR_FILENO, text, length + 1) < 0) {
        _exit(2);
    }
    _exit(1);
}

/* xorshift64*: small, seedable, and independent of libc. */
static inline uint64_t test_random(uint64_t *state) {
    uint64_t x = *state;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    *state = x;
    return x * 0x2545F4914F6CDD1DULL;
}

/* A number from the environment, so that a run can have another seed. */
static inline uint64_t test_setting(const char *name, uint64_t otherwise) {
    const char *text = getenv(name);
    return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

/* Where libc's malloc.h has none, hakmem's own: in the library, or linked with the test. */
#if !defined(__GLIBC__) && defined(HAK_LINKED)
int hak_malloc_trim(size_t keep_bytes);
#define malloc_trim hak_malloc_trim
#elif !defined(__GLIBC__)
#define malloc_trim(keep_bytes)                                                                    \
    ((int (*)(size_t))dlsym(RTLD_DEFAULT, "hak_malloc_trim"))(keep_bytes)
#endif

/* The system's page: of the machine, or of a library that was built as for another one. */
static inline size_t test_page_bytes(void) {
    return test_setting("HAK_TEST_SYSTEM_PAGE", (uint64_t)sysconf(_SC_PAGESIZE));
}

/* How many bytes of whole pages of the system so many take. */
static inline size_t test_whole_pages(size_t bytes) {
    size_t page = test_page_bytes();
    return (bytes + page - 1) / page * page;
}

/* How many rounds a stress test does: HAK_TEST_PERCENT of the usual number. */
static inline uint64_t test_rounds(uint64_t usual) {
    uint64_t rounds = usual * test_setting("HAK_TEST_PERCENT", 100) / 100;
    return rounds > 10 ? rounds : 10;
}

#endif
