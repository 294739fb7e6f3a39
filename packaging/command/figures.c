/* figures.c - see figures.h. */
#include "figures.h"

#include "number.h"
#include "text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* A publication takes microseconds, but its thread may be preempted in the middle. */
enum { TRIES = 200, TRIES_TO_END = 40, PAUSE_NS = 5 * 1000 * 1000 };

/* The last number behind "NAME:" in /proc/PID/status, or its first word; "" where there is none. */
static void read_status(pid_t process, const char *name, char *out, size_t room) {
    char path[64], line[256];
    out[0] = '\0';
    snprintf(path, sizeof path, "/proc/%d/status", (int)process);
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        size_t length = strlen(name);
        if (strncmp(line, name, length) == 0 && line[length] == ':')
            snprintf(out, room, "%s", line + length + 1 + strspn(line + length + 1, "\t "));
    }
    if (file != NULL)
        fclose(file);
    out[strcspn(out, "\n")] = '\0';
}

static bool has_ended(pid_t process) {
    char state[64];
    if (kill(process, 0) != 0 && errno == ESRCH)
        return true;
    read_status(process, "State", state, sizeof state);
    return state[0] == 'Z' || state[0] == 'X' || state[0] == '\0';
}

/* One that exits has neither file nor map for a moment before it has ended. */
static bool ends_soon(pid_t process) {
    for (unsigned i = 0; i < TRIES_TO_END && !has_ended(process); i++)
        nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
    return has_ended(process);
}

/* As the process knows itself. */
static long own_id(pid_t process) {
    char ids[256];
    read_status(process, "NSpid", ids, sizeof ids);
    const char *last = strrchr(ids, '\t');
    return ids[0] == '\0' ? (long)process : strtol(last != NULL ? last + 1 : ids, NULL, 10);
}

/* Whether it is PUBLISHED_NAME, the number of a namespace, and this process's; 0: of any. */
static long process_of_name(const char *path, const char **space, size_t *space_length) {
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    size_t length = strlen(PUBLISHED_NAME);
    if (strncmp(name, PUBLISHED_NAME, length) != 0)
        return 0;
    const char *dash = strchr(name + length, '-');
    uint64_t process;
    if (dash == NULL || !number_parse(dash + 1, 1, INT_MAX, &process))
        return 0;
    *space = name + length;
    *space_length = (size_t)(dash - *space);
    return (long)process;
}

/* The file that the process has mapped; "" where it has none, false where it cannot be told. */
static bool find_mapped(pid_t process, char out[PATH_MAX]) {
    char path[64], line[PATH_MAX + 128], left_out[256];
    long id = own_id(process);
    out[0] = '\0';
    snprintf(path, sizeof path, "/proc/%d/maps", (int)process);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return false;
    while (fgets(line, sizeof line, file) != NULL) {
        const char *space;
        size_t length;
        char *start = strchr(line, '/');
        if (start == NULL)
            continue;
        start[strcspn(start, "\n")] = '\0';
        snprintf(left_out, sizeof left_out, "%s", start);
        char *gone = strstr(left_out, " (deleted)");
        if (gone != NULL)
            *gone = '\0';
        if (process_of_name(left_out, &space, &length) == id)
            snprintf(out, PATH_MAX, "%s", start);
    }
    bool good = ferror(file) == 0;
    fclose(file);
    return good;
}

static bool read_whole(int fd, void *to, size_t bytes, size_t offset) {
    return pread(fd, to, bytes, (off_t)offset) == (ssize_t)bytes;
}

/* One publication; false: it changes all the time, or its writer was stopped in the middle. */
static bool read_steady(int fd, published_t *out) {
    for (unsigned i = 0; i < TRIES; i++) {
        uint64_t after, at = offsetof(published_t, sequence);
        bool good = read_whole(fd, out, sizeof *out, 0) && out->sequence % 2 == 0 &&
                    out->sequence != 0 && read_whole(fd, &after, sizeof after, at);
        /* The copy may have the sequence of before and figures of after: so once more. */
        static published_t again;
        if (good && after == out->sequence && read_whole(fd, &again, sizeof again, 0) &&
            memcmp(&again, out, sizeof again) == 0)
            return true;
        nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
    }
    return false;
}

