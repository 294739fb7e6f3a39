/*
 * introspection.c - mallinfo, mallinfo2, malloc_info and malloc_stats tell what is in use.
 */
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
    return 0;
}
