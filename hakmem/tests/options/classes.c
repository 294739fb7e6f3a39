/*
 * classes.c - HAKMEM_MID_CLASSES and HAKMEM_LARGE_CLASSES: exactly the classes of the list serve,
 * also one that fits 33,000 bytes to less than 1 %; a list that is not one is named and not used.
 */
#include "child.h"
#include "test.h"
#include "trace.h"
#include "workload.h"

/* What is warm is taken whole, up to W_MAX: which class serves depends on when memory goes back. */
#define NO_PURGE "HAKMEM_PURGE_DELAY_MS=3600000"

static int child_main(void) {
    static const size_t sizes[] = {8193, 16384, 30000, 33000, 33025, 41000, 70000, 300000};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        CHECK_EQ(take_and_give_back(sizes[i], 50), 0);
        printf("%zu ", usable_for(sizes[i]));
    }
    return 0;
}

static void expect(const char *mid, const char *large, const char *out) {
    child_t child = CHILD_RUN("child", "HAKMEM_WMAX_MID=4.00", "HAKMEM_WMAX_LARGE=4.00", mid, large,
                              NO_PURGE, "HAKMEM_STRICT_OPTIONS=1");
    child_expect_success(&child);
    CHECK_MSG(strcmp(child.out, out) == 0, "%s %s: %s, expected %s", mid, large, child.out, out);
    child_free(&child);
}

static void expect_refused(const char *option, const char *standard) {
    child_t child =
        CHILD_RUN("child", "HAKMEM_WMAX_MID=4.00", "HAKMEM_WMAX_LARGE=4.00", NO_PURGE, option);
    child_expect_success(&child);
    char name[32];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(option, "="), option);
    CHECK_MSG(strstr(child.err, name), "%s: %s", option, child.err);
    CHECK_MSG(strcmp(child.out, standard) == 0, "%s: %s, expected %s", option, child.out, standard);
    child_free(&child);
}

int main(int argc, char **argv) {
    (void)argv;
    if (argc > 1) {
        return child_main();
    }
    expect("HAKMEM_MID_CLASSES=8k,16k,32k,33024,40k,52k", "HAKMEM_LARGE_CLASSES=64k,128k,512k,2m",
           "16384 16384 32768 33024 40960 53248 131072 524288 ");
    expect("HAKMEM_MID_CLASSES=16k,48k", "HAKMEM_LARGE_CLASSES=96k,1m",
           "16384 16384 49152 49152 49152 49152 98304 1048576 ");

    child_t child = CHILD_RUN("child", "HAKMEM_WMAX_MID=4.00", "HAKMEM_WMAX_LARGE=4.00", NO_PURGE);
    child_expect_success(&child);
    static const char *const refused[] = {
        "HAKMEM_MID_CLASSES=8k,16x,40k", "HAKMEM_MID_CLASSES=40k,8k",
        "HAKMEM_MID_CLASSES=8k,8k",      "HAKMEM_MID_CLASSES=8k,2m",
        "HAKMEM_MID_CLASSES=8k,33001",   "HAKMEM_MID_CLASSES=,",
        "HAKMEM_MID_CLASSES=0,8k",       "HAKMEM_LARGE_CLASSES=64k,1g",
        "HAKMEM_LARGE_CLASSES=2m,64k",   "HAKMEM_LARGE_CLASSES=-64k",
        "HAKMEM_LARGE_CLASSES=65537"};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        expect_refused(refused[i], child.out);
    }
    child_free(&child);
    return 0;
}
