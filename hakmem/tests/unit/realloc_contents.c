/*
 * realloc_contents.c - from any size to any size, the common part of the contents stays and the
 * neighbours are not touched.
 */
#include "sizes.h"
#include "test.h"

#include <string.h>

static unsigned char mark(size_t from, size_t at) {
    return (unsigned char)(from * 31 + at * 7 + at / 251);
}

static void fill(unsigned char *block, size_t bytes) {
    for (size_t i = 0; i < bytes; i++) {
        block[i] = mark(bytes, i);
    }
}

static void check_prefix(const unsigned char *block, size_t filled_as, size_t bytes, size_t to) {
    for (size_t i = 0; i < bytes; i++) {
        CHECK_MSG(block[i] == mark(filled_as, i), "byte %zu after realloc %zu -> %zu", i, filled_as,
                  to);
    }
}

static void from_to(size_t from, size_t to) {
    unsigned char *before = malloc(from);
    unsigned char *block = malloc(from);
    unsigned char *after = malloc(from);
    CHECK(before && block && after);
    fill(before, from);
    fill(block, from);
    fill(after, from);
    block = realloc(block, to);
    CHECK(block);
    check_prefix(block, from, from < to ? from : to, to);
    fill(block, to);
    check_prefix(before, from, from, to);
    check_prefix(after, from, from, to);
    check_prefix(block, to, to, to);
    free(before);
    free(block);
    free(after);
}

static void grow_step_by_step(void) {
    unsigned char *block = NULL;
    size_t filled = 0;
    for (size_t bytes = 1; bytes < 6 * MIB; bytes += bytes / 7 + 1) {
        block = realloc(block, bytes);
        CHECK(block);
        for (size_t i = 0; i < filled; i += i < 64 ? 1 : 61) {
            CHECK_MSG(block[i] == mark(1, i), "byte %zu at %zu bytes", i, bytes);
        }
        for (; filled < bytes; filled++) {
            block[filled] = mark(1, filled);
        }
    }
    free(block);
}

int main(void) {
    for (size_t i = 0; i < TEST_SIZES; i += 2) {
        for (size_t j = 0; j < TEST_SIZES; j += 3) {
            from_to(test_sizes[i], test_sizes[j]);
        }
    }
    grow_step_by_step();
    return 0;
}
