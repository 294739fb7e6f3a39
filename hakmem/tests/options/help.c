/*
 * help.c - HAKMEM_HELP=1 lists every option of the table, with its default.
 */
#include "child.h"
#include "test.h"

#include <string.h>

static const char *const names[] = {"HAKMEM_WMAX_MID",         "HAKMEM_WMAX_LARGE",
                                    "HAKMEM_CAP_MID",          "HAKMEM_CAP_LARGE",
                                    "HAKMEM_MID_CLASSES",      "HAKMEM_LARGE_CLASSES",
                                    "HAKMEM_ACE_TRACE",        "HAKMEM_ACE_TRACE_FILE",
                                    "HAKMEM_ACE_STRICT",       "HAKMEM_STATS",
                                    "HAKMEM_LD_SAFE",          "HAKMEM_FRONT_GATE_UNIFIED",
                                    "HAKMEM_FORCE_LIBC_ALLOC", "HAKMEM_PURGE_DELAY_MS",
                                    "HAKMEM_SMALLMID_ENABLE",  "HAKMEM_LD_BLOCK_JEMALLOC",
                                    "HAKMEM_STRICT_OPTIONS",   "HAKMEM_HELP"};

int main(int argc, char **argv) {
    (void)argv;
    if (argc > 1) {
        return 0;
    }
    child_t child = CHILD_RUN("child", "HAKMEM_HELP=1");
    child_expect_success(&child);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        CHECK_MSG(strstr(child.err, names[i]), "%s is missing in: %s", names[i], child.err);
    }
    CHECK(strstr(child.err, "1.60") && strstr(child.err, "1.30") && strstr(child.err, "250"));
    child_free(&child);
    child = CHILD_RUN("child", "HAKMEM_HELP=0");
    child_expect_success(&child);
    CHECK_MSG(child.err[0] == '\0', "%s", child.err);
    child_free(&child);
    return 0;
}
