/*
 * adviser.c - see adviser.h.
 */
#include "adviser.h"

#include "text.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    FIRST_LAUNCHES = 2,
    WORTHWHILE = 3, /* candidates of an allocator, at least */
    ROUNDS_MOST = 6,
    KEEP_LEAST = 3,
    COMBINATIONS = 6,
    TOGETHER_MOST = 12, /* of an allocator, beside its default: neighbours in time */
    APART_MOST = 5,     /* the same, where they run one after the other */
    CONFIRM_LEAST = 3,
    CONFIRM_MOST = 12,
    KEY_ROOM = 200
};
/* Of the whole budget, for the search; and of what is left of that, for each of its rounds. */
static const double search_share = 0.45;
static const double first_share = 0.1; /* a second first launch, if one took less of it */
static const double short_share = 0.7; /* of the first, where not all allocators get a fair try */
static const double round_share[ROUNDS_MOST] = {0.45, 0.5, 0.5, 0.6, 0.8, 1};
/* A part of the memory there is. */
static const double memory_share = 0.5;

/* ---- cells ---- */

const workload_t *adviser_part(const adviser_t *adviser, size_t part) {
    return part == PART_WHOLE ? adviser->parts.whole : adviser->parts.held_out;
}

char *adviser_cell(const adviser_t *adviser, phase_t phase, const workload_t *workload,
                   size_t advised, size_t candidate) {
    return text_format("%s/%s/%s", phase_name(phase), workload->name,
                       adviser->items[advised].candidates.items[candidate].allocator->key);
}

char *adviser_twin(const adviser_t *adviser, const workload_t *workload) {
    return text_format("%s/%s/%s-again", phase_name(PHASE_CONFIRM), workload->name,
                       adviser->items[0].allocator->key);
}

/* What is measured side by side, of one workload and phase. */
typedef struct block {
    size_t *cells; /* places in the plan */
    size_t count;
} block_t;

static size_t find_cell(const plan_t *plan, const char *id) {
    size_t i = 0;
    while (i < plan->count && strcmp(plan->cells[i].id, id) != 0) {
        i++;
    }
    return i;
}

static void put(adviser_t *adviser, block_t *block, cell_t cell, char *id, double cost_s) {
    plan_t *plan = &adviser->plan;
    size_t place = find_cell(plan, id);
    if (place == plan->count) {
        cell.id = id;
        cell.cost_s = cost_s;
        plan->cells = text_grow(plan->cells, plan->count, sizeof *plan->cells);
        plan->cells[plan->count++] = cell;
    }
    block->cells = text_grow(block->cells, block->count, sizeof *block->cells);
    block->cells[block->count++] = place;
}

static void put_candidate(adviser_t *adviser, block_t *block, phase_t phase,
                          const workload_t *workload, size_t advised, size_t candidate) {
    const advised_t *a = &adviser->items[advised];
    cell_t cell = {.phase = phase,
                   .workload = workload,
                   .allocator = a->candidates.items[candidate].allocator,
                   .reference = candidate == 0};
    put(adviser, block, cell, adviser_cell(adviser, phase, workload, advised, candidate),
        a->sample_s);
}

static void put_twin(adviser_t *adviser, block_t *block, const workload_t *workload) {
    cell_t cell = {.phase = PHASE_CONFIRM,
                   .workload = workload,
                   .allocator = adviser->items[0].allocator,
                   .again = true};
    put(adviser, block, cell, adviser_twin(adviser, workload), adviser->items[0].sample_s);
}

/* An allocator with the environment of a choice is an allocator of another name. */
void adviser_set_allocators(advised_t *a) {
    for (size_t i = 0; i < a->candidates.count; i++) {
        candidate_t *c = &a->candidates.items[i];
        if (c->allocator || i == 0) {
            c->allocator = i == 0 ? a->allocator : c->allocator;
            continue;
        }
        allocator_t *set = text_alloc(sizeof *set);
        *set = *a->allocator;
        set->key = text_format("%s:%s", a->allocator->key, knobs_label(&a->knobs, &c->choice));
        set->tuned = true;
        set->environment =
            a->allocator->environment ? json_deep_copy(a->allocator->environment) : json_object();
        json_t *own = knobs_environment(&a->knobs, &c->choice);
        json_object_update(set->environment, own);
        json_decref(own);
        c->allocator = set;
    }
}

/* ---- blocks ---- */

