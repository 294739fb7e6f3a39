/*
 * os.h - the operating system as hakmem needs it. The only layer that makes system calls.
 *
 * Functions that can fail return 0 or an errno; none of them allocates or keeps state, all are
 * thread-safe. Addresses and sizes are multiples of the page.
 */
#ifndef HAK_OS_H
#define HAK_OS_H

#include "../base/base.h"

#define OS_STDERR 2

/* Reserves address space that nobody may touch yet; NULL in *out on failure. */
int os_reserve(size_t bytes, void **out);
/* The same at a given place, which must be free. */
int os_reserve_at(void *start, size_t bytes);
/* Makes reserved pages readable and writable. They read as zero. */
int os_commit(void *start, size_t bytes);
/* Forbids all access to committed pages, until they are committed again. */
int os_guard(void *start, size_t bytes);
/* Takes the memory of committed pages back; they stay accessible and read as zero again. */
int os_purge(void *start, size_t bytes);
/* Asks for huge pages, or for none; a multiple of 2 MiB. A kernel that has none may refuse, to no
 * harm. */
void os_advise_huge(void *start, size_t bytes, bool want);
/* How many of the pages are in memory; 0 if that can't be told. At most 2 MiB. */
size_t os_resident_pages(void *start, size_t bytes);
/* Gives address space back. */
int os_release(void *start, size_t bytes);
size_t os_address_limit(void); /* RLIMIT_AS, SIZE_MAX when there is none */
size_t os_ram_bytes(void);
size_t os_page_bytes(void);
uint64_t os_clock_ms(void); /* monotonic, coarse (about 4 ms), a few nanoseconds to read */

int os_write(int fd, const void *data, size_t bytes); /* all of it */
int os_open_log(const char *path, bool append, int *fd);
void os_close(int fd);

/* The process's environment, also before libc has set `environ`; NULL-terminated, or NULL. */
char **os_environment(void);
/* What the loader hands to constructors, for the time before `environ` is set. */
void os_give_environment(char **environment);
uint32_t os_process_id(void);      /* asked for only where a report is about to be written */
const char *os_program_name(void); /* as it was started: the first of its arguments */
bool os_is_privileged(void); /* set-user-id and the like: the environment is not to be trusted */

uint64_t os_random_seed(void); /* what the kernel drew for this process */
void os_futex_wait(uint32_t *word, uint32_t expected);
void os_futex_wake_one(uint32_t *word);
_Noreturn void os_abort(void);
_Noreturn void os_exit(int status);

#endif
