/*
 * static_learn_program.c - what HAKMEM_LEARN computes: the table that gains most, against all
 * tables there are on thousands of small random histograms; what a table gains, against each point
 * served by a look at all classes; and the rule of rent or buy, which pays no more than twice what
 * is paid by who knows how long it lasts, and does not move for what is within the samples' error.
 *
 * White box: linked with objects.a.
 */
#include "learn/ledger.h"
#include "learn/program.h"
#include "test.h"

enum { MOST_POINTS = 11, CASES = 6000 };

static uint64_t seed = 1;

static unsigned below(unsigned end) {
    return (unsigned)(test_random(&seed) % end);
}

/* Classes that there are every few points; prices from nothing to more than anything can gain. */
static unsigned make_points(hak_size_point_t *points) {
    unsigned count = 1 + below(MOST_POINTS), scale = 1 + below(300);
    uint32_t block = 1024 + 16 * below(100);
    for (unsigned i = 0; i < count; i++) {
        points[i] = (hak_size_point_t){.block_bytes = block,
                                       .price_bytes = below(40) * scale,
                                       .weight = below(4) == 0 ? 0 : below(2000)};
        block += 16 * (1 + below(20));
    }
    uint32_t served = points[count - 1].block_bytes + 16 * below(30);
    for (unsigned i = count; i-- > 0;) {
        if (below(4) == 0 || served < points[i].block_bytes) {
            served = points[i].block_bytes + (below(3) == 0 ? 0 : 16 * below(8));
        }
        if (i + 1 < count && served > points[i + 1].served_bytes) {
            served = points[i + 1].served_bytes;
        }
        points[i].served_bytes = served;
    }
    return count;
}

/* Each point served by the smallest class of all that holds it. */
static int64_t gain_by_hand(const hak_size_point_t *points, unsigned count, unsigned set) {
    int64_t gain = 0;
    for (unsigned i = 0; i < count; i++) {
        uint32_t smallest = points[i].served_bytes;
        for (unsigned j = i; j < count; j++) {
            if ((set >> j & 1) != 0 && points[j].block_bytes < smallest) {
                smallest = points[j].block_bytes;
            }
        }
        gain += (int64_t)(points[i].served_bytes - smallest) * points[i].weight;
        gain -= (set >> i & 1) != 0 ? (int64_t)points[i].price_bytes * PROGRAM_WEIGHT_ONE : 0;
    }
    return gain / PROGRAM_WEIGHT_ONE;
}

static void check_case(unsigned number, unsigned *tables) {
    hak_size_point_t points[MOST_POINTS];
    uint16_t chosen[PROGRAM_CLASSES];
    unsigned count = make_points(points), most = below(5);
    int64_t best = 0;
    for (unsigned set = 0; set < 1u << count; set++) {
        if ((unsigned)__builtin_popcount(set) <= most) {
            int64_t gain = gain_by_hand(points, count, set);
            best = gain > best ? gain : best;
        }
    }
    unsigned chosen_count = program_solve(points, count, most, chosen), set = 0;
    CHECK_MSG(chosen_count <= most, "case %u: %u of %u", number, chosen_count, most);
    for (unsigned i = 0; i < chosen_count; i++) {
        CHECK(chosen[i] < count && (i == 0 || chosen[i] > chosen[i - 1]));
        set |= 1u << chosen[i];
    }
    CHECK_MSG(gain_by_hand(points, count, set) == best, "case %u: %lld of %lld", number,
              (long long)gain_by_hand(points, count, set), (long long)best);
    CHECK_EQ(program_gain(points, count, chosen, chosen_count), best);
    *tables += chosen_count > 1;
}

/* A full table of points, all to be had for nothing: as many classes as there may be. */
static void check_full(void) {
    static hak_size_point_t points[PROGRAM_POINTS];
    uint16_t chosen[PROGRAM_CLASSES];
    for (unsigned i = 0; i < PROGRAM_POINTS; i++) {
        points[i] = (hak_size_point_t){1024 + 16 * i, 1024 + 16 * (i / 4 * 4 + 4), 0, 16};
    }
    CHECK_EQ(program_solve(points, PROGRAM_POINTS, PROGRAM_CLASSES, chosen), PROGRAM_CLASSES);
    CHECK_EQ(program_solve(points, PROGRAM_POINTS, 0, chosen), 0);
    CHECK_EQ(program_solve(points, 0, PROGRAM_CLASSES, chosen), 0);
}

/* A mixture of sizes that lasts for some looks: the change is made at one of them, or never. Who
 * knows how long it lasts pays the price at once, or all of the rent. */
static unsigned check_rent(void) {
    hak_ledger_t ledger = {0};
    uint64_t least = LEDGER_LEAST_BYTES, price = least * (1 + below(60)), rent = 0, paid = 0;
    unsigned looks = 1 + below(80);
    bool changed = false;
    for (unsigned i = 0; i < looks; i++) {
        uint64_t regret = least * (1 + below(9));
        rent += regret;
        if (!changed && ledger_note(&ledger, regret, 0, price)) {
            changed = true;
            paid += price;
        }
        paid += changed ? 0 : regret;
    }
    uint64_t best = rent < price ? rent : price;
    CHECK_MSG(paid < 2 * best || (rent < price && paid == rent), "%llu of %llu",
              (unsigned long long)paid, (unsigned long long)best);
    CHECK_EQ(changed, rent >= price);
    return changed;
}

static void check_hysteresis(void) {
    hak_ledger_t ledger = {0};
    uint64_t live = 256 * MIB;
    for (unsigned i = 0; i < 1000; i++) {
        CHECK(!ledger_note(&ledger, LEDGER_LEAST_BYTES - 1, 0, 1));
        CHECK(!ledger_note(&ledger, live / LEDGER_LIVE_SHARE - 1, live, 1));
    }
    CHECK(!ledger_note(&ledger, live / LEDGER_LIVE_SHARE, live, 2 * MIB));
    CHECK(ledger_note(&ledger, live / LEDGER_LIVE_SHARE, live, 2 * MIB));
    ledger_start_again(&ledger);
    CHECK(!ledger_note(&ledger, 2 * MIB - 1, live, 2 * MIB)); /* nothing is left of before */
    CHECK(ledger_note(&ledger, live / LEDGER_LIVE_SHARE, live, 2 * MIB));
}

int main(void) {
    unsigned tables = 0, changed = 0;
    for (unsigned i = 0; i < CASES; i++) {
        check_case(i, &tables);
        changed += check_rent();
    }
    CHECK_MSG(tables > CASES / 5 && changed > CASES / 5 && changed < CASES, "%u, %u", tables,
              changed);
    check_full();
    check_hysteresis();
    return 0;
}
