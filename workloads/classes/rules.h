/*
 * rules.h - how others choose block sizes, written anew from their documentation, to be compared.
 *
 * A rule says which block serves a request. It is cut to what the layout accepts, and to the
 * pool's largest block, so that all rules are compared as tables of one allocator: only the
 * spacing differs. jemalloc and mimalloc have four sizes a doubling; above 128 KiB mimalloc rounds
 * to pages and then to 64 KiB. memcached multiplies by 1.25 from 96 bytes, in steps of 8.
 *
 * The greedy method is that of the tool by which scudo's classes are computed: it begins with one
 * class for all, and adds the one that saves most, as long as one does. It is given what the
 * program is given, costs and W_MAX (it begins with the fewest classes that W_MAX allows), so that
 * it is compared at its best. scudo's tool counts requests, caps the waste of a block at two pages,
 * and does not know slabs.
 */
#ifndef WORKLOADS_CLASSES_RULES_H
#define WORKLOADS_CLASSES_RULES_H

#include "classes/program.h"

typedef struct class_rule {
    const char *name;
    uint64_t (*block)(uint64_t bytes);
} class_rule_t;

enum { RULES = 4 };
extern const class_rule_t class_rules[RULES];

/* The classes of a rule that the sizes use; INT64_MAX as cost: not within W_MAX. Free with
 * table_free. */
void rule_apply(const class_problem_t *problem, const class_layout_t *layout,
                const class_rule_t *rule, class_table_t *out);

/* At most `most` classes; false: W_MAX takes more. */
bool greedy_solve(const class_problem_t *problem, uint32_t most, class_table_t *out);

#endif
