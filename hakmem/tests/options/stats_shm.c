/*
 * stats_shm.c - HAKMEM_STATS_SHM=1: the file that a process publishes its figures in. It has what
 * the program did a moment ago, by any number of threads, and is whole whenever it is looked at.
 * The child of a fork has a file of its own, one of a bare clone none; a new program by exec puts
 * its file in the place of the one before. It goes at exit; what a killed process leaves goes when
 * another one starts. Where there is no folder for it, that is said, and the program runs.
 */
#include "child.h"
#include "test.h"

#include "../../core/stats/published.h"

#include <fcntl.h>
#include <glob.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum { BLOCKS = 1000, BYTES = 33000, THREADS = 3, LOOKS = 60 };

static const char *const folders[] = {PUBLISHED_FOLDERS};

/* Of which process; false: there is none. */
static bool find(const char *folder, pid_t process, char path[128]) {
    char pattern[128];
    glob_t found;
    struct stat space;
    CHECK(stat("/proc/self/ns/pid", &space) == 0);
    snprintf(pattern, sizeof pattern, "%s" PUBLISHED_NAME "%llu-%d", folder,
             (unsigned long long)space.st_ino, (int)process);
    bool is_there = glob(pattern, 0, NULL, &found) == 0;
    CHECK(!is_there || found.gl_pathc == 1);
    if (is_there) {
        snprintf(path, 128, "%s", found.gl_pathv[0]);
    }
    globfree(&found);
    return is_there;
}

static bool has_file(pid_t process) {
    char path[128];
    return find(folders[0], process, path) || find(folders[1], process, path);
}

static published_t look_at(const char *path) {
    static published_t file, again;
    int fd = open(path, O_RDONLY);
    CHECK_MSG(fd >= 0, "%s", path);
    do { /* the writer may be at it */
        CHECK(pread(fd, &file, sizeof file, 0) == sizeof file);
        CHECK(pread(fd, &again, sizeof again, 0) == sizeof again);
    } while (file.sequence % 2 != 0 || memcmp(&file, &again, sizeof file) != 0);
    close(fd);
    CHECK(file.magic == PUBLISHED_MAGIC && file.layout == PUBLISHED_LAYOUT);
    return file;
}

static published_t look(pid_t process) {
    char path[128];
    CHECK_MSG(find(folders[0], process, path), "process %d has no file", (int)process);
    return look_at(path);
}

static const published_row_t *row_of(const published_t *file, size_t class_bytes) {
    for (unsigned i = 0; i < PUBLISHED_ROWS; i++) {
        if (file->rows[i].class_bytes == class_bytes) {
            return &file->rows[i];
        }
    }
    CHECK_MSG(false, "no class of %zu", class_bytes);
}

static void *volatile kept;
static void *hold(size_t bytes) {
    void *block = malloc(bytes);
    CHECK(block);
    memset(block, 1, bytes);
    return kept = block;
}

static void hold_blocks(void) {
    for (int i = 0; i < BLOCKS; i++) {
        hold(BYTES);
    }
}

static void expect_near(const char *what, uint64_t got, uint64_t least, uint64_t most) {
    CHECK_MSG(got >= least && got <= most, "%s: %llu instead of %llu to %llu", what,
              (unsigned long long)got, (unsigned long long)least, (unsigned long long)most);
}

/* But for what the fast path took from the magazines since. */
static void figures(void) {
    struct stat status;
    char path[128];
    hold_blocks();
    hold(8 * MIB); /* a slow operation of its own, the last */
    published_t file = look(getpid());
    CHECK(find(folders[0], getpid(), path) && stat(path, &status) == 0);
    CHECK_MSG((status.st_mode & 07777) == 0600 && status.st_uid == geteuid(), "mode %o",
              (unsigned)status.st_mode);
    CHECK_EQ(file.process_id, (uint64_t)getpid());
    CHECK_MSG(strcmp(file.program, "test") == 0, "program '%s'", file.program);
    CHECK(file.bypass[0] == '\0');
    const published_row_t *row = row_of(&file, 33024), *big = NULL;
    expect_near("blocks", row->live_blocks, BLOCKS - 20, BLOCKS);
    CHECK_EQ(row->live_bytes, row->live_blocks * 33024);
    expect_near("requested", row->requested_bytes, row->live_blocks * (BYTES - 100),
                row->live_bytes);
    CHECK(strcmp(file.pools[row->pool], "mid") == 0);
    for (unsigned i = 0; i < PUBLISHED_ROWS; i++) {
        big = strcmp(file.pools[file.rows[i].pool], "big") == 0 ? &file.rows[i] : big;
    }
    CHECK(big);
    CHECK_EQ(big->requested_bytes, 8 * MIB);
    expect_near("live", file.live_bytes, row->live_bytes + big->live_bytes,
                row->live_bytes + big->live_bytes + 2 * MIB);
    CHECK_EQ(row->threshold, 0);
    hold(17000); /* which no class of the list may serve */
    file = look(getpid());
    CHECK_EQ(row_of(&file, 33024)->threshold, 1);
}

static void fork_has_its_own(void) {
    hold_blocks();
    uint64_t before = look(getpid()).live_bytes;
    pid_t child = fork();
    if (child == 0) {
        hold(8 * MIB);
        published_t file = look(getpid());
        CHECK_EQ(file.process_id, (uint64_t)getpid());
        expect_near("child's", file.live_bytes, before + 8 * MIB - MIB, before + 10 * MIB);
        exit(0);
    }
    CHECK(waitpid(child, &(int){0}, 0) == child);
    CHECK_MSG(!has_file(child), "the child's file is left");
    expect_near("parent's", look(getpid()).live_bytes, before, before + MIB);
}

