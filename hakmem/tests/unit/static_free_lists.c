/*
 * static_free_lists.c - the lists of free spans against a plain array of them: what is found is
 * long enough, there when anything is, and of the shortest that there are, up to 32 pages exactly
 * so; the hint without a lock and the count of pages agree.
 *
 * White box: linked with objects.a; the spans are records alone.
 */
#include "span/free_lists.h"
#include "test.h"

enum { SPANS = 400, STEPS = 60000 };

static hak_free_lists_t lists;
static hak_span_t spans[SPANS];
static bool is_in[SPANS];
static uint64_t state = 1;

/* One to some gigabytes, often of the same length, or one beside a border. */
static size_t random_pages(void) {
    switch (test_random(&state) % 4) {
    case 0:
        return 1 + test_random(&state) % 40;
    case 1:
        return ((size_t)1 << test_random(&state) % 21) + test_random(&state) % 3;
    case 2:
        return ((size_t)36 << test_random(&state) % 15) - test_random(&state) % 2;
    default:
        return 1 + (test_random(&state) & 0xfffff) % 5000;
    }
}

static void check_find(size_t pages) {
    size_t shortest = SIZE_MAX, sum = 0, longest = 0;
    for (int i = 0; i < SPANS; i++) {
        if (is_in[i]) {
            sum += spans[i].pages;
            longest = longest > spans[i].pages ? longest : spans[i].pages;
            if (spans[i].pages >= pages && spans[i].pages < shortest) {
                shortest = spans[i].pages;
            }
        }
    }
    CHECK_EQ(lists.pages, sum);
    const hak_span_t *found = free_lists_find(&lists, pages);
    /* Only a few are looked at of the list in which some may be too short. */
    bool must_be = longest >= pages + pages / 8 + 1 || (shortest != SIZE_MAX && pages <= 32);
    CHECK_MSG(found != NULL || !must_be, "nothing of %zu pages, there are %zu", pages, longest);
    if (found != NULL) {
        CHECK_MSG(is_in[found - spans] && found->pages >= pages, "%zu pages for %zu", found->pages,
                  pages);
        size_t most = shortest <= FREE_LISTS_EXACT ? shortest : shortest + shortest / 4;
        CHECK_MSG(found->pages <= most, "%zu pages for %zu, there are %zu", found->pages, pages,
                  shortest);
    }
    CHECK_MSG(free_lists_may_have(&lists, pages) || shortest == SIZE_MAX, "%zu", pages);
    CHECK_MSG(!free_lists_may_have(&lists, longest + longest / 8 + 1), "%zu", longest);
}

/* The longest length up to a bound, beyond which nothing is looked at. */
static void check_longest(size_t most, size_t least) {
    size_t longest = 0;
    for (int i = 0; i < SPANS; i++) {
        if (is_in[i] && spans[i].pages <= hak_min(most, FREE_LISTS_EXACT)) {
            longest = hak_max(longest, spans[i].pages);
        }
    }
    longest = longest < least ? 0 : longest;
    size_t found = free_lists_longest(&lists, most, least);
    CHECK_MSG(found == longest, "%zu pages of %zu to %zu, there are %zu", found, least, most,
              longest);
}

/* Of one length the last that came goes first. */
static void check_warmest_first(void) {
    static hak_span_t same[3] = {{.pages = 7}, {.pages = 7}, {.pages = 7}};
    hak_free_lists_t own = {.pages = 0};
    for (int i = 0; i < 3; i++) {
        free_lists_push(&own, &same[i]);
    }
    free_lists_pull(&own, &same[1]);
    CHECK(free_lists_find(&own, 7) == &same[2] && free_lists_find(&own, 1) == &same[2]);
    free_lists_pull(&own, &same[2]);
    CHECK(free_lists_find(&own, 7) == &same[0] && free_lists_find(&own, 8) == NULL);
    free_lists_pull(&own, &same[0]);
    CHECK(free_lists_find(&own, 1) == NULL && !free_lists_may_have(&own, 1) && own.pages == 0);
}

int main(void) {
    check_warmest_first();
    for (int step = 0; step < STEPS; step++) {
        size_t i = test_random(&state) % SPANS;
        if (step / (STEPS / 6) % 2 == 1 && test_random(&state) % 4 != 0 && !is_in[i]) {
            continue; /* a time of few spans */
        }
        if (is_in[i]) {
            free_lists_pull(&lists, &spans[i]);
        } else {
            spans[i].pages = random_pages();
            free_lists_push(&lists, &spans[i]);
        }
        is_in[i] = !is_in[i];
        if (step % 16 == 0) {
            check_find(random_pages());
            size_t least = 1 + test_random(&state) % 20;
            check_longest(least + test_random(&state) % 40, least);
        }
    }
    return 0;
}
