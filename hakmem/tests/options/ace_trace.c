/*
 * ace_trace.c - HAKMEM_ACE_TRACE: 0 is silent but counts, 1 writes a line per failure, 2 adds a
 * summary line per reason, pool and class at exit. HAKMEM_ACE_TRACE_FILE sends all of it to a file.
 */
#include "child.h"
#include "stats.h"
#include "test.h"
#include "trace.h"
#include "workload.h"

static int child_main(void) {
    take_and_give_back(33000, 3);
    take_and_give_back(33010, 2);
    return 0;
}

static void check_summary(const char *text) {
    const char *summary = strstr(text, "[ACE-SUMMARY]");
    CHECK_MSG(summary, "%s", text);
    CHECK_EQ(count_text(text, "[ACE-SUMMARY]"), 1);
    char reason[16], pool[16];
    size_t class_bytes, count, bytes, least, most;
    CHECK_MSG(sscanf(summary,
                     "[ACE-SUMMARY] %15[^:]: pool=%15s class=%zu count=%zu bytes=%zu min=%zu "
                     "max=%zu",
                     reason, pool, &class_bytes, &count, &bytes, &least, &most) == 7,
              "%s", summary);
    CHECK(strcmp(reason, "Threshold") == 0 && strcmp(pool, "mid") == 0);
    CHECK(class_bytes > 33340);
    CHECK_EQ(count, 5);
    CHECK_EQ(bytes, 3 * 33000 + 2 * 33010);
    CHECK_EQ(least, 33000);
    CHECK_EQ(most, 33010);
}

static void levels(void) {
    child_t child = CHILD_RUN("child", "HAKMEM_WMAX_MID=1.01", "HAKMEM_STATS=-");
    child_expect_success(&child);
    CHECK_EQ(count_text(child.err, "[ACE-"), 0);
    json_t *stats = stats_parse(child.err);
    CHECK_EQ(stats_u64(stats, "ace.totals.threshold"), 5);
    json_decref(stats);
    child_free(&child);

    child = CHILD_RUN("child", "HAKMEM_WMAX_MID=1.01", "HAKMEM_ACE_TRACE=1");
    child_expect_success(&child);
    CHECK_EQ(trace_count(child.err, "Threshold", "mid"), 5);
    CHECK_EQ(count_text(child.err, "[ACE-SUMMARY]"), 0);
    child_free(&child);

    child = CHILD_RUN("child", "HAKMEM_WMAX_MID=1.01", "HAKMEM_ACE_TRACE=2");
    child_expect_success(&child);
    CHECK_EQ(count_text(child.err, "[ACE-FAIL] Threshold: "), 5);
    check_summary(child.err);
    child_free(&child);
}

static void to_a_file(void) {
    char option[128], text[4096] = "";
    const char *path = temp_path();
    snprintf(option, sizeof option, "HAKMEM_ACE_TRACE_FILE=%s", path);
    child_t child = CHILD_RUN("child", "HAKMEM_WMAX_MID=1.01", "HAKMEM_ACE_TRACE=2", option);
    child_expect_success(&child);
    CHECK_MSG(child.err[0] == '\0', "%s", child.err);
    FILE *file = fopen(path, "r");
    CHECK(file && fread(text, 1, sizeof text - 1, file) > 0);
    fclose(file);
    CHECK_EQ(count_text(text, "[ACE-FAIL] Threshold: size=330"), 5);
    check_summary(text);
    child_free(&child);
}

int main(int argc, char **argv) {
    (void)argv;
    if (argc > 1) {
        return child_main();
    }
    levels();
    to_a_file();
    return 0;
}
