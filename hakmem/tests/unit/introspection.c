/*
 * introspection.c - mallinfo, mallinfo2, malloc_info and malloc_stats tell what is in use.
 */
#include "hakmem.h"
#include "test.h"

#include <errno.h>
#include <malloc.h>
#include <string.h>
#include <sys/mman.h>

enum { COUNT = 400 };
static const size_t block_bytes = 33000;

static size_t in_use(void) {
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static void mallinfo_follows_use(void) {
    static void *blocks[COUNT];
    size_t before = in_use();
    for (int i = 0; i < COUNT; i++) {
        blocks[i] = malloc(block_bytes);
        CHECK(blocks[i]);
    }
    size_t during = in_use();
    CHECK_MSG(during >= before + COUNT * block_bytes, "%zu -> %zu", before, during);
    CHECK_MSG(during <= before + COUNT * block_bytes * 2, "%zu -> %zu", before, during);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    struct mallinfo old = mallinfo();
#pragma GCC diagnostic pop
    CHECK((size_t)old.uordblks + (size_t)old.hblkhd >= COUNT * block_bytes);
    for (int i = 0; i < COUNT; i++) {
        free(blocks[i]);
    }
    size_t after = in_use();
    CHECK_MSG(after <= before + MIB, "%zu -> %zu -> %zu", before, during, after);
}

static size_t number_behind(const char *text, const char *what) {
    const char *at = strstr(text, what);
    CHECK_MSG(at, "no %s in %s", what, text);
    return (size_t)strtoull(at + strlen(what), NULL, 10);
}

/* mallinfo2, malloc_info and hak_memory_read say the same. A Big block is counted once, as what
 * glibc would have mapped. */
static void figures_agree(void) {
    void *big = malloc(20 * MIB), *small = malloc(33000);
    CHECK(big && small);
    char text[4096] = "";
    FILE *file = fmemopen(text, sizeof text, "w");
    CHECK(file);
    setvbuf(file, NULL, _IONBF, 0);
    hak_memory_t memory;
    struct mallinfo2 info = mallinfo2();
    CHECK_EQ(malloc_info(0, file), 0);
    HAK_FN(hak_memory_read)(&memory);
    fclose(file);
    CHECK(info.hblkhd >= 20 * MIB && info.hblkhd < 21 * MIB);
    CHECK_EQ(info.uordblks + info.hblkhd, memory.live_bytes);
    CHECK_EQ(info.fordblks, memory.cached_bytes);
    CHECK_EQ(info.arena + info.hblkhd, memory.mapped_bytes);
    CHECK_EQ(number_behind(text, "<live size=\""), memory.live_bytes);
    CHECK_EQ(number_behind(text, "<system type=\"current\" size=\""), memory.mapped_bytes);
    CHECK_EQ(number_behind(text, "<total type=\"rest\" count=\"0\" size=\""), memory.cached_bytes);
    free(big);
    free(small);
    malloc_trim(0); /* at the second level of hardening freed blocks wait before they are free */
    size_t freed = in_use();
    CHECK_MSG(freed < memory.live_bytes - 20 * MIB + 4096, "%zu of %zu", freed,
              (size_t)memory.live_bytes);
}

static void malloc_info_is_xml(void) {
    char text[1 << 16] = "";
    FILE *file = fmemopen(text, sizeof text, "w");
    CHECK(file);
    CHECK_EQ(malloc_info(1, file), EINVAL);
    CHECK_EQ(malloc_info(0, file), 0);
    fclose(file);
    CHECK_MSG(strncmp(text, "<malloc version=\"1\">", 20) == 0, "%.40s", text);
    size_t length = strlen(text);
    while (length && text[length - 1] == '\n') {
        length--;
    }
    CHECK(length > 9 && strncmp(text + length - 9, "</malloc>", 9) == 0);
    /* every element that opens, closes */
    unsigned opened = 0, closed = 0;
    for (const char *at = text; (at = strchr(at, '<')); at++) {
        const char *end = strchr(at, '>');
        CHECK(end);
        closed += at[1] == '/' || end[-1] == '/';
        opened += at[1] != '/';
    }
    CHECK_EQ(opened, closed);
}

/* glibc does not say so. */
static void malloc_info_tells_a_failure(void) {
    FILE *file = fopen("/dev/null", "r");
    CHECK(file);
    CHECK_EQ(malloc_info(0, file), -1);
    fclose(file);
}

static void malloc_stats_writes_to_stderr(void) {
    int file = memfd_create("stderr", 0);
    int kept = dup(STDERR_FILENO);
    CHECK(file >= 0 && kept >= 0);
    dup2(file, STDERR_FILENO);
    malloc_stats();
    fflush(stderr);
    dup2(kept, STDERR_FILENO);
    CHECK(lseek(file, 0, SEEK_END) > 20);
}

int main(void) {
    mallinfo_follows_use();
    malloc_info_is_xml();
    malloc_stats_writes_to_stderr();
    if (HAK_FN(hak_memory_read) != NULL) { /* not of libc */
        figures_agree();
        malloc_info_tells_a_failure();
    }
    return 0;
}
