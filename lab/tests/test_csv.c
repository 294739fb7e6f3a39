/*
 * test_csv.c - what is written to a table is what is read from it.
 */
#include "csv.h"
#include "file.h"
#include "text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[] = "/tmp/hakmem-lab-csv-XXXXXX";

static int make_folder(void **state) {
    (void)state;
    assert_non_null(mkdtemp(folder));
    folder_make(text_format("%s/derived", folder));
    return 0;
}

static int remove_folder(void **state) {
    (void)state;
    unlink(text_format("%s/derived/made.csv", folder));
    rmdir(text_format("%s/derived", folder));
    return rmdir(folder);
}

static void cells_come_back(void **state) {
    static const char *const texts[] = {"plain", "with, comma", "with \"quotes\"",
                                        "",      "two\nlines",  "\""};
    enum { TEXTS = sizeof texts / sizeof *texts };
    (void)state;
    FILE *file = csv_open(folder, "made", "name,value,mid,lo,hi,pairs,end");
    for (size_t i = 0; i < TEXTS; i++) {
        csv_put_text(file, texts[i], ",");
        csv_put(file, i % 2 ? NAN : 1.5 * (double)i, ",");
        csv_put_interval(file, (interval_t){.mid = 1, .lo = 0.5, .hi = 2, .pairs = 3});
        csv_put_text(file, texts[i], "\n");
    }
    csv_close(file);
    csv_t table;
    assert_true(csv_load(folder, "made", &table));
    assert_int_equal(table.columns, 7);
    assert_int_equal(table.rows, TEXTS);
    for (size_t i = 0; i < TEXTS; i++) {
        assert_string_equal(csv_text(&table, i, "name"), texts[i]);
        assert_string_equal(csv_text(&table, i, "end"), texts[i]);
        assert_true(i % 2 ? isnan(csv_number(&table, i, "value"))
                          : csv_number(&table, i, "value") == 1.5 * (double)i);
        assert_true(csv_number(&table, i, "hi") == 2 && csv_number(&table, i, "pairs") == 3);
        assert_true(isnan(csv_number(&table, i, "name")));
    }
    assert_null(csv_text(&table, 0, "missing"));
    csv_free(&table);
}

static void a_row_must_have_all_numbers(void **state) {
    (void)state;
    FILE *file = csv_open(folder, "made", "a,b,c");
    fputs("1,NaN,x\nNaN,2,x\n", file);
    csv_close(file);
    assert_true(csv_has_numbers(folder, "made", "a"));
    assert_true(csv_has_numbers(folder, "made", "b"));
    assert_false(csv_has_numbers(folder, "made", "a b")); /* in no row both */
    assert_false(csv_has_numbers(folder, "made", "c"));
    assert_false(csv_has_numbers(folder, "made", "d"));
    assert_false(csv_has_numbers(folder, "absent", "a"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_come_back),
        cmocka_unit_test(a_row_must_have_all_numbers),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
