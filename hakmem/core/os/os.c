/*
 * os.c - see os.h. Linux only.
 *
 * Address space is reserved with PROT_NONE, which costs neither memory nor commit charge, and made
 * accessible with mprotect, which does charge (so not MAP_NORESERVE, which would waive it): it is
 * os_commit that refuses what the machine can never hold, and everything beyond the limit under
 * vm.overcommit_memory=2; and os_reserve and os_claim that fail under RLIMIT_AS. (mprotect does not
 * look at that limit; a mapping at the place of another does, though it needs no more.)
 */
#include "os.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* The kernel's numbers: not every libc comes with its headers. */
enum { WAIT = 0, WAKE = 1, CMP_REQUEUE = 4, PRIVATE = 128 };

extern char **environ;

/* A build for tests has larger pages than the machine, and is as strict with them as a kernel that
 * has such pages. */
#ifdef HAK_TEST_SYSTEM_PAGE
size_t os_page_bytes = HAK_TEST_SYSTEM_PAGE;
static void expect_whole(const void *start, size_t bytes) {
    if ((((uintptr_t)start | bytes) & (os_page_bytes - 1)) != 0) {
        static const char said[] = "[hakmem] a system call on part of a page\n";
        os_write(OS_STDERR, said, sizeof(said) - 1);
        os_abort();
    }
}
/* What the kernel places is to lie on such a page, too. */
static void *map_anywhere(size_t bytes) {
    expect_whole(NULL, bytes);
    size_t all = bytes + os_page_bytes;
    char *got = mmap(NULL, all, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (got == MAP_FAILED) {
        return MAP_FAILED;
    }
    char *start = (char *)os_page_up((uintptr_t)got);
    if (start != got) {
        munmap(got, (size_t)(start - got));
    }
    munmap(start + bytes, (size_t)(got + all - (start + bytes)));
    return start;
}
#else
size_t os_page_bytes = HAK_PAGE_BYTES;
static inline void expect_whole(const void *start, size_t bytes) {
    (void)start, (void)bytes;
}
static void *map_anywhere(size_t bytes) {
    return mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}
#endif

bool os_start(void) {
#ifndef HAK_TEST_SYSTEM_PAGE
    os_page_bytes = getauxval(AT_PAGESZ);
#endif
    return os_page_bytes >= HAK_PAGE_BYTES && os_page_bytes <= OS_PAGE_MOST &&
           (os_page_bytes & (os_page_bytes - 1)) == 0;
}

int os_reserve(size_t bytes, void **out) {
    void *start = map_anywhere(bytes);
    *out = start == MAP_FAILED ? NULL : start;
    return start == MAP_FAILED ? errno : 0;
}

int os_reserve_at(void *start, size_t bytes) {
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;
    expect_whole(start, bytes);
    void *got = mmap(start, bytes, PROT_NONE, flags, -1, 0);
    if (got == MAP_FAILED) {
        return errno;
    }
    if (got != start) { /* a kernel before 4.17 takes the flag for a hint */
        munmap(got, bytes);
        return EEXIST;
    }
    return 0;
}

int os_set_dumped(void *start, size_t bytes, bool dumped) {
    expect_whole(start, bytes);
    return madvise(start, bytes, dumped ? MADV_DODUMP : MADV_DONTDUMP) == 0 ? 0 : errno;
}

int os_claim(void *start, size_t bytes) {
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
    expect_whole(start, bytes);
    return mmap(start, bytes, PROT_NONE, flags, -1, 0) != MAP_FAILED ? 0 : errno;
}

int os_commit(void *start, size_t bytes) {
    expect_whole(start, bytes);
    return mprotect(start, bytes, PROT_READ | PROT_WRITE) == 0 ? 0 : errno;
}

int os_guard(void *start, size_t bytes) {
    expect_whole(start, bytes);
    return mprotect(start, bytes, PROT_NONE) == 0 ? 0 : errno;
}

int os_purge(void *start, size_t bytes) {
    expect_whole(start, bytes);
    return madvise(start, bytes, MADV_DONTNEED) == 0 ? 0 : errno;
}

void os_advise_huge(void *start, size_t bytes, bool want) {
    expect_whole(start, bytes);
    madvise(start, bytes, want ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
}

/* The kernel compares the word, so that a page that its owner protects, or takes away at this
 * moment, is an error and no fault. Nobody is woken or moved to another word. */
bool os_is_nonzero(const uint32_t *word) {
    static uint32_t other;
    return syscall(SYS_futex, word, CMP_REQUEUE | PRIVATE, 0, 0, &other, 0) != 0 && errno == EAGAIN;
}

int os_release(void *start, size_t bytes) {
    expect_whole(start, bytes);
    return munmap(start, bytes) == 0 ? 0 : errno;
}

bool os_is_limited(size_t bytes, void *spare) {
    void *probe = map_anywhere(bytes);
    if (probe != MAP_FAILED) {
        munmap(probe, bytes);
        return false;
    }
    char *page = (char *)spare + os_page_bytes;
    expect_whole(page, os_page_bytes);
    bool may_split = mprotect(page, os_page_bytes, PROT_READ) == 0;
    mprotect(page, os_page_bytes, PROT_NONE);
    return may_split;
}

size_t os_address_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
        return SIZE_MAX;
    }
    return limit.rlim_cur;
}

