/*
 * span_fit.c - blocks of about one size, within 4 %, serve each other's memory: random replacement
 * holds little more than what is live, of the large pool as of Big blocks. HAKMEM_WMAX_LARGE bounds
 * how much longer their spans are, and HAKMEM_CAP_LARGE counts the blocks, not the spans.
 */
#include "child.h"
#include "resident.h"
#include "test.h"

#include <string.h>

enum { LIVE_BYTES = 48 * 1024 * 1024, MOST_BLOCKS = 64, REPLACED = 3000 };

static uint64_t next_random(void) {
    static uint64_t state = 88172645463325252U;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static char *make(size_t about) {
    size_t bytes = about - about / 25 + next_random() % (2 * about / 25);
    char *block = malloc(bytes);
    CHECK(block);
    for (size_t i = 0; i < bytes; i += 4096) {
        block[i] = 1;
    }
    return block;
}

/* Prints what is resident at the end, in hundredths of what is live. */
static int child_main(size_t about) {
    static char *blocks[MOST_BLOCKS];
    size_t count = LIVE_BYTES / about, base = resident_bytes();
    for (size_t i = 0; i < count; i++) {
        blocks[i] = make(about);
    }
    for (int i = 0; i < REPLACED; i++) {
        size_t at = next_random() % count;
        free(blocks[at]);
        blocks[at] = make(about);
    }
    printf("%zu\n", (resident_bytes() - base) * 100 / (count * about));
    for (size_t i = 0; i < count; i++) {
        free(blocks[i]);
    }
    return 0;
}

static size_t run(const char *about, const char *setting) {
    const char *const env[] = {setting, "HAKMEM_PURGE_DELAY_MS=100000", NULL};
    child_t child = child_run(&(child_setup_t){.env = env}, about, NULL);
    child_expect_success(&child);
    size_t percent = (size_t)atoll(child.out);
    child_free(&child);
    return percent;
}

/* Blocks of a class of 1 MiB under a cap of as many. */
static int cap_main(void) {
    for (int i = 0; i < 16; i++) {
        CHECK(malloc(MIB));
    }
    return 0;
}

int main(int argc, char **argv) {
    if (argc > 1) {
        return strcmp(argv[1], "cap") == 0 ? cap_main() : child_main((size_t)atoll(argv[1]));
    }
    static const char *const sizes[] = {"786432",  "1048576", "1310720",
                                        "2097152", "3145728", "4194304"};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        size_t fitting = run(sizes[i], "HAKMEM_WMAX_LARGE=1.30");
        CHECK_MSG(fitting <= 110, "%s: %zu %% of what is live", sizes[i], fitting);
    }
    /* A bound that leaves room for nothing but the block itself. */
    size_t exact = run("4194304", "HAKMEM_WMAX_LARGE=1.00");
    CHECK_MSG(exact > 115, "without room: %zu %%", exact);
    child_t child = CHILD_RUN("cap", "HAKMEM_CAP_LARGE=16m", "HAKMEM_ACE_STRICT=1");
    child_expect_success(&child);
    child_free(&child);
    return 0;
}
