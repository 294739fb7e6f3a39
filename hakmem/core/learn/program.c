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

/* By point, so that few points take few pages: of tables whose largest class is point i; and of
 * those whose classes are among the first i points, of k - 1 and of k classes, by k's parity. */
HAK_APART static struct {
    int64_t ending, within[2];
    uint16_t last[2];                 /* the largest class of those within */
    uint16_t before[PROGRAM_CLASSES]; /* the next smaller class; NO_CLASS: none */
    bool pays;                        /* alone: beside others a class gains no more than that */
} work[PROGRAM_POINTS + 1];

/* The best table of at most k classes that ends in point i. */
static void end_in(const hak_size_point_t *points, unsigned k, unsigned i) {
    uint32_t block_bytes = points[i].block_bytes;
    int64_t gain = 0, best = INT64_MIN;
    for (unsigned j = i + 1; j-- > 0;) { /* the classes before it are among the first j points */
        gain += gain_of(&points[j], block_bytes);
        if (work[j].within[(k - 1) % 2] + gain > best) {
            best = work[j].within[(k - 1) % 2] + gain;
            work[i].before[k - 1] = work[j].last[(k - 1) % 2];
        }
        if (points[j].served_bytes <= block_bytes) {
            break;
        }
    }
    work[i].ending = best - price_of(&points[i]);
}

unsigned program_solve(const hak_size_point_t *points, unsigned count, unsigned most,
                       uint16_t chosen[PROGRAM_CLASSES]) {
    unsigned best_k = 0, best_last = NO_CLASS;
    int64_t best = 0;
    for (unsigned j = 0; j <= count; j++) {
        work[j].within[0] = 0;
        work[j].last[0] = NO_CLASS;
    }
    for (unsigned k = 1; k <= most && k <= best_k + 1; k++) {
        unsigned now = k % 2;
        work[0].within[now] = 0;
        work[0].last[now] = NO_CLASS;
        for (unsigned i = 0; i < count; i++) {
            if (k == 1 || work[i].pays) {
                end_in(points, k, i);
            }
            work[i].pays = k == 1 ? work[i].ending > 0 : work[i].pays;
            bool is_better = work[i].pays && work[i].ending > work[i].within[now];
            work[i + 1].within[now] = is_better ? work[i].ending : work[i].within[now];
            work[i + 1].last[now] = is_better ? (uint16_t)i : work[i].last[now];
        }
        if (work[count].within[now] > best) {
            best = work[count].within[now];
            best_k = k;
            best_last = work[count].last[now];
        }
    }
    unsigned chosen_count = 0;
    for (unsigned k = best_k, at = best_last; at != NO_CLASS; k--) {
        chosen[chosen_count++] = (uint16_t)at;
        at = work[at].before[k - 1];
    }
    for (unsigned i = 0; i < chosen_count / 2; i++) {
        uint16_t class = chosen[i];
        chosen[i] = chosen[chosen_count - 1 - i];
        chosen[chosen_count - 1 - i] = class;
    }
    return chosen_count;
}
