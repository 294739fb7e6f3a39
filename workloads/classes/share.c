/*
 * share.c - see share.h.
 */
#include "classes/share.h"

static bool has_sizes(const share_pool_t *pool) {
    return pool->problem->count > 0 && pool->problem->last > 0;
}

double share_unit(const share_pool_t *pools, unsigned count) {
    double unit = 0;
    for (unsigned i = 0; i < count; i++) {
        if (pools[i].problem->count > 0 && (unit == 0 || pools[i].problem->unit < unit))
            unit = pools[i].problem->unit;
    }
    return unit;
}

/* Units are powers of two. */
static share_cost_t in_unit(const share_pool_t *pool, int64_t cost, double unit) {
    return (share_cost_t)cost * (share_cost_t)(pool->problem->unit / unit);
}

static uint32_t least(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

/* Two pools with sizes. */
static share_cost_t divide(const share_pool_t *pools, uint32_t most, double unit,
                           uint32_t *shares) {
    int64_t costs[POOLS_MOST][TABLE_MOST + 1];
    share_cost_t best = SHARE_NONE;
    most = least(most, 2 * TABLE_MOST);
    for (unsigned i = 0; i < POOLS_MOST; i++)
        table_costs(pools[i].problem, least(most, least(pools[i].classes_most, TABLE_MOST)),
                    costs[i]);
    for (uint32_t k = 1; k < most; k++) {
        uint32_t first = least(k, least(pools[0].classes_most, TABLE_MOST));
        uint32_t second = least(most - k, least(pools[1].classes_most, TABLE_MOST));
        if (costs[0][first] == STATE_NONE || costs[1][second] == STATE_NONE)
            continue;
        share_cost_t cost =
            in_unit(&pools[0], costs[0][first], unit) + in_unit(&pools[1], costs[1][second], unit);
        if (cost < best) {
            best = cost;
            shares[0] = first;
            shares[1] = second;
        }
    }
    return best;
}

share_cost_t share_classes(const share_pool_t *pools, unsigned count, uint32_t most,
                           uint32_t *shares) {
    double unit = share_unit(pools, count);
    share_cost_t sum = 0;
    uint32_t classes = 0;
    unsigned in_use = 0;
    for (unsigned i = 0; i < count; i++) {
        shares[i] = 0;
        if (!has_sizes(&pools[i]))
            continue;
        uint32_t alone = most == 0 ? pools[i].classes_most : least(most, pools[i].classes_most);
        int64_t cost = table_least(pools[i].problem, alone, &shares[i]);
        if (cost == STATE_NONE)
            return SHARE_NONE;
        sum += in_unit(&pools[i], cost, unit);
        classes += shares[i];
        in_use++;
    }
    return most == 0 || classes <= most || in_use < 2 ? sum : divide(pools, most, unit, shares);
}
