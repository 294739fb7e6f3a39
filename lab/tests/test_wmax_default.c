/*
 * test_wmax_default.c - the default pair of W_MAX comes from the allocator's table of options, and
 * nothing that the lab shows has it typed in.
 */
#include "file.h"
#include "wmax_default.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

/* The lab's sources, built with another table of options, know other defaults. */
static void another_table_gives_another_default(void **state) {
    (void)state;
    static const char script[] =
        "set -e; d=$(mktemp -d); trap 'rm -rf \"$d\"' EXIT\n"
        "sed -e '/HAKMEM_WMAX_MID/s/\"[0-9.]*\", *1000000/\"1.75\", 1000000/'"
        " -e '/HAKMEM_WMAX_LARGE/s/\"[0-9.]*\", *1000000/\"1.0625\", 1000000/'"
        " ../hakmem/core/hakmem_options.def >$d/hakmem_options.def\n"
        "printf '#include \"wmax_default.h\"\\n#include <stdio.h>\\nint main(void) {"
        " printf(\"%%s %%d %%d\", wmax_default_pair(), (int)WMAX_MID_DEFAULT,"
        " (int)WMAX_LARGE_DEFAULT); }\\n' >$d/main.c\n"
        "${CC:-cc} -std=c11 -D_GNU_SOURCE -I$d -Isrc -I../shared -o $d/main $d/main.c "
        "src/wmax_default.c"
        " ../build/shared/libshared.a -lm\n"
        "$d/main";
    const char *const argv[] = {"sh", "-c", script, NULL};
    char *said = capture(argv);
    assert_non_null(said);
    assert_string_equal(said, "1.75/1.0625 17500 10625");
}

static void the_pair_is_typed_nowhere(void **state) {
    (void)state;
    const char *const argv[] = {"sh", "-c",
                                "grep -rnF \"$0\" src ../plots ../paper/src ../paper/paper.tex"
                                " --include='*.c' --include='*.gp' --include='*.tex' || true",
                                wmax_default_pair(), NULL};
    char *found = capture(argv);
    assert_non_null(found);
    assert_string_equal(found, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_table_gives_another_default),
        cmocka_unit_test(the_pair_is_typed_nowhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
