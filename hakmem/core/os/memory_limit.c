/*
 * memory_limit.c - see memory_limit.h.
 *
 * /proc/self/cgroup has a line for each hierarchy: "0::/a/b" (v2), "4:memory:/a/b" (v1). Inside a
 * container the path may be that of the host, which cannot be seen; the files of the group are then
 * at the root of the mount. So every part of the path is tried, and the root.
 */
#include "memory_limit.h"

#include <string.h>

#include "os.h"

enum { PATH_MOST = 4096 };

HAK_APART static char groups[PATH_MOST];
HAK_APART static char path[PATH_MOST];

/* Writes `end` behind what the path has so far; false: there is no room. */
static bool append(size_t *length, const char *end) {
    size_t bytes = strlen(end);
    if (bytes >= PATH_MOST - *length) {
        return false;
    }
    memcpy(path + *length, end, bytes + 1);
    *length += bytes;
    return true;
}

/* The number that a file begins with; SIZE_MAX: it has none ("max"), or cannot be read. */
static size_t read_number(size_t folder_length, const char *name) {
    char text[32];
    size_t length = folder_length;
    if (!append(&length, name) || os_read_text(path, text, sizeof(text)) == 0 || text[0] < '0' ||
        text[0] > '9') {
        return SIZE_MAX;
    }
    size_t number = 0;
    for (const char *at = text; *at >= '0' && *at <= '9'; at++) {
        if (__builtin_mul_overflow(number, (size_t)10, &number) ||
            __builtin_add_overflow(number, (size_t)(*at - '0'), &number)) {
            return SIZE_MAX;
        }
    }
    return number;
}

/* Of the group in path[0 .. length] and of those above it, down to the mount. */
static size_t least_of_folders(size_t mount_length, size_t length, bool is_v2) {
    size_t least = SIZE_MAX;
    for (;;) {
        if (is_v2) {
            least = hak_min(least, read_number(length, "/memory.max"));
            least = hak_min(least, read_number(length, "/memory.high"));
        } else {
            least = hak_min(least, read_number(length, "/memory.limit_in_bytes"));
        }
        if (length <= mount_length) {
            return least;
        }
        do {
            length--;
        } while (length > mount_length && path[length] != '/');
    }
}

static size_t least_of_mount(const char *root, const char *mount, const char *group, bool is_v2) {
    size_t length = 0;
    if (!append(&length, root) || !append(&length, mount)) {
        return SIZE_MAX;
    }
    size_t mount_length = length;
    if (strcmp(group, "/") != 0 && !append(&length, group)) {
        length = mount_length;
    }
    return least_of_folders(mount_length, length, is_v2);
}

static bool has_controller(const char *list, const char *name) {
    size_t length = strlen(name);
    for (; list != NULL; list = strchr(list, ','), list += list != NULL) {
        if (strncmp(list, name, length) == 0 && (list[length] == ',' || list[length] == '\0')) {
            return true;
        }
    }
    return false;
}

/* One line, "number:controllers:group". */
static size_t least_of_line(const char *root, char *line) {
    char *controllers = strchr(line, ':');
    char *group = controllers == NULL ? NULL : strchr(controllers + 1, ':');
    if (group == NULL) {
        return SIZE_MAX;
    }
    *group++ = '\0';
    controllers++;
    if (*controllers == '\0') {
        return least_of_mount(root, "/sys/fs/cgroup", group, true);
    }
    return has_controller(controllers, "memory")
               ? least_of_mount(root, "/sys/fs/cgroup/memory", group, false)
               : SIZE_MAX;
}

size_t memory_limit_of_group(const char *root) {
    size_t length = 0, least = SIZE_MAX;
    if (!append(&length, root) || !append(&length, "/proc/self/cgroup") ||
        os_read_text(path, groups, sizeof(groups)) == 0) {
        return SIZE_MAX;
    }
    for (char *line = groups, *end; line != NULL; line = end) {
        end = strchr(line, '\n');
        if (end != NULL) {
            *end++ = '\0';
        }
        least = hak_min(least, least_of_line(root, line));
    }
    return least;
}

size_t memory_resident(const char *root) {
    char text[64];
    size_t length = 0, pages = 0;
    if (!append(&length, root) || !append(&length, "/proc/self/statm") ||
        os_read_text(path, text, sizeof(text)) == 0) {
        return 0;
    }
    const char *second = strchr(text, ' ');
    for (; second != NULL && second[1] >= '0' && second[1] <= '9'; second++) {
        pages = pages * 10 + (size_t)(second[1] - '0');
    }
    return pages * os_page_bytes;
}
