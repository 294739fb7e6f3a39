/*
 * preload_log.c - lanes and the raw file; see preload_log.h and raw.h.
 *
 * Each thread has a lane of its own and writes records into the lane's segment, which is mapped
 * from the file. A full segment is copied to the end of the file, which costs an atomic increment
 * and one system call once in some thousand events. So memory is one segment per lane, and there is
 * no lock. (To map each segment by itself cost 70 to 110 ns of system time an event on ext4.) Lanes
 * of threads that ended go to the next new thread.
 *
 * The space of a mapped segment is reserved in the file first: a disk that is full is then an error
 * here, and not a signal in the program. The file's descriptor is checked each time, since programs
 * close descriptors that they don't know.
 */
#include "recorder/preload_log.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

typedef struct lane {
    atomic_bool owned;
    struct lane *next; /* all lanes; constant once set */
    uint32_t number;
    uint64_t *at, *end; /* NULL: no segment yet */
    void *segment;
} lane_t;

atomic_bool log_on;
bool log_uses_tsc, log_wants_sites;

static atomic_uint_fast64_t segments, full_segments;
static uint64_t record_limit;
static unsigned record_words = RAW_WORDS_PLAIN;
static atomic_uint threads, lane_count;
static _Atomic(lane_t *) lanes;
static pid_t recorded_pid, first_pid;
static unsigned programs_before; /* that this process was */
static bool follow_fork, follow_exec;
static pthread_key_t exit_key;

static int raw_fd = -1;
static struct stat raw_status; /* of the file when it was made */
static char own_path[RAW_TEXT_BYTES + 32];
/* The file's header, shared with children, which are counted in it; NULL: no file was made. */
static raw_header_t *shared_header;

static __thread lane_t *own_lane;
static __thread uint32_t own_number; /* plus one; 0: this thread has no number yet */
static __thread unsigned exit_rounds;
static __thread bool busy; /* in here: what libc allocates for us is no event */

/* ---- segments ---- */

static void give_up(const char *what) {
    atomic_store(&log_on, false);
    dprintf(STDERR_FILENO, "hakrec: %s: %s: %s; recording stopped\n", own_path, what,
            strerrordesc_np(errno));
}

static bool file_is_ours(void) {
    struct stat status;
    return fstat(raw_fd, &status) == 0 && status.st_dev == raw_status.st_dev &&
           status.st_ino == raw_status.st_ino;
}

static int high_fd(int fd) {
    /* High, where a program that counts on low numbers, or closes them, does not meet it. */
    int high = fcntl(fd, F_DUPFD_CLOEXEC, 500);
    if (high < 0)
        return fd;
    close(fd);
    return high;
}