/* What goes to a terminal is a text, whatever the process wrote. */
static void make_text(char *text, size_t room) {
    text[room - 1] = '\0';
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            *text = '?';
    }
}

static void make_texts(published_t *figures) {
    make_text(figures->version, sizeof figures->version);
    make_text(figures->program, sizeof figures->program);
    make_text(figures->bypass, sizeof figures->bypass);
    for (unsigned i = 0; i < PUBLISHED_POOLS; i++)
        make_text(figures->pools[i], sizeof figures->pools[i]);
}

/* NULL, or what is wrong. */
static char *read_file(int fd, const char *path, published_t *out) {
    uint64_t head[2];
    if (!read_whole(fd, head, sizeof head, 0) || head[0] != PUBLISHED_MAGIC)
        return text_format("%s is no file of hakmem's figures", path);
    if ((uint32_t)head[1] != PUBLISHED_LAYOUT) {
        return text_format("%s has layout %u, of another version of hakmem; this command reads "
                           "layout %u",
                           path, (unsigned)(uint32_t)head[1], PUBLISHED_LAYOUT);
    }
    if (!read_steady(fd, out))
        return text_format("%s: its process was stopped while it wrote, or writes all the time",
                           path);
    make_texts(out);
    return NULL;
}

/* Through the root folder of the process, which may be another one than ours. */
static char *open_and_read(pid_t process, const char *path, published_t *out) {
    static char whole[PATH_MAX + 32];
    snprintf(whole, sizeof whole, "/proc/%d/root%s", (int)process, path);
    int fd = open(whole, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return text_format("%s cannot be read: %s", path, strerrordesc_np(errno));
    char *trouble = read_file(fd, path, out);
    close(fd);
    return trouble;
}

static char *trouble_of_rights(pid_t process, int error_code) {
    struct stat status;
    char path[64];
    snprintf(path, sizeof path, "/proc/%d", (int)process);
    bool is_others = stat(path, &status) == 0 && status.st_uid != geteuid();
    return text_format("process %d%s: its memory map cannot be read: %s", (int)process,
                       is_others ? " belongs to another user" : "", strerrordesc_np(error_code));
}

figures_result_t figures_take(pid_t process, published_t *out, char **trouble) {
    static char path[PATH_MAX];
    *trouble = NULL;
    errno = 0;
    bool is_known = find_mapped(process, path);
    int error_code = errno;
    if (has_ended(process))
        return FIGURES_ENDED;
    if (!is_known)
        *trouble = trouble_of_rights(process, error_code);
    else if (path[0] == '\0')
        *trouble = text_format("process %d shows no figures: it does not run on hakmem, or was "
                               "started without HAKMEM_STATS_SHM=1",
                               (int)process);
    else if (text_ends(path, " (deleted)"))
        *trouble = text_format("process %d shows no figures any longer: its file %.*s was removed",
                               (int)process, (int)(strlen(path) - strlen(" (deleted)")), path);
    else
        *trouble = open_and_read(process, path, out);
    if (*trouble == NULL)
        return FIGURES_TAKEN;
    return ends_soon(process) ? FIGURES_ENDED : FIGURES_NONE;
}

static bool is_own_space(const char *digits, size_t length) {
    struct stat status;
    char own[32];
    uint64_t inode = stat("/proc/self/ns/pid", &status) == 0 ? status.st_ino : 0;
    snprintf(own, sizeof own, "%llu", (unsigned long long)inode);
    return strlen(own) == length && memcmp(own, digits, length) == 0;
}

char *figures_clean_up(pid_t process) {
    static const char *const folders[] = {PUBLISHED_FOLDERS};
    char *found = NULL;
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        DIR *folder = opendir(folders[i]);
        const struct dirent *entry;
        while (folder != NULL && (entry = readdir(folder)) != NULL) {
            const char *space;
            size_t length;
            long id = process_of_name(entry->d_name, &space, &length);
            if (id == 0 || !is_own_space(space, length) || kill((pid_t)id, 0) == 0 ||
                errno != ESRCH)
                continue;
            char *path = text_format("%s%s", folders[i], entry->d_name);
            if (unlink(path) == 0 && id == process)
                found = path;
        }
        if (folder != NULL)
            closedir(folder);
    }
    return found;
}
