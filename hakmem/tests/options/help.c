/*
 * help.c - HAKMEM_HELP=1 lists every option of the table, with its default and its text.
 */
#include "child.h"
#include "test.h"

#include <string.h>

static const struct {
    const char *name, *otherwise, *help;
} options[] = {
#define HAK_OPTION(kind, field, name, otherwise, least, most, help) {name, otherwise, help},
#include "../../core/hakmem_options.def"
#undef HAK_OPTION
};

int main(int argc, char **argv) {
    (void)argv;
    if (argc > 1) {
        return 0;
    }
    child_t child = CHILD_RUN("child", "HAKMEM_HELP=1");
    child_expect_success(&child);
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        char line[128];
        const char *otherwise = options[i].otherwise[0] ? options[i].otherwise : "not set";
        snprintf(line, sizeof line, "\n  %s  [%s]  ", options[i].name, otherwise);
        CHECK_MSG(strstr(child.err, line), "no%s in: %s", line, child.err);
        CHECK_MSG(strstr(child.err, options[i].help), "%s without its text", options[i].name);
    }
    child_free(&child);
    child = CHILD_RUN("child", "HAKMEM_HELP=0");
    child_expect_success(&child);
    CHECK_MSG(child.err[0] == '\0', "%s", child.err);
    child_free(&child);
    return 0;
}
