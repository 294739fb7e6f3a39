/* program.c - see program.h. Its tables are static: malloc has 1 KiB of stack. */
#include "program.h"

/* In sixteenths of a byte, as all below. */
static int64_t gain_of(const hak_size_point_t *point, uint32_t block_bytes) {
    return point->served_bytes > block_bytes
               ? (int64_t)(point->served_bytes - block_bytes) * point->weight
               : 0;
}

static int64_t price_of(const hak_size_point_t *point) {
    return (int64_t)point->price_bytes * PROGRAM_WEIGHT_ONE;
}

int64_t program_gain(const hak_size_point_t *points, unsigned count, const uint16_t *chosen,
                     unsigned chosen_count) {
    int64_t gain = 0;
    unsigned at = 0;
    for (unsigned i = 0; i < count && at < chosen_count; i++) {
        const hak_size_point_t *class = &points[chosen[at]];
        gain += gain_of(&points[i], class->block_bytes);
        if (i == chosen[at]) {
            gain -= price_of(class);
            at++;
        }
    }
    return gain / PROGRAM_WEIGHT_ONE;
}

#define NO_CLASS UINT16_MAX

/* Of tables whose largest class is i, and of those whose classes are among the first i points. */
HAK_APART static struct {
    int64_t ending[PROGRAM_POINTS];
    int64_t within[2][PROGRAM_POINTS + 1];            /* of k - 1 and of k classes, by k's parity */
    uint16_t last[2][PROGRAM_POINTS + 1];             /* the largest class of those */
    uint16_t before[PROGRAM_CLASSES][PROGRAM_POINTS]; /* the next smaller class; NO_CLASS: none */
} work;

/* The best table of at most k classes that ends in point i. */
static void end_in(const hak_size_point_t *points, unsigned k, unsigned i) {
    const int64_t *within = work.within[(k - 1) % 2];
    const uint16_t *last = work.last[(k - 1) % 2];
    uint32_t block_bytes = points[i].block_bytes;
    int64_t gain = 0, best = INT64_MIN;
    for (unsigned j = i + 1; j-- > 0;) { /* the classes before it are among the first j points */
        gain += gain_of(&points[j], block_bytes);
        if (within[j] + gain > best) {
            best = within[j] + gain;
            work.before[k - 1][i] = last[j];
        }
        if (points[j].served_bytes <= block_bytes) {
            break;
        }
    }
    work.ending[i] = best - price_of(&points[i]);
}

unsigned program_solve(const hak_size_point_t *points, unsigned count, unsigned most,
                       uint16_t chosen[PROGRAM_CLASSES]) {
    unsigned best_k = 0, best_last = NO_CLASS;
    int64_t best = 0;
    for (unsigned j = 0; j <= count; j++) {
        work.within[0][j] = 0;
        work.last[0][j] = NO_CLASS;
    }
    for (unsigned k = 1; k <= most && k <= best_k + 1; k++) {
        int64_t *within = work.within[k % 2];
        uint16_t *last = work.last[k % 2];
        within[0] = 0;
        last[0] = NO_CLASS;
        for (unsigned i = 0; i < count; i++) {
            end_in(points, k, i);
            bool is_better = work.ending[i] > within[i];
            within[i + 1] = is_better ? work.ending[i] : within[i];
            last[i + 1] = is_better ? (uint16_t)i : last[i];
        }
        if (within[count] > best) {
            best = within[count];
            best_k = k;
            best_last = last[count];
        }
    }
    unsigned chosen_count = 0;
    for (unsigned k = best_k, at = best_last; at != NO_CLASS; k--) {
        chosen[chosen_count++] = (uint16_t)at;
        at = work.before[k - 1][at];
    }
    for (unsigned i = 0; i < chosen_count / 2; i++) {
        uint16_t class = chosen[i];
        chosen[i] = chosen[chosen_count - 1 - i];
        chosen[chosen_count - 1 - i] = class;
    }
    return chosen_count;
}
