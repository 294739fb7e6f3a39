/*
 * preload_log.c - per-thread buffers and the raw file; see preload_log.h and raw.h.
 *
 * Each thread fills a buffer of its own and appends it to the file in one write(2). The buffer's
 * lock is its thread's alone except when log_stop, at the end of the process, writes out the
 * buffers of threads that still run; so it is a flag that is taken uncontended. Buffers come from
 * mmap, and go to a list when their thread ends, for the next one.
 *
 * The list only grows and is read without a lock. A buffer's lock is a spin flag with a yield:
 * unlike a mutex it needs no set-up and may be abandoned by the threads that fork leaves behind.
 */
#include "recorder/preload_log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

typedef struct buffer {
    atomic_flag lock;
    atomic_bool owned;
    struct buffer *next; /* all buffers; constant once set */
    uint32_t count;
    raw_record_t records[RAW_BATCH_RECORDS];
} buffer_t;

static atomic_bool is_on;
static atomic_uint_fast64_t tickets;
static uint64_t ticket_limit;
static atomic_uint threads;
static int raw_fd = -1;
static pid_t recorded_pid;
static bool follow;
static pthread_key_t exit_key;
static _Atomic(buffer_t *) buffers;

static __thread buffer_t *own_buffer;
static __thread uint32_t own_number; /* plus one; 0: this thread has no number yet */
static __thread unsigned exit_rounds;

bool log_is_on(void) {
    return atomic_load_explicit(&is_on, memory_order_relaxed);
}

uint64_t log_ticket(void) {
    return atomic_fetch_add(&tickets, 1);
}

static void lock(atomic_flag *flag) {
    /* Acquire and release: what the last holder wrote is seen. */
    while (atomic_flag_test_and_set_explicit(flag, memory_order_acquire))
        sched_yield();
}

static void unlock(atomic_flag *flag) {
    atomic_flag_clear_explicit(flag, memory_order_release);
}

/* One write for the batch: with O_APPEND the batches of several threads do not mix. A disk that is
 * full ends the recording with a message; the program goes on. */
static void write_batch(buffer_t *buffer) {
    raw_batch_t head = {.magic = RAW_BATCH_MAGIC, .count = buffer->count};
    struct iovec parts[] = {{&head, sizeof head},
                            {buffer->records, buffer->count * sizeof(raw_record_t)}};
    ssize_t whole = (ssize_t)(parts[0].iov_len + parts[1].iov_len);
    if (buffer->count > 0 && raw_fd >= 0 && writev(raw_fd, parts, 2) != whole) {
        static const char text[] = "hakrec: cannot write the raw file; recording stopped\n";
        atomic_store(&is_on, false);
        if (write(STDERR_FILENO, text, sizeof text - 1) < 0)
            return;
    }
    buffer->count = 0;
}

static buffer_t *reuse_buffer(void) {
    for (buffer_t *buffer = atomic_load(&buffers); buffer != NULL; buffer = buffer->next) {
        bool owned = false;
        if (atomic_compare_exchange_strong(&buffer->owned, &owned, true))
            return buffer;
    }
    return NULL;
}