static double seconds_of(const adviser_t *adviser, phase_t phase, unsigned rep) {
    const samples_t *all = adviser->execution.samples;
    double sum = 0;
    for (size_t i = 0; i < all->count; i++) {
        const sample_t *s = &all->items[i];
        sum += s->phase == phase && s->rep == rep ? s->share_s : 0;
    }
    return sum;
}

/* Each block has a repetition of its own: a default is beside many. */
static bool run_block(adviser_t *adviser, const block_t *block) {
    plan_t *plan = &adviser->plan;
    if (block->count == 0) {
        return true;
    }
    const cell_t *first = &plan->cells[block->cells[0]];
    phase_t phase = first->phase;
    const workload_t *workload = first->workload;
    unsigned rep = adviser->reps[phase]++;
    double cost_s = 0;
    for (size_t i = 0; i < plan->count; i++) {
        plan->cells[i].idle = true;
    }
    for (size_t i = 0; i < block->count; i++) {
        plan->cells[block->cells[i]].idle = false;
        cost_s += plan->cells[block->cells[i]].cost_s;
    }
    progress_add(adviser->execution.progress, block->count, cost_s);
    bool whole = execute_block(&adviser->execution, phase, workload, rep);
    adviser->spent_s += seconds_of(adviser, phase, rep);
    return whole;
}

static double all_left_s(const adviser_t *adviser) {
    return adviser->options->budget_s - adviser->reserve_s - adviser->spent_s;
}

static double search_left_s(const adviser_t *adviser) {
    double all_s = adviser->options->budget_s - adviser->reserve_s;
    return search_share * all_s - adviser->spent_s;
}

static double margin_of(const adviser_t *adviser) {
    return adviser->options->margin / 100;
}

/* ---- first ---- */

double adviser_peak(const sample_t *s) {
    return sample_counts_as_memory(s) && s->peak_bytes > 0 ? s->peak_bytes : NAN;
}

double adviser_end(const sample_t *s) {
    return sample_counts_as_memory(s) && s->steady_bytes > 0 ? s->steady_bytes : NAN;
}

/* What the defaults cost and take. */
static void learn_first(adviser_t *adviser) {
    const samples_t *all = adviser->execution.samples;
    for (size_t a = 0; a < adviser->count; a++) {
        advised_t *one = &adviser->items[a];
        char *id = adviser_cell(adviser, PHASE_COMPARE, adviser->parts.search, a, 0);
        double seconds = 0, count = 0, good = 0;
        one->peak_bytes = 0;
        for (size_t i = 0; i < all->count; i++) {
            const sample_t *s = &all->items[i];
            if (strcmp(s->cell, id) == 0) {
                seconds += s->share_s;
                count++;
                good += sample_counts_as_time(s);
                one->peak_bytes = fmax(one->peak_bytes, s->peak_bytes); /* NAN counts for nothing */
            }
        }
        one->sample_s = count > 0 ? seconds / count : NAN;
        one->out = good == 0;
    }
}

static bool is_threaded(const adviser_t *adviser) {
    const samples_t *all = adviser->execution.samples;
    bool out = adviser->parts.search->rounds == 0; /* a program tells nothing of its threads */
    for (size_t i = 0; i < all->count; i++) {
        out |= all->items[i].driver_threads > 1;
    }
    return out;
}

static bool measure_first(adviser_t *adviser) {
    bool whole = true;
    for (unsigned launch = 0; launch < FIRST_LAUNCHES && whole; launch++) {
        block_t block = {0};
        if (launch > 0 && adviser->spent_s > first_share * search_left_s(adviser)) {
            break; /* long samples: they are dear */
        }
        for (size_t a = 0; a < adviser->count; a++) {
            put_candidate(adviser, &block, PHASE_COMPARE, adviser->parts.search, a, 0);
        }
        whole = run_block(adviser, &block);
        free(block.cells);
    }
    learn_first(adviser);
    return whole;
}

/* ---- search ---- */

/* Candidates that are measured beside one default. */
static size_t beside_one(const adviser_t *adviser, const advised_t *a) {
    if (adviser->parts.search->rounds == 0) {
        return APART_MOST;
    }
    double fit = memory_share * adviser->memory_bytes / fmax(a->peak_bytes, 1) - 1;
    return fit < 1 ? 1 : fit > TOGETHER_MOST ? TOGETHER_MOST : (size_t)fit;
}

static double round_cost_s(const adviser_t *adviser, const advised_t *a, size_t candidates,
                           unsigned launches) {
    size_t each = beside_one(adviser, a), defaults = (candidates + each - 1) / each;
    return a->sample_s * (double)((candidates + defaults) * launches);
}

