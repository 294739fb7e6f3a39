/*
 * fatal.h - the one way out when the program, or hakmem itself, is wrong.
 *
 * HAK_CHECK is always compiled and stands on cold paths only. HAK_ASSERT costs nothing unless the
 * library is built with HAK_DEBUG=1.
 */
#ifndef HAK_FATAL_H
#define HAK_FATAL_H

/* Writes "[hakmem] fatal: <what>: <pointer>" to stderr in one write and aborts. Never allocates. */
_Noreturn void hak_fatal(const char *what, const void *pointer);

#define HAK_CHECK(condition, what, pointer)                                                        \
    do {                                                                                           \
        if (__builtin_expect(!(condition), 0)) {                                                   \
            hak_fatal(what, pointer);                                                              \
        }                                                                                          \
    } while (0)

#if defined(HAK_DEBUG) && HAK_DEBUG
#define HAK_ASSERT(condition) HAK_CHECK(condition, "assertion failed: " #condition, (void *)0)
#else
#define HAK_ASSERT(condition) ((void)sizeof(condition))
#endif

#endif
