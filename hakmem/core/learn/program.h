/*
 * program.h - which classes to add to those that there are, so that blocks waste least: the exact
 * answer for a histogram of sizes, for HAKMEM_LEARN. Pure functions; one caller at a time.
 *
 * A point is a size that the program asks for: a class of block_bytes would fit it, and a class of
 * served_bytes serves it if none is added. Each request goes to the smallest class that holds it.
 * So a table of added classes gains, for each point, weight x (served - block of the smallest added
 * class that is no smaller than the point), where that is smaller than served; and each added class
 * costs its price. That is the one-sided k-median on a line, with the classes that there are as
 * facilities that are open for nothing (workloads/classes/program.h has it without these).
 *
 * best(k, i) = max over j < i of best(k - 1, j) + gain of the points j + 1 ... i - price(i). Points
 * that are served by a block no larger than that of i add nothing, so j need not go below them:
 * with classes eight to a doubling and 32 points a doubling that is four steps, and all of it O(k
 * n).
 */
#ifndef HAK_PROGRAM_H
#define HAK_PROGRAM_H

#include "../base/base.h"

enum { PROGRAM_POINTS = 1440, PROGRAM_CLASSES = 16 };

typedef struct hak_size_point {
    uint32_t block_bytes;  /* ascending, all different */
    uint32_t served_bytes; /* ascending, and no less than block_bytes */
    uint32_t price_bytes;  /* of a class of block_bytes */
    uint32_t weight;       /* blocks, in sixteenths */
} hak_size_point_t;
enum { PROGRAM_WEIGHT_ONE = 16 };

/* What a table of added classes gains, in bytes: indices of points, ascending. */
int64_t program_gain(const hak_size_point_t *points, unsigned count, const uint16_t *chosen,
                     unsigned chosen_count);

/* The table that gains most, of at most `most` classes (PROGRAM_CLASSES at most); how many. Of two
 * as good ones that of fewer classes. */
unsigned program_solve(const hak_size_point_t *points, unsigned count, unsigned most,
                       uint16_t chosen[PROGRAM_CLASSES]);

#endif