/* How many candidates a round has time for. */
static size_t fitting(const adviser_t *adviser, const advised_t *a, double seconds,
                      unsigned launches) {
    size_t count = halving_alive(&a->candidates);
    while (count > 0 && round_cost_s(adviser, a, count, launches) > seconds) {
        count--;
    }
    return count;
}

/* One launch of each that is alive. Blocks are cut anew in each launch, and each has a default. */
static bool launch_all(adviser_t *adviser, size_t advised, unsigned turn) {
    const advised_t *a = &adviser->items[advised];
    size_t count = halving_alive(&a->candidates), each = beside_one(adviser, a), seen = 0;
    size_t blocks = (count + each - 1) / each;
    bool whole = true;
    for (size_t b = 0; b < blocks && whole; b++, seen = 0) {
        block_t block = {0};
        put_candidate(adviser, &block, PHASE_GRID, adviser->parts.search, advised, 0);
        for (size_t i = 1; i < a->candidates.count; i++) {
            bool alive = a->candidates.items[i].alive;
            if (alive && (seen + turn * (seen / blocks)) % blocks == b) {
                put_candidate(adviser, &block, PHASE_GRID, adviser->parts.search, advised, i);
            }
            seen += alive;
        }
        whole = block.count < 2 || run_block(adviser, &block);
        free(block.cells);
    }
    return whole;
}

static void estimate(adviser_t *adviser, size_t advised) {
    advised_t *a = &adviser->items[advised];
    const samples_t *all = adviser->execution.samples;
    char *base = adviser_cell(adviser, PHASE_GRID, adviser->parts.search, advised, 0);
    for (size_t i = 1; i < a->candidates.count; i++) {
        candidate_t *c = &a->candidates.items[i];
        if (!c->allocator) {
            continue;
        }
        char *id = adviser_cell(adviser, PHASE_GRID, adviser->parts.search, advised, i);
        /* a run that goes on has later ones, too */
        unsigned below = adviser->reps[PHASE_GRID];
        interval_t speed = pairs_ratio(all, id, base, sample_speed, below);
        c->score =
            (score_t){log(speed.mid), log(pairs_ratio(all, id, base, adviser_peak, below).mid),
                      log(pairs_ratio(all, id, base, adviser_end, below).mid)};
        c->launches = speed.pairs;
        free(id);
    }
    free(base);
}

/* The first candidates that there is time for: those of the table's beginning. */
static void drop_last(advised_t *a, size_t count) {
    for (size_t i = 1; i < a->candidates.count; i++) {
        a->untried += i > count;
        a->candidates.items[i].alive = i <= count;
    }
}

/* Who is in the round, in so much time for each allocator. */
static void choose_round(adviser_t *adviser, size_t advised, unsigned round, unsigned launches,
                         double seconds) {
    advised_t *a = &adviser->items[advised];
    double margin = margin_of(adviser);
    if (round == 0) {
        drop_last(a, fitting(adviser, a, seconds, launches));
        return;
    }
    size_t half = (halving_alive(&a->candidates) + 1) / 2;
    halving_keep(&a->candidates, margin, half > KEEP_LEAST ? half : KEEP_LEAST);
    if (round < 3) {
        halving_combine(&a->knobs, &a->candidates, margin, COMBINATIONS / round);
        adviser_set_allocators(a);
    }
    size_t fit = fitting(adviser, a, seconds, launches);
    for (size_t i = a->candidates.count;
         i-- > 1 && halving_alive(&a->candidates) > fit && fit > 0;) {
        candidate_t *c = &a->candidates.items[i]; /* combinations without an estimate go first */
        c->alive = c->alive && c->launches > 0;
    }
    if (halving_alive(&a->candidates) > fit && fit > 0) {
        halving_keep(&a->candidates, margin, fit);
    }
}

static bool is_searched(const advised_t *a) {
    return !a->out && a->candidates.count > 1;
}

/* How many allocators share the time of the first round: few settings of few allocators tell more
 * than none of all. */
static size_t share_of(const adviser_t *adviser, double *seconds) {
    size_t count = 0;
    double sample_s = 0;
    for (size_t a = 0; a < adviser->count; a++) {
        count += is_searched(&adviser->items[a]);
        sample_s += is_searched(&adviser->items[a]) ? adviser->items[a].sample_s : 0;
    }
    double each_s = count ? (1 + WORTHWHILE) * sample_s / (double)count : 1;
    if (*seconds < (double)count * each_s) {
        *seconds *= short_share / round_share[0];
    }
    double fit = *seconds / each_s;
    return fit < 1 ? 1 : fit < (double)count ? (size_t)fit : count;
}

