/*
 * test_drawing.c - what figures and page share: gnuplot's SVG made fit to be shown, and the colours
 * of allocators.
 */
#include "palette.h"
#include "svg.h"
#include "text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void words_of_a_mark_become_its_title(void **state) {
    (void)state;
    assert_string_equal(
        svg_settle("<g id=\"plot_1\" ><title>gnuplot_plot_1</title><g onmousemove=\"gnuplot_svg."
                   "showHypertext(evt,'a &lt; b')\" onmouseout=\"gnuplot_svg.hideHypertext()\">"
                   "<title> </title><use xlink:href='#gpPt6' x='1'/></g></g>",
                   "fig"),
        "<g id=\"fig-plot_1\" ><g><title>a &lt; b</title><use xlink:href='#fig-gpPt6' x='1'/></g>"
        "</g>");
    assert_string_equal(svg_settle("<path id='a' filter='url(#b)'/><title>", "f"),
                        "<path id='f-a' filter='url(#f-b)'/><title>");
}

static run_info_t run_of(const char *const *keys, size_t count) {
    json_t *rows = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(rows, json_pack("{s:s}", "key", keys[i]));
    }
    return (run_info_t){.allocators = rows};
}

static void an_allocator_has_the_same_colour_in_every_run(void **state) {
    (void)state;
    static const char *const all[] = {"hakmem", "glibc", "mimalloc", "jemalloc", "tcmalloc"};
    static const char *const some[] = {"hakmem", "x", "jemalloc", "y", "glibc"};
    run_info_t a = run_of(all, 5), b = run_of(some, 5);
    assert_int_equal(palette_of(&a, 0).rgb, palette_of(&b, 0).rgb);
    assert_int_equal(palette_of(&a, 3).rgb, palette_of(&b, 2).rgb);
    assert_int_equal(palette_of(&a, 1).rgb, palette_of(&b, 4).rgb);
}

static void no_two_of_a_run_look_alike(void **state) {
    (void)state;
    static const char *const keys[] = {"hakmem", "a", "b", "c", "d", "e",
                                       "f",      "g", "h", "i", "j", "jemalloc"};
    size_t count = sizeof keys / sizeof *keys;
    run_info_t info = run_of(keys, count);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            assert_int_not_equal(palette_of(&info, i).rgb, palette_of(&info, j).rgb);
            assert_int_not_equal(palette_of(&info, i).mark, palette_of(&info, j).mark);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_of_a_mark_become_its_title),
        cmocka_unit_test(an_allocator_has_the_same_colour_in_every_run),
        cmocka_unit_test(no_two_of_a_run_look_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
