/*
 * program.c - see program.h.
 */
#include "classes/program.h"

#include "classes/envelope.h"
#include "classes/proof.h"
#include "common/arena.h"

#include <string.h>

typedef struct program {
    const class_problem_t *problem;
    uint32_t count;
    uint32_t *first;          /* by place: where its window begins */
    int64_t *best;            /* by place, over the part of its window up to the pivot … */
    uint32_t *best_from;      /* … and from where */
    envelope_t below, behind; /* the pivot */
    int64_t price;            /* of a class, beside its cost */
} program_t;

static void program_open(const class_problem_t *problem, program_t *out) {
    size_t states = (size_t)problem->count + 1;
    *out = (program_t){.problem = problem, .count = problem->count};
    out->first = arena_alloc(states, sizeof *out->first);
    out->best = arena_alloc(states, sizeof *out->best);
    out->best_from = arena_alloc(states, sizeof *out->best_from);
    out->below.lines = arena_alloc(states, sizeof(envelope_line_t));
    out->behind.lines = arena_alloc(states, sizeof(envelope_line_t));
    problem_windows(problem, out->first);
}

static void program_close(program_t *program) {
    size_t states = (size_t)program->count + 1;
    arena_free(program->first, states, sizeof *program->first);
    arena_free(program->best, states, sizeof *program->best);
    arena_free(program->best_from, states, sizeof *program->best_from);
    arena_free(program->below.lines, states, sizeof(envelope_line_t));
    arena_free(program->behind.lines, states, sizeof(envelope_line_t));
}

static void clear(envelope_t *envelope) {
    envelope->count = 0;
    envelope->last = 0;
}

/* The part of the windows of [start, end) up to the pivot: from the last place back, since its
 * window begins last. Both axes are turned round, so that lines are added by ascending slope. */
static void look_below(program_t *program, const int64_t *before, uint32_t start, uint32_t end) {
    const class_problem_t *problem = program->problem;
    uint32_t next = start; /* lines at and behind it are there */
    clear(&program->below);
    for (uint32_t i = end; i-- > start;) {
        for (; next > program->first[i]; next--) {
            uint32_t j = next - 1;
            if (before[j] != STATE_NONE)
                envelope_add(&program->below, before[j] + problem->useful[j], -problem->weights[j],
                             j);
        }
        program->best[i] = STATE_NONE;
        if (program->below.count == 0)
            continue;
        int64_t x = -problem->places[i].block_cost;
        const envelope_line_t *line = envelope_lowest(&program->below, x);
        program->best[i] = envelope_value(line, x);
        program->best_from[i] = line->name;
    }
}

/* The whole windows; `after` may be `before`. */
static void look_behind(program_t *program, const int64_t *before, int64_t *after, uint32_t *from,
                        uint32_t start, uint32_t end) {
    const class_problem_t *problem = program->problem;
    clear(&program->behind);
    for (uint32_t i = start; i < end; i++) {
        int64_t x = problem->places[i].block_cost, best = program->best[i];
        if (i > start && before[i - 1] != STATE_NONE)
            envelope_add(&program->behind, before[i - 1] + problem->useful[i - 1],
                         problem->weights[i - 1], i - 1);
        from[i] = program->best_from[i];
        if (program->behind.count > 0) {
            const envelope_line_t *line = envelope_lowest(&program->behind, x);
            if (envelope_value(line, x) < best) {
                best = envelope_value(line, x);
                from[i] = line->name;
            }
        }
        if (best != STATE_NONE)
            best += x * problem->weights[i] - problem->useful[i] + problem->places[i].class_cost +
                    program->price;
        after[i] = best;
    }
}

/* after[i] = min over j of before[j] + cost(j, i). */
static void layer(program_t *program, const int64_t *before, int64_t *after, uint32_t *from) {
    for (uint32_t start = 1, end; start <= program->count; start = end) {
        for (end = start; end <= program->count && program->first[end] < start;)
            end++;
        if (end == start) { /* no block within W_MAX for the place's own sizes */
            after[start] = STATE_NONE;
            end++;
            continue;
        }
        look_below(program, before, start, end);
        look_behind(program, before, after, from, start, end);
    }
}

/* The cheapest state that serves every size. */
static uint32_t end_of(const class_problem_t *problem, const int64_t *values) {
    uint32_t best = problem->last;
    for (uint32_t i = problem->last; i <= problem->count; i++) {
        if (values[i] < values[best])
            best = i;
    }
    return best;
}