static bool search(adviser_t *adviser) {
    bool whole = true;
    size_t open = 1;
    for (unsigned round = 0; round < ROUNDS_MOST && whole; round++) {
        unsigned launches = round < 2 ? 1 : 2;
        double round_s = round_share[round] * search_left_s(adviser);
        size_t ran = 0;
        open = round == 0 ? share_of(adviser, &round_s) : open;
        double seconds = round_s / (double)open;
        for (size_t a = 0; a < adviser->count && whole; a++) {
            advised_t *one = &adviser->items[a];
            bool over = round > 0 && halving_alive(&one->candidates) == 0;
            if (!is_searched(one) || over) {
                continue;
            }
            choose_round(adviser, a, round, launches, ran < open ? seconds : 0);
            double cost_s = round_cost_s(adviser, one, halving_alive(&one->candidates), launches);
            if (cost_s > seconds) {
                continue; /* not even one: what was found stays as it is */
            }
            for (unsigned launch = 0; launch < launches && whole; launch++) {
                whole = launch_all(adviser, a, launch);
            }
            estimate(adviser, a);
            ran += halving_alive(&one->candidates) > 0;
        }
        if (ran == 0) {
            break;
        }
    }
    return whole;
}

/* ---- confirm ---- */

static void nominate(adviser_t *adviser) {
    for (size_t a = 0; a < adviser->count; a++) {
        advised_t *one = &adviser->items[a];
        one->nominee_count = 0;
        for (goal_t goal = 0; goal < GOALS && !one->out; goal++) {
            size_t best = halving_best(&one->candidates, goal, margin_of(adviser));
            bool known = best == 0;
            for (size_t i = 0; i < one->nominee_count; i++) {
                known |= one->nominees[i] == best;
            }
            if (!known) {
                one->nominees[one->nominee_count++] = best;
            }
        }
    }
}

static bool measures(const adviser_t *adviser, size_t advised) {
    return !adviser->items[advised].out;
}

static double block_cost_s(const adviser_t *adviser, bool with_nominees) {
    double sum = adviser->items[0].sample_s; /* of the twin */
    for (size_t a = 0; a < adviser->count; a++) {
        size_t more = with_nominees ? adviser->items[a].nominee_count : 0;
        sum += measures(adviser, a) ? adviser->items[a].sample_s * (double)(1 + more) : 0;
    }
    return sum * (adviser->parts.held_out ? 2 : 1);
}

static size_t count_nominees(const adviser_t *adviser) {
    size_t out = 0;
    for (size_t a = 0; a < adviser->count; a++) {
        out += adviser->items[a].nominee_count;
    }
    return out;
}

/* The nominee that promises least goes, until the least of launches fits. */
static void drop_nominees(adviser_t *adviser) {
    while (CONFIRM_LEAST * block_cost_s(adviser, true) > all_left_s(adviser)) {
        advised_t *from = NULL;
        size_t place = 0;
        double least = INFINITY;
        for (size_t a = 0; a < adviser->count; a++) {
            advised_t *one = &adviser->items[a];
            for (size_t i = 0; i < one->nominee_count; i++) {
                const candidate_t *c = &one->candidates.items[one->nominees[i]];
                double promise = fmax(c->score.speed, -halving_memory(c->score));
                if (promise < least) {
                    least = promise;
                    from = one;
                    place = i;
                }
            }
        }
        if (!from) {
            return;
        }
        from->nominees[place] = from->nominees[--from->nominee_count];
    }
}

static void put_default(adviser_t *adviser, block_t *block, const workload_t *workload, size_t a) {
    if (measures(adviser, a)) {
        put_candidate(adviser, block, PHASE_CONFIRM, workload, a, 0);
    }
}

static void put_nominees(adviser_t *adviser, block_t *block, const workload_t *workload, size_t a) {
    for (size_t i = 0; i < adviser->items[a].nominee_count; i++) {
        put_candidate(adviser, block, PHASE_CONFIRM, workload, a, adviser->items[a].nominees[i]);
    }
}

/* All at once, if memory has room for them. */
static bool confirm_together(adviser_t *adviser, const workload_t *workload) {
    block_t block = {0};
    for (size_t a = 0; a < adviser->count; a++) {
        put_default(adviser, &block, workload, a);
        put_nominees(adviser, &block, workload, a);
    }
    put_twin(adviser, &block, workload);
    bool whole = run_block(adviser, &block);
    free(block.cells);
    return whole;
}

