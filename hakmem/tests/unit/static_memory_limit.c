/*
 * static_memory_limit.c - what the files of control groups say, in trees of the test's own: version
 * 2 and 1, limits of the groups above, a container that cannot see its path, no limit, no files,
 * numbers that are none; what the process has in memory; and what HAKMEM_LIMIT makes of it.
 *
 * White box: linked with objects.a; starts itself again with that option.
 */
#include "again.h"
#include "os/memory_limit.h"
#include "os/os.h"
#include "span/limit.h"
#include "test.h"

#include <errno.h>
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>

static char root[] = "/tmp/hakmem-groups.XXXXXX";

static void make_folders(char *path) {
    for (char *at = path + strlen(root); (at = strchr(at + 1, '/')) != NULL;) {
        *at = '\0';
        CHECK(mkdir(path, 0700) == 0 || errno == EEXIST);
        *at = '/';
    }
}

static void put(const char *name, const char *text) {
    char path[512];
    snprintf(path, sizeof path, "%s%s", root, name);
    make_folders(path);
    FILE *file = fopen(path, "w");
    CHECK(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

static int remove_one(const char *path, const struct stat *stat, int kind, struct FTW *place) {
    (void)stat, (void)kind, (void)place;
    return remove(path);
}

static void clear(void) {
    CHECK(nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0);
    CHECK(mkdir(root, 0700) == 0);
}

static void expect(size_t bytes, int line) {
    size_t got = memory_limit_of_group(root);
    CHECK_MSG(got == bytes, "line %d: %zu, not %zu", line, got, bytes);
    clear();
}

#define V2 "/sys/fs/cgroup"
#define V1 "/sys/fs/cgroup/memory"

static void check_version_2(void) {
    put("/proc/self/cgroup", "0::/a/b\n");
    put(V2 "/a/b/memory.max", "70000000\n");
    put(V2 "/a/b/memory.high", "60000000\n");
    put(V2 "/a/memory.max", "max\n");
    expect(60000000, __LINE__);
    put("/proc/self/cgroup", "0::/a/b\n");
    put(V2 "/a/b/memory.max", "max\n");
    put(V2 "/a/memory.max", "50000000\n");
    put(V2 "/memory.high", "max\n");
    expect(50000000, __LINE__);
    put("/proc/self/cgroup", "0::/\n"); /* in a container, whose group is the root that it sees */
    put(V2 "/memory.max", "40000000\n");
    expect(40000000, __LINE__);
    put("/proc/self/cgroup", "0::/a\n");
    put(V2 "/a/memory.max", "max\n");
    put(V2 "/ab/memory.max", "1\n"); /* another's */
    expect(SIZE_MAX, __LINE__);
}

static void check_version_1(void) {
    put("/proc/self/cgroup", "5:cpu,cpuacct:/c\n4:memory:/a/b\n0::/\n");
    put(V1 "/a/b/memory.limit_in_bytes", "9223372036854771712\n");
    put(V1 "/a/memory.limit_in_bytes", "30000000\n");
    put(V1 "/c/memory.limit_in_bytes", "1\n");
    expect(30000000, __LINE__);
    put("/proc/self/cgroup", "3:hugetlb,memory:/docker/0123\n");
    put(V1 "/memory.limit_in_bytes", "20000000\n"); /* the path is the host's */
    expect(20000000, __LINE__);
    put("/proc/self/cgroup", "3:memory2,amemory:/a\n");
    put(V1 "/a/memory.limit_in_bytes", "1\n");
    expect(SIZE_MAX, __LINE__);
}

static void check_nothing_to_read(void) {
    expect(SIZE_MAX, __LINE__);
    put("/proc/self/cgroup", "");
    expect(SIZE_MAX, __LINE__);
    put("/proc/self/cgroup", "nothing like it\n0:\n:\n");
    expect(SIZE_MAX, __LINE__);
    put("/proc/self/cgroup", "0::/a");
    put(V2 "/a/memory.max", "99999999999999999999999999\n");
    put(V2 "/a/memory.high", "-1\n");
    expect(SIZE_MAX, __LINE__);
    char longest[4090] = "0::/";
    memset(longest + 4, 'x', sizeof longest - 6);
    put("/proc/self/cgroup", longest);
    put(V2 "/memory.max", "10000000\n");
    expect(10000000, __LINE__);
}

static void check_resident(void) {
    CHECK_EQ(memory_resident(root), 0);
    put("/proc/self/statm", "1000 250 3 1 0 20 0\n");
    CHECK_EQ(memory_resident(root), 250 * os_page_bytes);
    CHECK(memory_resident("") > 300 * KIB);
}

/* What HAKMEM_LIMIT=cgroup makes of it: seven eighths, less what was in memory at start. */
static int check_limit_of_group(void) {
    size_t group = memory_limit_of_group(""), resident = memory_resident("");
    free(malloc(1));
    CHECK(!hak_limit.refuses);
    if (group >= HAK_ADDRESS_SPACE) {
        CHECK(!limit_is_set());
        return 0;
    }
    size_t most = group - group / 8, bytes = hak_limit.pages * HAK_PAGE_BYTES;
    CHECK_MSG(bytes < most && bytes + resident + 4 * MIB > most, "%zu of %zu", bytes, group);
    return 0;
}

static bool is_short_with(size_t pages) {
    limit_note_shortage(pages);
    bool is_short = limit_take_shortage();
    CHECK(!limit_take_shortage());
    return is_short;
}

/* At the limit, and at each 64th of it beyond; from below it again. Pages. */
static void check_shortages(void) {
    CHECK(!is_short_with(4095) && is_short_with(4096));
    CHECK(!is_short_with(4097) && !is_short_with(4159) && !is_short_with(4096));
    CHECK(is_short_with(4160) && !is_short_with(4200) && is_short_with(4230));
    CHECK(!is_short_with(4095) && is_short_with(4100));
}

static int check_limit_in_bytes(void) {
    free(malloc(1));
    CHECK(hak_limit.refuses && limit_is_set());
    CHECK_EQ(limit_room_bytes(0), 16 * MIB);
    CHECK_EQ(limit_room_bytes(5 * MIB), 11 * MIB);
    CHECK_EQ(limit_room_bytes(16 * MIB), 0);
    CHECK_EQ(limit_room_bytes(17 * MIB), 0);
    check_shortages();
    return 0;
}

int main(int argc, char **argv) {
    if (argc > 1) {
        return strcmp(argv[1], "group") == 0 ? check_limit_of_group() : check_limit_in_bytes();
    }
    CHECK(mkdtemp(root) != NULL);
    check_version_2();
    check_version_1();
    check_nothing_to_read();
    check_resident();
    clear();
    CHECK(rmdir(root) == 0);
    CHECK_EQ(limit_room_bytes(16 * MIB), SIZE_MAX);
    run_again("group", "HAKMEM_LIMIT=cgroup");
    run_again("bytes", "HAKMEM_LIMIT=16m");
    return 0;
}