/* Two threads may do this at once; one descriptor is lost then, no more. */
static bool reopen_file(void) {
    int fd = open(own_path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return false;
    raw_fd = high_fd(fd);
    return file_is_ours();
}

static bool reserve(off_t offset) {
    if (fallocate(raw_fd, 0, offset, RAW_SEGMENT_BYTES) == 0)
        return true;
    /* A file system that knows no fallocate: zeros are written. */
    return errno == EOPNOTSUPP && (errno = posix_fallocate(raw_fd, offset, RAW_SEGMENT_BYTES)) == 0;
}

static off_t claim_segment(void) {
    return (off_t)(sizeof(raw_header_t) + atomic_fetch_add(&segments, 1) * RAW_SEGMENT_BYTES);
}

static bool open_segment(lane_t *lane) {
    off_t offset = claim_segment();
    if (!reserve(offset)) {
        give_up("no room");
        return false;
    }
    void *map = mmap(NULL, RAW_SEGMENT_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
                     raw_fd, offset);
    if (map == MAP_FAILED) {
        give_up("cannot map it");
        return false;
    }
    *(raw_segment_t *)map = (raw_segment_t){.magic = RAW_SEGMENT_MAGIC, .lane = lane->number};
    lane->segment = map;
    lane->end = (uint64_t *)((char *)map + sizeof(raw_segment_t)) +
                raw_segment_records(record_words) * record_words;
    return true;
}

/* The order counts: a program killed in the middle leaves the number twice, never records twice. */
static bool copy_segment(lane_t *lane) {
    _Atomic uint64_t *first = (_Atomic uint64_t *)((char *)lane->segment + sizeof(raw_segment_t));
    if (pwrite(raw_fd, lane->segment, RAW_SEGMENT_BYTES, claim_segment()) != RAW_SEGMENT_BYTES) {
        give_up("cannot write it");
        return false;
    }
    atomic_store_explicit(first, 0, memory_order_release);
    ((raw_segment_t *)lane->segment)->sequence++;
    uint64_t records =
        (atomic_fetch_add(&full_segments, 1) + 1) * raw_segment_records(record_words);
    if (records >= record_limit)
        atomic_store(&log_on, false);
    return records < record_limit;
}

static bool next_segment(lane_t *lane) {
    if (!file_is_ours() && !reopen_file()) {
        give_up("the program closed it");
        return false;
    }
    if (!(lane->segment == NULL ? open_segment(lane) : copy_segment(lane)))
        return false;
    ((raw_segment_t *)lane->segment)->thread = own_number - 1;
    lane->at = (uint64_t *)((char *)lane->segment + sizeof(raw_segment_t));
    return true;
}

static inline void append(raw_op_t op, uint64_t stamp, const void *address, uint64_t bytes,
                          unsigned align_shift, const void *site) {
    lane_t *lane = own_lane;
    if (lane->segment == NULL || lane->at == lane->end) {
        if (!next_segment(lane))
            return;
    }
    uint64_t *record = lane->at;
    lane->at = record + record_words;
    if (lane->at < lane->end)
        lane->at[RAW_STAMP] = 0; /* the end, from here on */
    record[RAW_PLACE] = raw_place((uint64_t)(uintptr_t)address, op, align_shift);
    record[RAW_BYTES] = bytes;
    if (log_wants_sites)
        record[RAW_SITE] = site == NULL ? 0 : site_of(site);
    /* Release: a program killed here leaves a record that is whole, or none. */
    atomic_store_explicit((_Atomic uint64_t *)&record[RAW_STAMP], stamp, memory_order_release);
}

/* ---- threads ---- */

static lane_t *take_lane(void) {
    for (lane_t *lane = atomic_load(&lanes); lane != NULL; lane = lane->next) {
        bool owned = false;
        if (atomic_compare_exchange_strong(&lane->owned, &owned, true))
            return lane;
    }
    lane_t *lane =
        mmap(NULL, sizeof *lane, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (lane == MAP_FAILED)
        return NULL;
    atomic_store(&lane->owned, true);
    lane->number = atomic_fetch_add(&lane_count, 1);
    lane->next = atomic_load(&lanes);
    while (!atomic_compare_exchange_weak(&lanes, &lane->next, lane))
        continue;
    return lane;
}

/* A thread is known from its first event on. Setting the key makes its end known as well. The
 * stamp of the start is not later than that of the event, which came first. */
static bool enter_thread(uint64_t stamp) {
    own_lane = take_lane();
    if (own_lane == NULL)
        return false;
    if (own_number == 0) {
        own_number = 1 + atomic_fetch_add(&threads, 1);
        pthread_setspecific(exit_key, &own_lane);
    }
    append(RAW_THREAD_START, stamp, NULL, own_number - 1, 0, NULL);
    return true;
}

/* Other destructors of the thread may still free memory: ours waits for the last round. */
static void leave_thread(void *unused) {
    (void)unused;
    if (++exit_rounds < PTHREAD_DESTRUCTOR_ITERATIONS) {
        pthread_setspecific(exit_key, &own_lane);
        return;
    }
    lane_t *lane = own_lane;
    if (lane == NULL || getpid() != recorded_pid)
        return;
    if (log_is_on())
        append(RAW_THREAD_EXIT, log_stamp_after(), NULL, 0, 0, NULL);
    own_lane = NULL;
    atomic_store(&lane->owned, false);
}

void log_add(raw_op_t op, uint64_t stamp, const void *address, uint64_t bytes, uint64_t alignment,
             const void *site) {
    if (!log_is_on() || busy)
        return;
    int saved_errno = errno;
    busy = true;
    unsigned align_shift = alignment > 1 ? (unsigned)__builtin_ctzll(alignment) : 0;
    if (own_lane != NULL || enter_thread(stamp))
        append(op, stamp, address, bytes, align_shift, site);
    busy = false;
    errno = saved_errno;
}

/* ---- the file ---- */

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

/* Invariant: it runs at one rate, in every sleep state, on all processors alike. The kernel checks
 * that they agree, and says so by using it. */
static bool tsc_is_shared(void) {
#if defined(__x86_64__)
    char name[16] = "";
    unsigned a, b, c, d = 0, highest = __get_cpuid_max(0x80000000u, NULL);
    int fd = open("/sys/devices/system/clocksource/clocksource0/current_clocksource",
                  O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? 0 : read(fd, name, sizeof name - 1);
    if (fd >= 0)
        close(fd);
    if (highest < 0x80000007u || got <= 0)
        return false;
    __cpuid(0x80000007u, a, b, c, d);
    return (d >> 8 & 1) != 0 && strncmp(name, "tsc", 3) == 0;
#else
    return false;
#endif
}

static char raw_path[RAW_TEXT_BYTES];
static char allocator_path[RAW_TEXT_BYTES];

static bool write_header(int fd) {
    static raw_header_t header;
    struct timespec now;
    memset(&header, 0, sizeof header);
    memcpy(header.magic, RAW_MAGIC, sizeof header.magic);
    header.record_words = record_words;
    header.clock = log_uses_tsc ? RAW_CLOCK_TSC : RAW_CLOCK_NS;
    clock_gettime(CLOCK_MONOTONIC_RAW, &now);
    header.start_ns = (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
    header.start_stamp = log_stamp_after();
    header.process = recorded_pid;
    header.programs_before = programs_before;
    if (readlink("/proc/self/exe", header.program, sizeof header.program - 1) < 0)
        header.program[0] = '\0';
    read_command(&header);
    snprintf(header.allocator, sizeof header.allocator, "%s", allocator_path);
    return write(fd, &header, sizeof header) == (ssize_t)sizeof header;
}

/* The file of what this process was before its exec: with --follow kept under a name of its own,
 * else it was a step on the way, and is dropped. */
static void move_away(void) {
    char path[sizeof own_path + 32];
    if (programs_before > 0 && !follow_exec) {
        unlink(own_path);
        return;
    }
    for (unsigned number = programs_before; number < programs_before + 1000; number++) {
        snprintf(path, sizeof path, "%s.%d-%u", raw_path, (int)recorded_pid, number);
        if (renameat2(AT_FDCWD, own_path, AT_FDCWD, path, RENAME_NOREPLACE) == 0 || errno != EEXIST)
            return;
    }
}

/* The process that the launcher started writes to raw_path, each other one to a file with its
 * number: what it is last, that is. */
static int create_file(void) {
    if (recorded_pid == first_pid)
        snprintf(own_path, sizeof own_path, "%s", raw_path);
    else
        snprintf(own_path, sizeof own_path, "%s.%d", raw_path, (int)recorded_pid);
    int fd = open(own_path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0 || errno != EEXIST)
        return fd;
    move_away();
    return open(own_path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
}

static void share_header(int fd) {
    void *map = mmap(NULL, sizeof *shared_header, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    shared_header = map == MAP_FAILED ? NULL : map;
}

static void open_or_complain(void) {
    int fd = create_file();
    if (fd < 0 || fstat(fd, &raw_status) != 0 || !write_header(fd)) {
        dprintf(STDERR_FILENO, "hakrec: cannot create %s: %s\n", own_path, strerrordesc_np(errno));
        return;
    }
    share_header(fd);
    raw_fd = high_fd(fd);
    atomic_store(&log_on, true);
}

/* ---- exec ---- */

void log_count_child(void) {
    if (shared_header != NULL)
        __atomic_fetch_add(&shared_header->children, 1, __ATOMIC_RELAXED); /* orders nothing */
}

bool log_leave(const char *path) {
    bool recorded = getpid() == recorded_pid;
    if (shared_header == NULL)
        return false;
    if (!follow_exec && !(recorded && recorded_pid == first_pid)) {
        log_count_child();
        return false;
    }
    if (recorded)
        strncpy(shared_header->became, path, sizeof shared_header->became - 1);
    return true;
}

void log_stay(void) {
    if (shared_header != NULL && getpid() == recorded_pid)
        shared_header->became[0] = '\0';
}

const char *log_library(void) {
    static const char *path;
    Dl_info info;
    if (path == NULL)
        path = dladdr(own_path, &info) != 0 ? info.dli_fname : "";
    return path;
}

static const char *follow_word(void) {
    if (follow_fork)
        return follow_exec ? "all" : "fork";
    return follow_exec ? "exec" : "";
}

size_t log_variables(char **out, char *text) {
    char *const end = text + LOG_VARIABLES_BYTES;
    size_t count = 0;
    unsigned before = getpid() == recorded_pid ? programs_before + 1 : 0;
#define PUT(...)                                                                                   \
    do {                                                                                           \
        out[count++] = text;                                                                       \
        text += snprintf(text, (size_t)(end - text), __VA_ARGS__) + 1;                             \
    } while (0)
    PUT(RAW_ENV_FIRST "=%d", (int)first_pid);
    PUT(RAW_ENV_BEFORE "=%d:%u", (int)getpid(), before);
    PUT(RAW_ENV_FOLLOW "=%s", follow_word());
    PUT(RAW_ENV_SITES "=%d", log_wants_sites);
    if (record_limit != UINT64_MAX)
        PUT(RAW_ENV_LIMIT "=%" PRIu64, record_limit);
    PUT(RAW_ENV_FILE "=%s", raw_path);
#undef PUT
    return count;
}

/* ---- start and fork ---- */

/* In a forked child: the parent's lanes are not its to write. */
static void after_fork(void) {
    atomic_store(&log_on, false);
    close(raw_fd);
    raw_fd = -1;
    own_lane = NULL;
    own_number = 0;
    atomic_store(&lanes, NULL);
    if (!follow_fork)
        return;
    recorded_pid = getpid();
    atomic_store(&threads, 0);
    atomic_store(&lane_count, 0);
    atomic_store(&segments, 0);
    atomic_store(&full_segments, 0);
    programs_before = 0;
    shared_header = NULL; /* the parent's */
    open_or_complain();
}

/* Programs that this one starts are not recorded: they get an environment without the recorder. By
 * hand, since a program may have an unsetenv of its own (bash), which goes before libc's. */
static void hide_from_children(void) {
    static char preload[2 * RAW_TEXT_BYTES];
    const char *list = getenv(RAW_ENV_PRELOAD);
    bool has_list = list != NULL && *list != '\0';
    char **to = environ;
    if (has_list)
        snprintf(preload, sizeof preload, "LD_PRELOAD=%s", list);
    for (char **from = environ; *from != NULL; from++) {
        bool is_preload = strncmp(*from, "LD_PRELOAD=", 11) == 0;
        if (is_preload && has_list)
            *to++ = preload;
        else if (!is_preload && strncmp(*from, RAW_ENV_PREFIX, sizeof RAW_ENV_PREFIX - 1) != 0)
            *to++ = *from;
    }
    *to = NULL;
}

static void read_process(void) {
    const char *first = getenv(RAW_ENV_FIRST), *before = getenv(RAW_ENV_BEFORE);
    int process;
    unsigned count;
    recorded_pid = getpid();
    first_pid = first == NULL ? recorded_pid : (pid_t)strtol(first, NULL, 10);
    if (before != NULL && sscanf(before, "%d:%u", &process, &count) == 2 && process == recorded_pid)
        programs_before = count;
}

static bool is_set(const char *name, const char *value) {
    const char *text = getenv(name);
    return text != NULL && strcmp(text, value) == 0;
}

void log_start(const char *allocator) {
    const char *path = getenv(RAW_ENV_FILE);
    if (path == NULL || *path == '\0')
        return;
    const char *limit = getenv(RAW_ENV_LIMIT);
    bool follow_all = is_set(RAW_ENV_FOLLOW, "all");
    follow_exec = follow_all || is_set(RAW_ENV_FOLLOW, "exec");
    record_limit = limit == NULL ? UINT64_MAX : strtoull(limit, NULL, 10);
    follow_fork = follow_all || is_set(RAW_ENV_FOLLOW, "fork");
    log_wants_sites = is_set(RAW_ENV_SITES, "1");
    record_words = log_wants_sites ? RAW_WORDS_SITES : RAW_WORDS_PLAIN;
    snprintf(raw_path, sizeof raw_path, "%s", path);
    snprintf(allocator_path, sizeof allocator_path, "%s", allocator);
    read_process();
    log_uses_tsc = tsc_is_shared();
    if (pthread_key_create(&exit_key, leave_thread) != 0)
        return;
    pthread_atfork(NULL, NULL, after_fork);
    if (!follow_exec)
        hide_from_children();
    open_or_complain();
}
