/*
 * os.h - the operating system as hakmem needs it. The only layer that makes system calls.
 *
 * Functions that can fail return 0 or an errno; none of them keeps state or, but for
 * os_thread_start, allocates, all are thread-safe. Addresses and sizes of memory are multiples of
 * the system's page.
 *
 * The contract with sandboxes: a program may forbid itself system calls at any time after start-up,
 * under pain of death (seccomp). From then on hakmem makes
 *
 *     mmap, munmap, mprotect, madvise    what libc's malloc makes, too (anonymous memory only;
 *                                        PROT_NONE or PROT_READ | PROT_WRITE)
 *     futex                              where a lock is waited for; once per probe of huge.c
 *     clock_gettime                      as a rule answered without a call, by the vDSO
 *
 * and no others, but for these, which a user asked for or which end the process:
 *
 *     write, rt_sigprocmask              trace lines, statistics, the line of hak_fatal; the
 *                                        second twice around the first, against SIGPIPE and SIGXFSZ
 *     rt_sigtimedwait                    after such a write, where it was refused by EPIPE or EFBIG
 *     rt_sigpending                      before it, where the program blocks these signals itself
 *     getpid                             statistics, and a path with %p
 *     open, close                        HAKMEM_ACE_TRACE_FILE and a path for statistics; "-" and
 *                                        stderr need neither
 *     write, munmap, stat, getpid, getdents64, kill (with signal 0), unlink
 *                                        in the child of a fork, under HAKMEM_STATS_SHM=1
 *     unlink                             at exit, under HAKMEM_STATS_SHM=1
 *     what abort() needs                 after the line of hak_fatal; where that is forbidden the
 *                                        process dies of it
 *     getpid, rt_sigprocmask, and what pthread_create and pthread_setname_np need (clone3, clone,
 *     set_robust_list, rseq, prctl)      once, under HAKMEM_BACKGROUND=1; getpid in the child of a
 *                                        fork, too
 *
 * What else is to be known of the system is asked for at start-up: the functions marked so below.
 * Where a call is refused with an error (EPERM, ENOSYS) instead, that is a failure of the function,
 * to which there is always another way.
 */
#ifndef HAK_OS_H
#define HAK_OS_H

#include <sys/types.h>

#include "../base/base.h"

#define OS_STDERR 2

/* The system's page: a power of two from HAK_PAGE_BYTES to OS_PAGE_MOST. Written by os_start alone,
 * before the first allocation. */
extern size_t os_page_bytes HAK_HIDDEN;
#define OS_PAGE_MOST (64 * HAK_KIB)

/* False: this system's pages are none that hakmem can do with. */
bool os_start(void);

/* To whole pages of the system. */
static inline size_t os_page_up(size_t n) {
    return hak_round_up(n, os_page_bytes);
}

static inline size_t os_page_down(size_t n) {
    return n & ~(os_page_bytes - 1);
}

/* Reserves address space that nobody may touch yet; NULL in *out on failure. */
int os_reserve(size_t bytes, void **out);
/* The same at a given place, which must be free. */
int os_reserve_at(void *start, size_t bytes);
/* Whether core dumps hold the pages. Of a reservation debuggers would write gigabytes of zeros. */
int os_set_dumped(void *start, size_t bytes, bool dumped);
/* Reserves again pages of a reservation that nobody has touched yet: core dumps then hold them.
 * Refused where the process has more address space than RLIMIT_AS allows (or as many mappings as
 * the kernel does), which a commit would not notice; the reservation is then as it was. */
int os_claim(void *start, size_t bytes);
/* Makes reserved pages readable and writable. They read as zero. */
int os_commit(void *start, size_t bytes);
/* Forbids all access to committed pages, until they are committed again. */
int os_guard(void *start, size_t bytes);
/* Takes the memory of committed pages back; they stay accessible and read as zero again. */
int os_purge(void *start, size_t bytes);
/* Asks for huge pages, or for none; a multiple of 2 MiB. A kernel that has none may refuse, to no
 * harm. */
void os_advise_huge(void *start, size_t bytes, bool want);
/* Whether a word of memory that is somebody else's is there and not 0. */
bool os_is_nonzero(const uint32_t *word);
/* Gives address space back. */
int os_release(void *start, size_t bytes);
/* Whether the process may not have so much more address space. `spare` are three reserved pages of
 * the system's in the middle of a mapping: where they cannot be split off, it is mappings that are
 * used up. */
bool os_is_limited(size_t bytes, void *spare);
size_t os_address_limit(void); /* RLIMIT_AS, SIZE_MAX when there is none; at start-up */
size_t os_ram_bytes(void);     /* at start-up */
/* The program may have a clock of its own, which calls malloc: with no lock held. */
uint64_t os_clock_ms(void); /* monotonic, coarse (about 4 ms), a few nanoseconds to read */
uint64_t os_clock_ns(void); /* monotonic, fine: some ten nanoseconds to read */

/* All of it. What is refused is an errno and no signal. */
int os_write(int fd, const void *data, size_t bytes);
int os_open_log(const char *path, bool append, int *fd);
void os_close(int fd);
/* Reads a file of at most `room` - 1 bytes, what is more is left out, and ends it with a NUL. Its
 * length; 0 and "" where it cannot be read. At start-up. */
size_t os_read_text(const char *path, char *text, size_t room);

/* The process's environment, also before libc has set `environ`; NULL-terminated, or NULL. At
 * start-up. */
char **os_environment(void);
/* What the loader hands to constructors, for the time before `environ` is set. */
void os_give_environment(char **environment);
uint32_t os_process_id(void);      /* asked for only where a report is about to be written */
const char *os_program_name(void); /* as it was started: the first of its arguments */
bool os_is_privileged(void); /* set-user-id and the like: the environment is not to be trusted */

/* Makes a file that only this user may read, in the place of one of the same name, and maps it
 * shared; it reads as zero, and its memory is there. */
int os_share(const char *path, size_t bytes, void **out);
void os_unshare(void *start, size_t bytes); /* the file stays */
/* In the child of a fork these pages of private memory shall read as zero. */
void os_wipe_in_child(void *start, size_t bytes);
void os_remove(const char *path);
/* Removes the files of the folder, which ends with a slash, whose name is `prefix` and the number
 * of a process that there is none of. */
void os_remove_of_dead(const char *folder, const char *prefix);
/* Which namespace process ids are of; 0: it cannot be told. */
uint64_t os_process_space(void);

uint64_t os_random_seed(void); /* what the kernel drew for this process */
void os_futex_wait(uint32_t *word, uint32_t expected);
void os_futex_wait_for(uint32_t *word, uint32_t expected, uint32_t ms); /* so long at most */
void os_futex_wake_one(uint32_t *word);

/* The stack that a thread of hakmem's own needs: OS_THREAD_BYTES, or as much as libc says is the
 * least, and the variables of a thread, which lie on it. At start-up, before there are threads. */
size_t os_thread_stack_bytes(void);
#define OS_THREAD_BYTES (64 * HAK_KIB)
/* A thread in which no signal of the program's arrives. Calls malloc and free, by libc, and takes
 * libc's lock of the stacks of threads: so not from within free, which libc calls with it held. */
int os_thread_start(pthread_t *thread, size_t stack_bytes, void *(*body)(void *));
void os_thread_join(pthread_t thread);
void os_thread_set_name(const char *name); /* of the calling one */
_Noreturn void os_abort(void);
_Noreturn void os_exit(int status);

#endif