static void reverse(uint32_t *places, uint32_t count) {
    for (uint32_t i = 0; i < count / 2; i++) {
        uint32_t place = places[i];
        places[i] = places[count - 1 - i];
        places[count - 1 - i] = place;
    }
}

/* ---- any number of classes ---- */

static int64_t solve_free(program_t *program, int64_t *values, uint32_t *from) {
    values[0] = 0;
    layer(program, values, values, from);
    return values[end_of(program->problem, values)];
}

static void prove_free(const class_problem_t *problem, const int64_t *values, class_table_t *out) {
    const int64_t *rows[2] = {values, values};
    if (!proof_is_affordable(problem, 1))
        return;
    out->proof = PROOF_ALL_PAIRS;
    out->bound = proof_all_pairs(problem, rows, 1, problem->count, out->cost);
}

/* How many classes lead to a state. */
static uint32_t count_steps(const uint32_t *from, uint32_t end) {
    uint32_t count = 0;
    for (uint32_t i = end; i != 0; i = from[i])
        count++;
    return count;
}

/* false: it takes more than `most` classes. */
static bool try_free(program_t *program, uint32_t most, class_table_t *out) {
    const class_problem_t *problem = program->problem;
    size_t states = (size_t)problem->count + 1;
    int64_t *values = arena_alloc(states, sizeof *values);
    uint32_t *from = arena_alloc(states, sizeof *from);
    out->cost = solve_free(program, values, from);
    uint32_t end = end_of(problem, values);
    uint32_t count = out->cost == STATE_NONE ? 0 : count_steps(from, end);
    bool good = out->cost == STATE_NONE || count <= most;
    if (good && out->cost != STATE_NONE) {
        out->places = arena_alloc(count, sizeof *out->places);
        for (uint32_t i = end; i != 0; i = from[i])
            out->places[out->count++] = i;
        reverse(out->places, out->count);
        prove_free(problem, values, out);
    }
    arena_free(values, states, sizeof *values);
    arena_free(from, states, sizeof *from);
    return good;
}

/* ---- at most so many ---- */

typedef struct layers {
    int64_t *rows[TABLE_MOST + 1]; /* all, or the same two in turn */
    uint32_t *from;                /* [layer x states + state]; the state itself: no class */
    size_t states;
    uint32_t most;
    bool keeps_all;
} layers_t;

static void layers_open(const class_problem_t *problem, uint32_t most, bool keeps_all,
                        layers_t *out) {
    *out = (layers_t){.states = (size_t)problem->count + 1, .most = most, .keeps_all = keeps_all};
    out->from = arena_alloc(out->states * (most + 1), sizeof *out->from);
    for (uint32_t k = 0; k <= most; k++)
        out->rows[k] =
            k < 2 || out->keeps_all ? arena_alloc(out->states, sizeof(int64_t)) : out->rows[k - 2];
    for (uint32_t i = 1; i < out->states; i++)
        out->rows[0][i] = STATE_NONE;
}

static void layers_close(layers_t *layers) {
    arena_free(layers->from, layers->states * (layers->most + 1), sizeof *layers->from);
    for (uint32_t k = 0; k <= layers->most && (k < 2 || layers->keeps_all); k++)
        arena_free(layers->rows[k], layers->states, sizeof(int64_t));
}

/* One class more, or none: the least cost of all sizes. */
static int64_t add_layer(program_t *program, layers_t *layers, uint32_t k) {
    const int64_t *before = layers->rows[k - 1];
    int64_t *after = layers->rows[k];
    uint32_t *from = layers->from + k * layers->states;
    layer(program, before, after, from);
    after[0] = 0;
    for (uint32_t i = 0; i < layers->states; i++) {
        if (before[i] <= after[i]) {
            after[i] = before[i];
            from[i] = i;
        }
    }
    return after[end_of(program->problem, after)];
}

static void read_layers(const class_problem_t *problem, const layers_t *layers,
                        class_table_t *out) {
    uint32_t k = layers->most, i = end_of(problem, layers->rows[k]);
    out->places = arena_alloc(layers->most, sizeof *out->places);
    for (; i != 0; k--) {
        uint32_t from = layers->from[k * layers->states + i];
        if (from != i)
            out->places[out->count++] = i;
        i = from;
    }
    reverse(out->places, out->count);
    out->places = arena_grow(out->places, layers->most, out->count, sizeof *out->places);
}

/* With the price that one more class would have saved, a table of any number of classes is as
 * cheap as one of at most `most`, where savings fall with the number. Whether they do or not, it
 * bounds it. */