size_t os_ram_bytes(void) {
    long pages = sysconf(_SC_PHYS_PAGES);
    return pages > 0 ? (size_t)pages * getauxval(AT_PAGESZ) : HAK_GIB;
}

/* Where a sandbox refuses the call, time stands still. So it does for what clock_gettime itself
 * asks for: it may be another library's, and call malloc, as libfaketime's does when it is asked
 * first. */
static struct timespec read_clock(clockid_t clock) {
    /* Volatile: libc's header promises that clock_gettime does not come back to this file. */
    static _Thread_local volatile bool is_asked __attribute__((tls_model("initial-exec")));
    struct timespec now = {0};
    if (!is_asked) {
        is_asked = true;
        clock_gettime(clock, &now);
        is_asked = false;
    }
    return now;
}

uint64_t os_clock_ms(void) {
    struct timespec now = read_clock(CLOCK_MONOTONIC_COARSE);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

uint64_t os_clock_ns(void) {
    struct timespec now = read_clock(CLOCK_MONOTONIC);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* malloc and free are no cancellation points: a thread whose end was asked for must not end here,
 * in the middle of the heap. write, open, close and read are such points, as libc calls them. */
static int hold_cancellation(void) {
    int before = PTHREAD_CANCEL_ENABLE;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
    return before;
}

static void allow_cancellation(int as_before) {
    pthread_setcancelstate(as_before, NULL);
}

/* A write that is refused because nobody reads any longer, or because the file is as long as
 * RLIMIT_FSIZE allows, is a signal, too, of which the program would die. It is for this thread
 * alone: blocked meanwhile, and then taken off what is pending, unless there was one already, which
 * is the program's. The kernel's sets have 8 bytes; libc's, of 128, would take too much stack. */
#define SIGNAL_BIT(number) (UINT64_C(1) << ((number)-1))
static const uint64_t of_writes = SIGNAL_BIT(SIGPIPE) | SIGNAL_BIT(SIGXFSZ);

static long set_blocked(const uint64_t *set, int how, uint64_t *before) {
    return syscall(SYS_rt_sigprocmask, how, set, before, sizeof(*set));
}

/* Whatever is blocked already may be pending. */
static uint64_t read_pending(uint64_t blocked) {
    uint64_t pending = 0;
    if ((blocked & of_writes) != 0) {
        syscall(SYS_rt_sigpending, &pending, sizeof(pending));
    }
    return pending;
}

static void take_signal(int error, uint64_t pending) {
    uint64_t one = error == EPIPE ? SIGNAL_BIT(SIGPIPE) : SIGNAL_BIT(SIGXFSZ);
    const struct timespec at_once = {0};
    if ((error == EPIPE || error == EFBIG) && (pending & one) == 0) {
        syscall(SYS_rt_sigtimedwait, &one, NULL, &at_once, sizeof(one));
    }
}

static int write_all(int fd, const char *rest, size_t bytes) {
    while (bytes > 0) {
        ssize_t written = write(fd, rest, bytes);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return errno;
        }
        rest += written;
        bytes -= (size_t)written;
    }
    return 0;
}

int os_write(int fd, const void *data, size_t bytes) {
    uint64_t blocked = 0;
    int cancellation = hold_cancellation();
    bool held = set_blocked(&of_writes, SIG_BLOCK, &blocked) == 0;
    uint64_t pending = read_pending(blocked);
    int error = write_all(fd, data, bytes);
    if (held) {
        take_signal(error, pending);
        set_blocked(&blocked, SIG_SETMASK, NULL);
    }
    allow_cancellation(cancellation);
    return error;
}

int os_open_log(const char *path, bool append, int *fd) {
    int mode = O_WRONLY | O_CREAT | O_CLOEXEC | (append ? O_APPEND : O_TRUNC);
    int cancellation = hold_cancellation();
    *fd = open(path, mode, 0666);
    int error = *fd < 0 ? errno : 0;
    allow_cancellation(cancellation);
    return error;
}

void os_close(int fd) {
    int cancellation = hold_cancellation();
    close(fd);
    allow_cancellation(cancellation);
}

static int fill_and_map(int fd, size_t bytes, void **out) {
    static const char zeros[4096];
    int error = 0;
    for (size_t left = bytes; left > 0 && error == 0;) {
        size_t step = hak_min(left, sizeof(zeros));
        error = os_write(fd, zeros, step);
        left -= step;
    }
    if (error == 0) {
        *out = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        error = *out == MAP_FAILED ? errno : 0;
    }
    return error;
}

int os_share(const char *path, size_t bytes, void **out) {
    int cancellation = hold_cancellation();
    unlink(path);
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    int error = fd < 0 ? errno : fill_and_map(fd, bytes, out);
    if (fd >= 0) {
        close(fd);
    }
    if (error != 0) {
        *out = NULL;
    }
    if (fd >= 0 && error != 0) {
        unlink(path);
    }
    allow_cancellation(cancellation);
    return error;
}

void os_unshare(void *start, size_t bytes) {
    munmap(start, bytes);
}

void os_wipe_in_child(void *start, size_t bytes) {
    expect_whole(start, bytes);
    madvise(start, bytes, MADV_WIPEONFORK);
}

void os_remove(const char *path) {
    unlink(path);
}

/* The number that the name ends with behind the prefix; 0: it is another name. */
static long number_behind(const char *name, const char *prefix) {
    size_t length = strlen(prefix);
    if (strncmp(name, prefix, length) != 0) {
        return 0;
    }
    long number = 0;
    for (name += length; *name >= '0' && *name <= '9' && number < INT32_MAX / 10; name++) {
        number = number * 10 + (*name - '0');
    }
    return *name == '\0' ? number : 0;
}

/* As the kernel lays it out; libc's readdir allocates. */
typedef struct os_entry {
    uint64_t inode, offset;
    uint16_t bytes;
    uint8_t type;
    char name[];
} os_entry_t;

void os_remove_of_dead(const char *folder, const char *prefix) {
    _Alignas(os_entry_t) static char entries[2048]; /* one thread: at start-up or after a fork */
    long length;
    int cancellation = hold_cancellation();
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    while (fd >= 0 && (length = syscall(SYS_getdents64, fd, entries, sizeof(entries))) > 0) {
        for (long at = 0; at < length;) {
            const os_entry_t *entry = (const void *)(entries + at);
            long process = number_behind(entry->name, prefix);
            if (process > 0 && kill((pid_t)process, 0) != 0 && errno == ESRCH) {
                unlinkat(fd, entry->name, 0);
            }
            at += entry->bytes;
        }
    }
    if (fd >= 0) {
        close(fd);
    }
    allow_cancellation(cancellation);
}

uint64_t os_process_space(void) {
    struct stat status;
    return stat("/proc/self/ns/pid", &status) == 0 ? status.st_ino : 0;
}

static size_t read_up_to(int fd, char *text, size_t most) {
    size_t length = 0;
    ssize_t got;
    while (length < most && (got = read(fd, text + length, most - length)) > 0) {
        length += (size_t)got;
    }
    return length;
}

size_t os_read_text(const char *path, char *text, size_t room) {
    int cancellation = hold_cancellation();
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t length = fd < 0 ? 0 : read_up_to(fd, text, room - 1);
    if (fd >= 0) {
        close(fd);
    }
    allow_cancellation(cancellation);
    text[length] = '\0';
    return length;
}

/* The dynamic loader may call malloc before libc's own start-up has set `environ`, and before our
 * constructor has been given it. The kernel keeps the same strings in /proc/self/environ; they are
 * laid out in memory that is never freed. */
static char **read_kernel_environment(void) {
    const size_t bytes = 2 * HAK_MIB; /* the kernel's bound on the strings, generously */
    int fd = open("/proc/self/environ", O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return NULL;
    }
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    char *text = mmap(NULL, 2 * bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (text == MAP_FAILED) {
        close(fd);
        return NULL;
    }
    size_t length = read_up_to(fd, text, bytes - 1);
    close(fd);
    char **names = (char **)(void *)(text + bytes);
    size_t count = 0;
    for (size_t at = 0; at < length && count < bytes / sizeof(char *) - 1; at++) {
        if (at == 0 || text[at - 1] == '\0') {
            names[count++] = text + at;
        }
    }
    return names;
}

static char **read_environment(void) {
    int cancellation = hold_cancellation();
    char **names = read_kernel_environment();
    allow_cancellation(cancellation);
    return names;
}

static char **given_environment;

void os_give_environment(char **environment) {
    given_environment = environment;
}

char **os_environment(void) {
    if (environ != NULL) {
        return environ;
    }
    return given_environment != NULL ? given_environment : read_environment();
}

bool os_is_privileged(void) {
    return getauxval(AT_SECURE) != 0;
}

uint32_t os_process_id(void) {
    return (uint32_t)getpid();
}

const char *os_program_name(void) {
    return program_invocation_name;
}

uint64_t os_random_seed(void) {
    uint64_t words[2] = {0};
    const void *drawn = (const void *)getauxval(AT_RANDOM);
    if (drawn != NULL) {
        memcpy(words, drawn, sizeof(words));
    }
    return words[0] ^ (words[1] << 32 | words[1] >> 32);
}

void os_futex_wait(uint32_t *word, uint32_t expected) {
    syscall(SYS_futex, word, WAIT | PRIVATE, expected, NULL, NULL, 0);
}

void os_futex_wait_for(uint32_t *word, uint32_t expected, uint32_t ms) {
    const struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
    syscall(SYS_futex, word, WAIT | PRIVATE, expected, &time, NULL, 0);
}

void os_futex_wake_one(uint32_t *word) {
    syscall(SYS_futex, word, WAKE | PRIVATE, 1, NULL, NULL, 0);
}

/* glibc lays the variables of a thread, of all modules that were there at start, on its stack, and
 * leaves no more than 2 KiB there if the size that was asked for has no room for more. */
static int add_variables(struct dl_phdr_info *module, size_t info_bytes, void *sum) {
    (void)info_bytes;
    for (unsigned i = 0; i < module->dlpi_phnum; i++) {
        if (module->dlpi_phdr[i].p_type == PT_TLS) {
            *(size_t *)sum += module->dlpi_phdr[i].p_memsz + module->dlpi_phdr[i].p_align;
        }
    }
    return 0;
}

size_t os_thread_stack_bytes(void) {
    size_t variables = 0;
    long least = sysconf(_SC_THREAD_STACK_MIN);
    dl_iterate_phdr(add_variables, &variables);
    return os_page_up(hak_max(OS_THREAD_BYTES, least > 0 ? (size_t)least : 0) + variables);
}

/* The signals that libc keeps for itself (for setuid, that all threads have to make) are none of
 * those that sigfillset fills in. */
int os_thread_start(pthread_t *thread, size_t stack_bytes, void *(*body)(void *)) {
    pthread_attr_t how;
    sigset_t all, before;
    sigfillset(&all);
    int error = pthread_attr_init(&how);
    if (error != 0) {
        return error;
    }
    error = pthread_attr_setstacksize(&how, stack_bytes);
    if (error == 0 && (error = pthread_sigmask(SIG_SETMASK, &all, &before)) == 0) {
        error = pthread_create(thread, &how, body, NULL);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
    pthread_attr_destroy(&how);
    return error;
}

void os_thread_join(pthread_t thread) {
    pthread_join(thread, NULL);
}

void os_thread_set_name(const char *name) {
    pthread_setname_np(pthread_self(), name);
}

_Noreturn void os_abort(void) {
    abort();
}

_Noreturn void os_exit(int status) {
    _exit(status);
}
