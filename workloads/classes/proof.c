/*
 * proof.c - see proof.h.
 */
#include "classes/proof.h"

#define PAIRS_MOST (UINT64_C(1) << 30)

bool proof_is_affordable(const class_problem_t *problem, uint32_t layers) {
    return (uint64_t)problem->count * problem->count / 2 * layers <= PAIRS_MOST;
}

/* May a class at this place serve the place's own sizes? */
static bool is_within(const class_problem_t *problem, uint32_t at, uint32_t sizes_at) {
    uint64_t least = problem->places[sizes_at].least_bytes;
    return problem->wmax == CLASS_NO_BOUND || least == 0 ||
           (unsigned __int128)problem->places[at].block_bytes * CLASS_RATIO_ONE <=
               (unsigned __int128)least * problem->wmax;
}

/* By how much the steps to a state undercut its value, at most. */
static int64_t undercut(const class_problem_t *problem, const int64_t *before, int64_t value,
                        uint32_t to) {
    int64_t most = 0;
    for (uint32_t from = to; from-- > 0 && is_within(problem, to, from + 1);) {
        if (before[from] == STATE_NONE)
            continue;
        if (value == STATE_NONE)
            return STATE_NONE;
        int64_t less = value - before[from] - problem_cost(problem, from, to);
        most = less > most ? less : most;
    }
    return most;
}

int64_t proof_all_pairs(const class_problem_t *problem, const int64_t *const *rows, uint32_t layers,
                        uint32_t steps, int64_t cost) {
    __int128 bound = cost;
    for (uint32_t i = problem->last; i <= problem->count; i++)
        bound = rows[layers][i] < bound ? rows[layers][i] : bound;
    for (uint32_t k = 1; k <= layers; k++) {
        int64_t most = 0;
        for (uint32_t i = 1; i <= problem->count; i++) {
            int64_t less = undercut(problem, rows[k - 1], rows[k][i], i);
            /* and a path may do without a class in this layer */
            if (rows[k] != rows[k - 1] && rows[k - 1][i] < rows[k][i])
                less = STATE_NONE;
            most = less > most ? less : most;
        }
        bound -= (__int128)most * (rows[k] == rows[k - 1] ? steps : 1);
    }
    return bound < INT64_MIN ? INT64_MIN : (int64_t)bound;
}

int64_t table_evaluate(const class_problem_t *problem, const uint32_t *places, uint32_t count) {
    int64_t cost = 0;
    uint32_t class_at = 0, charged = UINT32_MAX;
    for (uint32_t i = 1; i <= problem->count; i++) {
        int64_t weight = problem->weights[i] - problem->weights[i - 1];
        if (weight == 0)
            continue;
        while (class_at < count && places[class_at] < i)
            class_at++;
        if (class_at == count || !is_within(problem, places[class_at], i))
            return INT64_MAX;
        const class_place_t *place = &problem->places[places[class_at]];
        cost += place->block_cost * weight - (problem->useful[i] - problem->useful[i - 1]);
        if (charged != class_at)
            cost += place->class_cost;
        charged = class_at;
    }
    return cost;
}

uint32_t table_fewest(const class_problem_t *problem, uint32_t *places, uint64_t *misfit) {
    uint32_t count = 0;
    for (uint32_t served = 0; served < problem->last;) {
        uint32_t next = served + 1;
        while (problem->places[next].least_bytes == 0)
            next++;
        uint32_t at = next - 1;
        while (at < problem->count && is_within(problem, at + 1, next))
            at++;
        if (at < next) {
            if (misfit != NULL)
                *misfit = problem->places[next].least_bytes;
            return 0;
        }
        places[count++] = served = at;
    }
    return count;
}
