/*
 * static_span_fit.c - how long the span of a Large or Big block is cut: never shorter than the
 * block needs, by at most two thirds of the waste that W_MAX allows, in eight lengths per doubling,
 * so that blocks of about one size have spans of one length; a dirty span is taken whole within
 * W_MAX; and beyond 8 MiB there is nothing of that.
 *
 * White box: linked with objects.a; starts itself again with other bounds.
 *
 * Where the system's page is 4 KiB.
 */
#include "again.h"
#include "hakmem_tiers.h"
#include "options/options.h"
#include "test.h"

enum { MOST_BYTES = 8 * 1024 * 1024 };

static void check_fit(size_t bytes) {
    size_t least = hak_pages_for(bytes), allowed = bytes * hak_options.wmax_large / 1000000;
    size_t cut = span_cut_pages(bytes, least), whole = span_whole_pages(bytes, least);
    CHECK_MSG(cut >= least && whole >= cut, "%zu bytes, %zu pages: %zu, %zu", bytes, least, cut,
              whole);
    if (bytes > MOST_BYTES) {
        CHECK_MSG(cut == least && whole == least, "%zu bytes: %zu, %zu of %zu", bytes, cut, whole,
                  least);
        return;
    }
    /* The next longer of the eight lengths would be too long, each of these is not. */
    size_t most_cut = bytes + (allowed - bytes) * 2 / 3, lengths[] = {cut, whole};
    size_t most[] = {most_cut, allowed};
    for (int i = 0; i < 2; i++) {
        unsigned top = 63 - (unsigned)__builtin_clzl(lengths[i]);
        size_t step = top < 3 ? 1 : (size_t)1 << (top - 3);
        bool is_least = lengths[i] == least;
        CHECK_MSG(is_least || (lengths[i] % step == 0 && lengths[i] << 12 <= most[i]),
                  "%zu bytes: %zu pages of at most %zu bytes", bytes, lengths[i], most[i]);
        CHECK_MSG(((lengths[i] + step) << 12) + 4096 > most[i],
                  "%zu bytes: %zu pages, room for %zu", bytes, lengths[i], most[i]);
    }
}

/* Blocks that differ by 4 % have spans of two neighbouring lengths at most, most of them of one. */
static void check_alike(void) {
    unsigned same = 0, all = 0;
    for (size_t bytes = 256 * KIB; bytes <= 4 * MIB; bytes += 12289, all++) {
        size_t a = span_cut_pages(bytes, hak_pages_for(bytes));
        size_t more = bytes + bytes / 25, b = span_cut_pages(more, hak_pages_for(more));
        CHECK_MSG(b >= a && b <= a + a / 8 + 1, "%zu bytes: %zu, then %zu pages", bytes, a, b);
        same += a == b;
    }
    CHECK_MSG(same > all / 3, "%u of %u", same, all);
}

static int check_all(const char *how) {
    free(malloc(1));
    for (size_t bytes = 64 * KIB; bytes < 12 * MIB; bytes += bytes / 500) {
        check_fit(bytes);
    }
    CHECK_EQ(span_cut_pages(100 * KIB, 1000), 1000); /* what the block needs goes first */
    CHECK_EQ(span_whole_pages(100 * KIB, 1000), 1000);
    if (how[0] == 'w') {
        check_alike();
    }
    return 0;
}

int main(int argc, char **argv) {
    if (argc > 1) {
        return check_all(argv[1]);
    }
    run_again("wide", NULL);
    run_again("wide", "HAKMEM_WMAX_LARGE=1.6");
    run_again("narrow", "HAKMEM_WMAX_LARGE=1.05");
    run_again("narrow", "HAKMEM_WMAX_LARGE=1");
    return 0;
}