static buffer_t *take_buffer(void) {
    buffer_t *buffer = reuse_buffer();
    if (buffer != NULL)
        return buffer;
    buffer = mmap(NULL, sizeof *buffer, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (buffer == MAP_FAILED)
        return NULL;
    atomic_store(&buffer->owned, true);
    buffer->next = atomic_load(&buffers);
    while (!atomic_compare_exchange_weak(&buffers, &buffer->next, buffer))
        continue;
    return buffer;
}

static void append(raw_op_t op, uint64_t ticket, const void *address, uint64_t bytes,
                   unsigned align_shift) {
    lock(&own_buffer->lock);
    if (log_is_on()) {
        own_buffer->records[own_buffer->count++] = (raw_record_t){
            .ticket = ticket,
            .address = (uint64_t)(uintptr_t)address,
            .bytes = bytes,
            .thread = own_number - 1,
            .op = (uint8_t)op,
            .align_shift = (uint8_t)align_shift,
        };
        if (own_buffer->count == RAW_BATCH_RECORDS)
            write_batch(own_buffer);
    }
    unlock(&own_buffer->lock);
}

/* A thread is known from its first event on. Setting the key makes its end known as well; libc
 * keeps the first 32 keys inside the thread's descriptor, so this does not allocate. */
static bool enter_thread(void) {
    if (own_buffer != NULL)
        return true;
    own_buffer = take_buffer();
    if (own_buffer == NULL)
        return false;
    if (own_number == 0) {
        own_number = 1 + atomic_fetch_add(&threads, 1);
        append(RAW_THREAD_START, log_ticket(), NULL, 0, 0);
        pthread_setspecific(exit_key, &own_buffer);
    }
    return true;
}

/* Other destructors of the thread may still free memory: ours waits for the last round. */
static void leave_thread(void *unused) {
    (void)unused;
    if (++exit_rounds < PTHREAD_DESTRUCTOR_ITERATIONS) {
        pthread_setspecific(exit_key, &own_buffer);
        return;
    }
    buffer_t *buffer = own_buffer;
    if (buffer == NULL || getpid() != recorded_pid)
        return;
    append(RAW_THREAD_EXIT, log_ticket(), NULL, 0, 0);
    lock(&buffer->lock);
    write_batch(buffer);
    unlock(&buffer->lock);
    own_buffer = NULL;
    atomic_store(&buffer->owned, false);
}

void log_add(raw_op_t op, uint64_t ticket, const void *address, uint64_t bytes,
             uint64_t alignment) {
    if (!log_is_on() || ticket >= ticket_limit)
        return;
    int saved_errno = errno;
    unsigned align_shift = alignment > 1 ? (unsigned)__builtin_ctzll(alignment) : 0;
    if (enter_thread())
        append(op, ticket, address, bytes, align_shift);
    errno = saved_errno;
}

/* ---- start, end, fork ---- */

static void read_command(raw_header_t *header) {
    int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? 0 : read(fd, header->command, sizeof header->command - 1);
    if (fd >= 0)
        close(fd);
    if (got <= 0)
        return;
    header->command[got] = '\0';
    /* Words are separated by NUL; line ends in them would break the lines of those who print this.
     */
    for (ssize_t i = 0; i + 1 < got; i++) {
        if ((unsigned char)header->command[i] < ' ')
            header->command[i] = ' ';
    }
}

static int open_raw(const char *path, const char *allocator) {
    static raw_header_t header = {.magic = RAW_MAGIC};
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        return -1;
    /* High, where a program that counts on low numbers, or closes them, does not meet it. */
    int high = fcntl(fd, F_DUPFD_CLOEXEC, 500);
    if (high >= 0) {
        close(fd);
        fd = high;
    }
    if (readlink("/proc/self/exe", header.program, sizeof header.program - 1) < 0)
        header.program[0] = '\0';
    read_command(&header);
    snprintf(header.allocator, sizeof header.allocator, "%s", allocator);
    if (write(fd, &header, sizeof header) != (ssize_t)sizeof header) {
        close(fd);
        return -1;
    }
    return fd;
}

static char raw_path[RAW_TEXT_BYTES];
static char allocator_path[RAW_TEXT_BYTES];

static void open_or_complain(const char *path) {
    raw_fd = open_raw(path, allocator_path);
    if (raw_fd < 0)
        dprintf(STDERR_FILENO, "hakrec: cannot create %s: %s\n", path, strerrordesc_np(errno));
    atomic_store(&is_on, raw_fd >= 0);
}

/* In a forked child: the parent's buffers are not its to write. */
static void after_fork(void) {
    char path[RAW_TEXT_BYTES + 16];
    atomic_store(&is_on, false);
    raw_fd = -1;
    own_buffer = NULL;
    own_number = 0;
    atomic_store(&buffers, NULL);
    if (!follow)
        return;
    recorded_pid = getpid();
    atomic_store(&threads, 0);
    atomic_store(&tickets, 0);
    snprintf(path, sizeof path, "%s.%d", raw_path, (int)recorded_pid);
    open_or_complain(path);
}

/* Programs that this one starts are not recorded: they get an environment without the recorder. */
static void hide_from_children(void) {
    const char *list = getenv(RAW_ENV_PRELOAD);
    if (list != NULL && *list != '\0')
        setenv("LD_PRELOAD", list, 1);
    else
        unsetenv("LD_PRELOAD");
    unsetenv(RAW_ENV_PRELOAD);
    unsetenv(RAW_ENV_FILE);
    unsetenv(RAW_ENV_LIMIT);
    unsetenv(RAW_ENV_FOLLOW);
}

void log_start(const char *allocator) {
    const char *path = getenv(RAW_ENV_FILE);
    if (path == NULL || *path == '\0')
        return;
    const char *limit = getenv(RAW_ENV_LIMIT);
    const char *wants_follow = getenv(RAW_ENV_FOLLOW);
    ticket_limit = limit == NULL ? UINT64_MAX : strtoull(limit, NULL, 10);
    follow = wants_follow != NULL && strcmp(wants_follow, "1") == 0;
    snprintf(raw_path, sizeof raw_path, "%s", path);
    snprintf(allocator_path, sizeof allocator_path, "%s", allocator);
    recorded_pid = getpid();
    if (pthread_key_create(&exit_key, leave_thread) != 0)
        return;
    pthread_atfork(NULL, NULL, after_fork);
    if (!follow) {
        hide_from_children();
        open_or_complain(raw_path);
        return;
    }
    /* The launcher's own process is the first; the file of each other has its number. */
    char own_path[RAW_TEXT_BYTES + 16];
    snprintf(own_path, sizeof own_path, "%s.%d", raw_path, (int)recorded_pid);
    open_or_complain(access(raw_path, F_OK) == 0 ? own_path : raw_path);
}

void log_stop(void) {
    if (getpid() != recorded_pid || raw_fd < 0)
        return;
    atomic_store(&is_on, false);
    for (buffer_t *buffer = atomic_load(&buffers); buffer != NULL; buffer = buffer->next) {
        lock(&buffer->lock);
        write_batch(buffer);
        unlock(&buffer->lock);
    }
}
