/*
 * bad_values.c - an unknown HAKMEM_* name, or a value out of bounds, is named on stderr and the
 * default is kept; with HAKMEM_STRICT_OPTIONS=1 the process stops before main.
 */
#include "child.h"
#include "stats.h"
#include "test.h"
#include "trace.h"
#include "workload.h"

static const char *const bad[] = {
    "HAKMEM_WMAX_MID=0.99",
    "HAKMEM_WMAX_MID=4.01",
    "HAKMEM_WMAX_MID=1.01x",
    "HAKMEM_WMAX_MID=x",
    "HAKMEM_WMAX_MID=-1.01",
    "HAKMEM_WMAX_MID=1,01",
    "HAKMEM_WMAX_MID=nan",
    "HAKMEM_WMAX_MID=99999999999999999999",
    "HAKMEM_WMAX_LARGE=0",
    "HAKMEM_WMAX_LARGE=5",
    "HAKMEM_ACE_TRACE=3",
    "HAKMEM_ACE_TRACE=on",
    "HAKMEM_ACE_STRICT=2",
    "HAKMEM_CAP_MID=lots",
    "HAKMEM_CAP_MID=1q",
    "HAKMEM_LIMIT=lots",
    "HAKMEM_LIMIT=64k", /* the least is 1m */
    "HAKMEM_LIMIT=cgroups",
    "HAKMEM_CAP_LARGE=1mm",
    "HAKMEM_CAP_LARGE=99999999999999999999g",
    "HAKMEM_FRONT_GATE_UNIFIED=2",
    "HAKMEM_SMALLMID_ENABLE=-1",
    "HAKMEM_FORCE_LIBC_ALLOC=yes",
    "HAKMEM_LD_SAFE=2",
    "HAKMEM_LD_BLOCK_JEMALLOC=2",
    "HAKMEM_HARDEN=3",
    "HAKMEM_HARDEN=full",
    "HAKMEM_PURGE_DELAY_MS=-1",
    "HAKMEM_PURGE_DELAY_MS=1s",
    "HAKMEM_STATS=1", /* no switch: a file's name, or - */
    "HAKMEM_STATS=0",
    "HAKMEM_STATS_SHM=2",
    "HAKMEM_ACE_TRACE_FILE=2",
    "HAKMEM_STATS=stats-%d.json",
    "HAKMEM_STATS=stats-%",
    "HAKMEM_ACE_TRACE_FILE=%p-%%-%P",
    "HAKMEM_WMAX_MIDDLE=1.30",
    "HAKMEM_=1",
    "HAKMEM_ACE_TRACE_=1",
};

static void check_option(const char *option) {
    char name[48];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(option, "="), option);
    child_t child = CHILD_RUN("33000", option);
    child_expect_success(&child);
    CHECK_MSG(strstr(child.err, name), "%s: %s", option, child.err);
    CHECK_MSG(count_text(child.err, "\n") == 1, "%s: %s", option, child.err);
    CHECK_MSG(strcmp(child.out, "nulls=0\n") == 0, "%s: %s", option, child.out);
    child_free(&child);

    child = CHILD_RUN("33000", option, "HAKMEM_STRICT_OPTIONS=1");
    CHECK_MSG(child.exit_code != 0, "%s did not stop the process", option);
    CHECK_MSG(strstr(child.err, name), "%s: %s", option, child.err);
    CHECK_MSG(child.out[0] == '\0', "%s: main ran", option);
    child_free(&child);
}

/* Whoever wants a file named by a number can have it. */
static void numbers_for_files_are_explained(void) {
    child_t child = CHILD_RUN("33000", "HAKMEM_STATS=1");
    CHECK_MSG(strstr(child.err, "expected a path") && strstr(child.err, "\"-\": stderr") &&
                  strstr(child.err, "\"./1\": a file named 1"),
              "%s", child.err);
    CHECK_MSG(access("1", F_OK) != 0, "a file named 1 was made");
    child_free(&child);
    char option[128];
    snprintf(option, sizeof option, "HAKMEM_STATS=%s-1", temp_path());
    child = CHILD_RUN("33000", option, "HAKMEM_STRICT_OPTIONS=1");
    child_expect_success(&child);
    child_free(&child);
    CHECK(unlink(option + strlen("HAKMEM_STATS=")) == 0);
    child = CHILD_RUN("33000", "HAKMEM_LIMIT=64k");
    CHECK_MSG(strstr(child.err, "at least 1m,"), "%s", child.err);
    child_free(&child);
}

/* Whatever stands before it: each by its own name, of which 63 bytes are shown. */
static void unknown_names_are_whole(void) {
#define SHOWN "HAKMEM_456789_123456789_123456789_123456789_123456789_123456789_123"
    child_t child = CHILD_RUN("33000", SHOWN "456=1", "HAKMEM_X=1");
    child_expect_success(&child);
    static const char rest[] = ": unknown option, ignored; HAKMEM_HELP=1 lists the known ones\n";
    char want[256];
    snprintf(want, sizeof want, "[hakmem] %.63s%s[hakmem] HAKMEM_X%s", SHOWN, rest, rest);
    CHECK_MSG(strcmp(child.err, want) == 0, "%s", child.err);
    child_free(&child);
}

/* Twice at the same spot, since the option that makes it strict may come later in the list. */
static void strict_wherever_it_stands(void) {
    child_t child = CHILD_RUN("33000", "HAKMEM_STRICT_OPTIONS=1", "HAKMEM_WMAX_MID=9");
    CHECK(child.exit_code != 0 && child.out[0] == '\0');
    child_free(&child);
    child = CHILD_RUN("33000", "HAKMEM_WMAX_MID=9", "HAKMEM_STRICT_OPTIONS=1");
    CHECK(child.exit_code != 0 && child.out[0] == '\0');
    child_free(&child);
    child = CHILD_RUN("33000", "HAKMEM_WMAX_MID=1.50", "HAKMEM_STRICT_OPTIONS=1");
    child_expect_success(&child);
    CHECK_MSG(child.err[0] == '\0', "%s", child.err);
    child_free(&child);
}

/* A bound that was refused is not half taken: 33,000 bytes are served as by default. */
static void default_is_kept(void) {
    child_t child = CHILD_RUN("33000", "HAKMEM_WMAX_MID=1.01x", "HAKMEM_STATS=-");
    child_expect_success(&child);
    const char *json = strchr(child.err, '{');
    CHECK_MSG(json, "%s", child.err);
    json_t *stats = stats_parse(json);
    CHECK_EQ(stats_u64(stats, "ace.totals.threshold"), 0);
    json_decref(stats);
    child_free(&child);
}

int main(int argc, char **argv) {
    if (argc > 1) {
        return workload_main(argv[1], "1");
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        check_option(bad[i]);
    }
    numbers_for_files_are_explained();
    unknown_names_are_whole();
    strict_wherever_it_stands();
    default_is_kept();
    return 0;
}