/* Else the defaults, and then each allocator's beside its own default and the status quo's. */
static bool confirm_apart(adviser_t *adviser, const workload_t *workload) {
    bool whole = true;
    for (size_t a = 0; a <= adviser->count && whole; a++) {
        block_t block = {0};
        for (size_t b = 0; b < adviser->count; b++) {
            if (a == adviser->count || b == a || b == adviser->status_quo) {
                put_default(adviser, &block, workload, b);
            }
        }
        if (a < adviser->count) {
            put_nominees(adviser, &block, workload, a);
        } else {
            put_twin(adviser, &block, workload);
        }
        bool needed = a == adviser->count || adviser->items[a].nominee_count > 0;
        whole = !needed || run_block(adviser, &block);
        free(block.cells);
    }
    return whole;
}

static bool fits_memory(const adviser_t *adviser) {
    double sum = 0;
    for (size_t a = 0; a < adviser->count; a++) {
        sum += adviser->items[a].peak_bytes * (double)(1 + adviser->items[a].nominee_count);
    }
    return adviser->parts.whole->rounds == 0 || sum < memory_share * adviser->memory_bytes;
}

/* How many there are follows from time alone. */
static bool confirm(adviser_t *adviser) {
    bool whole = true, together = fits_memory(adviser);
    double most_s = 0;
    drop_nominees(adviser);
    if (count_nominees(adviser) == 0) {
        adviser->parts.held_out = NULL; /* nothing was chosen by the part beside it */
    }
    for (unsigned launch = 0; launch < CONFIRM_MOST && whole; launch++) {
        double before_s = adviser->spent_s;
        double each_s = launch > 0 ? most_s : block_cost_s(adviser, true);
        double fit = floor(all_left_s(adviser) / each_s);
        if (fit < 1 || launch + fit < CONFIRM_LEAST) {
            break; /* one more, or fewer in all than tell anything */
        }
        for (size_t part = 0; part < ADVISE_PARTS && whole; part++) {
            const workload_t *workload = adviser_part(adviser, part);
            if (workload) {
                whole = together ? confirm_together(adviser, workload)
                                 : confirm_apart(adviser, workload);
            }
        }
        most_s = fmax(most_s, adviser->spent_s - before_s);
        adviser->launches += whole;
    }
    return whole;
}

/* ---- all ---- */

void adviser_start(adviser_t *adviser) {
    adviser->plan = (plan_t){.seed = adviser->options->seed};
    for (size_t a = 0; a < adviser->count; a++) {
        advised_t *one = &adviser->items[a];
        one->candidates = (candidates_t){0};
        halving_singles(&(knob_table_t){0}, false, &one->candidates);
        adviser_set_allocators(one);
        adviser->status_quo = strcmp(one->allocator->key, "glibc") == 0 ? a : adviser->status_quo;
    }
}

bool adviser_run(adviser_t *adviser) {
    if (!measure_first(adviser)) {
        return false;
    }
    bool threads = is_threaded(adviser);
    for (size_t a = 0; a < adviser->count; a++) {
        advised_t *one = &adviser->items[a];
        halving_singles(&one->knobs, threads, &one->candidates);
        one->singles = one->candidates.count;
        adviser_set_allocators(one);
        if (one->out) {
            progress_note(adviser->execution.progress, "%s fails at its default, and is left out",
                          one->allocator->key);
        }
    }
    if (!search(adviser)) {
        return false;
    }
    nominate(adviser);
    return confirm(adviser);
}

score_t adviser_estimate(const adviser_t *adviser, size_t advised, size_t candidate) {
    const samples_t *all = adviser->execution.samples;
    const candidate_t *c = &adviser->items[advised].candidates.items[candidate];
    score_t out = candidate == 0 ? (score_t){0, 0, 0} : c->score;
    char *mine = adviser_cell(adviser, PHASE_COMPARE, adviser->parts.search, advised, 0);
    char *base =
        adviser_cell(adviser, PHASE_COMPARE, adviser->parts.search, adviser->status_quo, 0);
    if (advised != adviser->status_quo) {
        out.speed += log(pairs_ratio(all, mine, base, sample_speed, UINT_MAX).mid);
        out.peak += log(pairs_ratio(all, mine, base, adviser_peak, UINT_MAX).mid);
        out.end += log(pairs_ratio(all, mine, base, adviser_end, UINT_MAX).mid);
    }
    free(mine);
    free(base);
    return out;
}