/* No handler of fork's sees it. */
static void bare_clone_has_none(void) {
    int status = 0;
    published_t before = look(getpid());
    pid_t child = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (child == 0) {
        for (int i = 0; i < 20; i++) {
            kept = malloc(8 * MIB);
        }
        exit(0);
    }
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    published_t after = look(getpid());
    CHECK_MSG(memcmp(&before, &after, sizeof before) == 0,
              "the child wrote into its parent's file");
}

static volatile bool stop;
static void *churn(void *seed_of_thread) {
    uint64_t seed = (uint64_t)(uintptr_t)seed_of_thread;
    void *blocks[64] = {NULL};
    while (!stop) {
        void **block = &blocks[test_random(&seed) % 64];
        free(*block);
        *block = malloc((size_t)1 << test_random(&seed) % 24);
    }
    for (unsigned i = 0; i < 64; i++) {
        free(blocks[i]);
    }
    return NULL;
}

/* Each look finds one publication: its sums are those of its rows. */
static void threads_leave_it_whole(void) {
    pthread_t threads[THREADS];
    uint64_t first = look(getpid()).sequence;
    for (uintptr_t i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&threads[i], NULL, churn, (void *)(i + 1)) == 0);
    }
    for (unsigned i = 0; i < LOOKS; i++) {
        published_t file = look(getpid());
        uint64_t live = 0, requested = 0;
        for (unsigned row = 0; row < PUBLISHED_ROWS; row++) {
            live += file.rows[row].live_bytes;
            requested += file.rows[row].requested_bytes;
        }
        CHECK_EQ(file.live_bytes, live);
        CHECK_EQ(file.requested_bytes, requested);
        usleep(1000);
    }
    stop = true;
    for (unsigned i = 0; i < THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    CHECK(look(getpid()).sequence > first + 6);
}

static void again(const char *what) {
    char *const words[] = {(char *)(uintptr_t) "stats_shm", (char *)(uintptr_t) "child",
                           (char *)(uintptr_t)what, NULL};
    execv("/proc/self/exe", words);
    _exit(126);
}

static void after_exec(void) {
    published_t file = look(getpid());
    expect_near("after exec", file.live_bytes, 0, 4 * MIB);
}

static void of_killed_is_removed(void) {
    int status;
    pid_t child = fork();
    if (child == 0) {
        raise(SIGKILL);
    }
    CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status));
    CHECK_MSG(has_file(child), "what the next lines show is nothing");
    pid_t next = fork();
    if (next == 0) {
        again("quiet");
    }
    CHECK(waitpid(next, &status, 0) == next && status == 0);
    CHECK_MSG(!has_file(child), "the file of a killed process is left");
    CHECK(look(getpid()).process_id == (uint32_t)getpid());
}

static void in_second_folder(void) {
    char path[128];
    CHECK(!find(folders[0], getpid(), path));
    CHECK(find(folders[1], getpid(), path));
    CHECK(look_at(path).process_id == (uint32_t)getpid());
}

static int child_main(const char *what) {
    static const struct {
        const char *name;
        void (*part)(void);
    } parts[] = {{"figures", figures},           {"fork", fork_has_its_own},
                 {"clone", bare_clone_has_none}, {"threads", threads_leave_it_whole},
                 {"after_exec", after_exec},     {"killed", of_killed_is_removed},
                 {"second", in_second_folder}};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (strcmp(what, parts[i].name) == 0) {
            parts[i].part();
            return 0;
        }
    }
    if (strcmp(what, "exec") == 0) {
        hold_blocks();
        again("after_exec");
    }
    CHECK(strcmp(what, "quiet") == 0 || !has_file(getpid())); /* else "none" */
    return 0;
}

static void run(const char *what, const char *option, const char *said) {
    const char *const env[] = {option, "HAKMEM_MID_CLASSES=8k,16k,33024,52k", NULL};
    child_t child = child_run(&(child_setup_t){.env = env}, "child", what);
    child_expect_success(&child);
    CHECK_MSG(said == NULL ? child.err[0] == '\0' : strstr(child.err, said) != NULL, "%s: %s", what,
              child.err);
    child_free(&child);
}

static size_t count_files(const char *folder) {
    char pattern[64];
    glob_t found;
    snprintf(pattern, sizeof pattern, "%s" PUBLISHED_NAME "*", folder);
    size_t count = glob(pattern, 0, NULL, &found) == 0 ? found.gl_pathc : 0;
    globfree(&found);
    return count;
}

/* With folders that nobody may write to, which takes rights that not everybody has. */
static void without_folders(void) {
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) {
        return;
    }
    CHECK(mount("none", "/dev/shm", "tmpfs", MS_RDONLY, NULL) == 0);
    run("second", "HAKMEM_STATS_SHM=1", NULL);
    CHECK(mount("/tmp", "/tmp", NULL, MS_BIND, NULL) == 0);
    CHECK(mount(NULL, "/tmp", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) == 0);
    run("none", "HAKMEM_STATS_SHM=1", "no file can be made in /dev/shm or /tmp, errno 30");
    /* full: the file's memory is asked for before it is used */
    CHECK(mount("none", "/dev/shm", "tmpfs", 0, "size=4k") == 0);
    run("none", "HAKMEM_STATS_SHM=1", "errno 30");
    CHECK(count_files("/dev/shm/") == 0);
}

int main(int argc, char **argv) {
    if (argc > 2) {
        return child_main(argv[2]);
    }
    const char *const parts[] = {"figures", "fork", "clone", "threads", "exec", "killed"};
    run("none", "HAKMEM_STATS_SHM=0", NULL);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        run(parts[i], "HAKMEM_STATS_SHM=1", NULL);
    }
    without_folders();
    return 0;
}
