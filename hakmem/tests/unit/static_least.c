/*
 * static_least.c - what of idle memory was not needed for an interval, or since the heap grew,
 * against a record of all levels: whoever asks often is told the least of the last interval, and
 * who asks late the least since then. What was told is gone, and is not told again.
 *
 * White box: linked with objects.a, of which it needs nothing.
 */
#include "base/least.h"
#include "test.h"

enum { STEPS = 20000, MOST_LEVEL = 1000 };

static hak_least_t least;
static size_t levels[STEPS];  /* at each moment, without what went since */
static unsigned parts[STEPS]; /* when */
static size_t count, grown_at, level;
static unsigned part;
static uint64_t state = 9;

static void note(void) {
    least_note(&least, level);
    levels[count] = level;
    parts[count++] = part;
}

static void check_due(size_t due, size_t expected, const char *what) {
    CHECK_MSG(due == expected, "%s, part %u: %zu of %zu, expected %zu", what, part, due, level,
              expected);
    level -= due;
    for (size_t i = 0; i < count; i++) {
        levels[i] -= hak_min(levels[i], due);
    }
}

/* Of what was since the last question is not known when it was: up to the end. */
static void pass(unsigned passed) {
    for (size_t i = count; i-- > 0 && parts[i] == part;) {
        parts[i] = part + passed - 1;
    }
    part += passed;
}

static void ask_by_time(unsigned passed) {
    unsigned from = part < LEAST_PARTS ? 0 : part - LEAST_PARTS;
    size_t expected = part < LEAST_PARTS ? 0 : level; /* it began with nothing idle */
    for (size_t i = 0; i < count; i++) {
        expected = parts[i] >= from && parts[i] < part ? hak_min(expected, levels[i]) : expected;
    }
    check_due(least_due(&least, level, passed), expected, "by time");
    note();
}

static void ask_by_growth(void) {
    size_t expected = level;
    for (size_t i = grown_at; i < count; i++) {
        expected = hak_min(expected, levels[i]);
    }
    check_due(least_due(&least, level, LEAST_GROWTH), expected, "by growth");
    grown_at = count;
    note();
}

static void move(void) {
    switch (test_random(&state) % 4) {
    case 0:
        level += test_random(&state) % (MOST_LEVEL - level + 1);
        break;
    case 1:
        level -= test_random(&state) % (level + 1);
        break;
    default: /* as most of the time: a little */
        level -= test_random(&state) % (level / 16 + 1);
        break;
    }
    note();
}

int main(void) {
    note();
    while (count + 2 < STEPS) {
        for (uint64_t moves = test_random(&state) % 6; moves > 0 && count + 2 < STEPS; moves--) {
            move();
        }
        if (test_random(&state) % 8 == 0) {
            ask_by_growth();
        } else {
            unsigned passed = test_random(&state) % 32 == 0 ? LEAST_PARTS : 1;
            pass(passed);
            ask_by_time(passed);
        }
    }
    CHECK_EQ(least_due(&least, level, LEAST_ALL), level);
    CHECK_EQ(least_due(&least, 0, LEAST_PARTS), 0);
    return 0;
}