static void prove_by_price(program_t *program, int64_t one_less, uint32_t most,
                           class_table_t *out) {
    size_t states = (size_t)program->count + 1;
    if (one_less == STATE_NONE)
        return;
    int64_t *values = arena_alloc(states, sizeof *values);
    uint32_t *from = arena_alloc(states, sizeof *from);
    int64_t price = one_less - out->cost, dearest = (INT64_C(1) << 60) / (most + 1);
    program->price = price < dearest ? price : dearest;
    out->bound = solve_free(program, values, from) - program->price * most;
    out->proof = PROOF_LAGRANGE;
    program->price = 0;
    arena_free(values, states, sizeof *values);
    arena_free(from, states, sizeof *from);
}

static void solve_layers(program_t *program, uint32_t most, class_table_t *out) {
    const class_problem_t *problem = program->problem;
    layers_t layers;
    int64_t one_less = STATE_NONE;
    layers_open(problem, most, proof_is_affordable(problem, most), &layers);
    for (uint32_t k = 1; k <= most; k++) {
        one_less = out->cost;
        out->cost = add_layer(program, &layers, k);
    }
    if (most == 1)
        one_less = STATE_NONE;
    if (out->cost != STATE_NONE) {
        read_layers(problem, &layers, out);
        if (layers.keeps_all) {
            out->proof = PROOF_ALL_PAIRS;
            out->bound = proof_all_pairs(problem, (const int64_t *const *)layers.rows, most, most,
                                         out->cost);
        } else {
            prove_by_price(program, one_less, most, out);
        }
    }
    layers_close(&layers);
}

/* Where a class costs nothing the best table may have some that serve nothing. */
static void drop_idle(const class_problem_t *problem, class_table_t *table) {
    uint32_t kept = 0, before = 0;
    for (uint32_t t = 0; t < table->count; t++) {
        uint32_t place = table->places[t];
        if (problem->weights[place] != problem->weights[before])
            table->places[kept++] = place;
        before = place;
    }
    table->places = arena_grow(table->places, table->count, kept, sizeof *table->places);
    table->count = kept;
}

bool table_solve(const class_problem_t *problem, uint32_t most, class_table_t *out) {
    program_t program;
    memset(out, 0, sizeof *out);
    most = most > TABLE_MOST ? TABLE_MOST : most;
    program_open(problem, &program);
    if (!try_free(&program, most, out))
        solve_layers(&program, most, out);
    out->looks = program.below.looks + program.behind.looks;
    program_close(&program);
    if (out->cost == STATE_NONE)
        return false;
    drop_idle(problem, out);
    out->evaluated = table_evaluate(problem, out->places, out->count);
    return true;
}

/* Of at most so many classes, where it is known that any number takes more. */
static int64_t least_of_layers(program_t *program, uint32_t most) {
    layers_t layers;
    int64_t cost = STATE_NONE;
    layers_open(program->problem, most, false, &layers);
    for (uint32_t k = 1; k <= most; k++)
        cost = add_layer(program, &layers, k);
    layers_close(&layers);
    return cost;
}

int64_t table_least(const class_problem_t *problem, uint32_t most, uint32_t *count) {
    program_t program;
    size_t states = (size_t)problem->count + 1;
    int64_t *values = arena_alloc(states, sizeof *values);
    uint32_t *from = arena_alloc(states, sizeof *from);
    most = most > TABLE_MOST ? TABLE_MOST : most;
    program_open(problem, &program);
    int64_t cost = problem->last == 0 ? 0 : solve_free(&program, values, from);
    *count =
        cost == STATE_NONE || problem->last == 0 ? 0 : count_steps(from, end_of(problem, values));
    if (*count > most) {
        *count = most;
        cost = least_of_layers(&program, most);
    }
    program_close(&program);
    arena_free(values, states, sizeof *values);
    arena_free(from, states, sizeof *from);
    return cost;
}

void table_costs(const class_problem_t *problem, uint32_t most, int64_t *costs) {
    program_t program;
    layers_t layers;
    program_open(problem, &program);
    layers_open(problem, most, false, &layers);
    for (uint32_t k = 1; k <= most; k++)
        costs[k] = add_layer(&program, &layers, k);
    layers_close(&layers);
    program_close(&program);
}

void table_free(class_table_t *table) {
    if (table->places != NULL)
        arena_free(table->places, table->count, sizeof *table->places);
    *table = (class_table_t){.count = 0};
}
