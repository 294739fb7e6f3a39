/*
 * panel.c - see panel.h.
 */
#include "panel.h"

#include "canary.h"
#include "driver.h"
#include "file.h"
#include "text.h"

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LINE_BYTES = 512,
    WARM_TURNS_MOST = 40,
    WARM_FLAT_TURNS = 2, /* in a row that are no better than the best so far */
    WARM_MS_LEAST = 40,  /* rounds may be short */
    WARM_MS_MOST = 300,
    PLAYERS_MOST = 256
};
/* Most of what two turns differ by does not depend on their length, so many short ones tell more
 * than few long ones: of a second of turns, the error of sqlite-32k's twin was 0.3 % with turns
 * of 5 ms, 0.5 % with 20, 0.9 % with 60; of mid33-whole's 0.8, 1.9 and 4.1 %. But after another
 * process's turn caches are cold, and in turns of 8 ms without a lead-in mimalloc was at 0.93 of
 * hakmem on sqlite-32k, for 0.98 with half a turn of it, and 1.01 in turns of 60 ms. */
static const double turn_ns = 5e6;
static const double lead_part = 0.5;      /* of a turn, before it: at least a round */
static const double slow_factor = 2;      /* beyond this, fewer turns */
static const double slow_round_ns = 50e6; /* beside which cold caches do not count */
static const double late_factor = 3, least_late_ns = 1e9; /* of what the blocks should take */
static const double disturbed_wait = 0.05, disturbed_canary = 1.25;

/* One process of the panel. */
typedef struct player {
    driver_pending_t pending;
    launched_t *program;
    outcome_t outcome;
    bool alive;
    json_t *start, *turns;
    uint64_t rounds;        /* of its turns: as the reference's, or fewer where it is slow */
    double wall_ns, faults; /* of its last turn */
    double wait;            /* of it: share of the time that it waited for a processor */
    unsigned threads;
    double least_ns; /* the shortest round of its warm-up */
} player_t;

typedef struct panel {
    const process_context_t *context;
    player_t *players;
    size_t count;
    player_t *reference; /* hakmem at its defaults; the first, where there is none */
    uint64_t rounds;
    bool is_first;   /* of the workload: the rounds are not known before */
    json_t *blocks;  /* what the machine did */
    double cache_ns; /* canary.h */
    gsl_rng *rng;
} panel_t;

/* ---- the machine ---- */

/* Time that the hypervisor took from this machine since it started, in clock ticks. */
static double steal_ticks(void) {
    char *text = file_read("/proc/stat");
    double steal = 0;
    if (!text || sscanf(text, "cpu %*f %*f %*f %*f %*f %*f %*f %lf", &steal) != 1) {
        steal = 0;
    }
    free(text);
    return steal;
}

/* ---- processes ---- */

static double number(const json_t *object, const char *key) {
    return json_number_value(json_object_get(object, key));
}

/* "ready {…}" or "done {…}"; NULL: it is something else. */
static json_t *figures_in(const char *line, const char *word) {
    size_t length = strlen(word);
    return strncmp(line, word, length) == 0 ? json_loads(line + length, 0, NULL) : NULL;
}

/* NULL: the process is no longer with us. */
static json_t *hear_done(player_t *player) {
    char line[LINE_BYTES];
    json_t *out = launch_hear(player->program, line, sizeof line, TIMEOUT_LEAST_S)
                      ? figures_in(line, "done")
                      : NULL;
    player->alive = out != NULL;
    return out;
}

static void launch_player(panel_t *panel, player_t *player, const task_t *task) {
    *player = (player_t){.pending = driver_prepare(panel->context, *task), .turns = json_array()};
    launch_t launch = driver_launch(panel->context, &player->pending);
    player->program = launch_start(&launch);
}

static void wait_until_loaded(player_t *player) {
    char line[LINE_BYTES];
    player->alive = launch_hear(player->program, line, sizeof line, TIMEOUT_LEAST_S) &&
                    strcmp(line, "loaded") == 0;
}

/* It works on its start: to the end of a part, or to that of the start. */
static void work_on_start(player_t *player, const char *word) {
    char line[LINE_BYTES];
    player->alive = launch_say(player->program, word) &&
                    launch_hear(player->program, line, sizeof line, TIMEOUT_LEAST_S);
    if (player->alive && strcmp(line, "part") != 0) {
        player->start = figures_in(line, "ready");
        player->alive = player->start != NULL;
        player->threads = (unsigned)number(player->start, "threads");
    }
}

/* In parts of some milliseconds, all in turn, so that physical pages are dealt to them alike
 * (turns.h of the workloads). A program of several threads does it in one. */
static void start_in_parts(panel_t *panel) {
    bool any = true;
    for (const char *word = "start"; any; word = "on") {
        any = false;
        for (size_t i = 0; i < panel->count; i++) {
            player_t *player = &panel->players[i];
            if (player->alive && !player->start) {
                work_on_start(player, word);
                any = true;
            }
        }
    }
}

/* NULL: it ended. */
static json_t *take_turn(player_t *player, const char *word, uint64_t rounds) {
    char line[LINE_BYTES];
    snprintf(line, sizeof line, "%s %llu", word, (unsigned long long)rounds);
    player->alive = player->alive && launch_say(player->program, line);
    json_t *done = player->alive ? hear_done(player) : NULL;
    if (done) {
        player->wall_ns = number(done, "wall_ns");
        player->faults = number(done, "faults");
        player->wait = number(done, "waited_ns") / player->wall_ns;
    }
    return done;
}

/* Until faults and time no longer fall: so many turns at most. */
static void warm_up(player_t *player, uint64_t rounds, int most) {
    double all_ns = 0, least_ns = INFINITY, least_faults = INFINITY;
    unsigned flat = 0;
    for (int turn = 0; turn < most && all_ns < 1e6 * WARM_MS_MOST; turn++) {
        json_t *done = take_turn(player, "warm", rounds);
        if (!done) {
            return;
        }
        json_decref(done);
        all_ns += player->wall_ns;
        bool better = player->faults < 0.9 * least_faults - 2 || player->wall_ns < 0.95 * least_ns;
        flat = better ? 0 : flat + 1;
        least_ns = player->wall_ns < least_ns ? player->wall_ns : least_ns;
        least_faults = player->faults < least_faults ? player->faults : least_faults;
        player->least_ns = least_ns / (double)rounds;
        if (flat >= WARM_FLAT_TURNS && all_ns >= 1e6 * WARM_MS_LEAST) {
            return;
        }
    }
}

static uint64_t rounds_for(double ns, const player_t *player) {
    double rounds = player->least_ns > 0 ? round(ns / player->least_ns) : 1;
    return rounds < 1 ? 1 : (uint64_t)rounds;
}

static bool is_slow(const panel_t *panel, const player_t *player) {
    return player->least_ns > slow_factor * panel->reference->least_ns;
}

/* How many rounds of a process are a turn: as many of the reference's as fill it, or as many as
 * take the reference's time, if it is slow. */
static uint64_t rounds_of(const panel_t *panel, const player_t *player) {
    if (panel->rounds == 0) {
        return rounds_for(turn_ns, player);
    }
    uint64_t fits = rounds_for((double)panel->rounds * panel->reference->least_ns, player);
    return is_slow(panel, player) && fits < panel->rounds ? fits : panel->rounds;
}

/* All in the same way, the reference too: what a process does early (it faults pages in; the first
 * interval ends after which it gives some back) is then behind each of them as far. The rounds of a
 * turn are found once for a workload, when the reference is warm: in its first launch all warm up
 * by single rounds, then by turns. Later the first round tells who is slow, for now. */
static void warm_up_for_turns(panel_t *panel, player_t *player) {
    warm_up(player, 1, panel->is_first ? WARM_TURNS_MOST : 1);
    player->rounds = rounds_of(panel, player);
    if (player->rounds > 1 || !panel->is_first) {
        warm_up(player, player->rounds, WARM_TURNS_MOST);
        player->rounds = rounds_of(panel, player);
    }
    if (panel->rounds == 0) { /* the reference, alone: later only read, by several at a time */
        panel->rounds = player->rounds;
    }
}

static bool is_default(const cell_t *cell) {
    bool is_hakmem = cell->allocator->is_hakmem && !cell->allocator->tuned;
    return cell->reference || (is_hakmem && !cell->again && !cell->delay_percent &&
                               (!cell->wmax_mid || (cell->wmax_mid == WMAX_MID_DEFAULT &&
                                                    cell->wmax_large == WMAX_LARGE_DEFAULT)));
}

static size_t processors(void) {
    cpu_set_t all;
    return sched_getaffinity(0, sizeof all, &all) == 0 ? (size_t)CPU_COUNT(&all) : 1;
}

typedef struct warming {
    panel_t *panel;
    atomic_size_t next; /* of its players */
} warming_t;

static void *warm_up_next(void *argument) {
    warming_t *warming = argument;
    panel_t *panel = warming->panel;
    for (size_t i; (i = atomic_fetch_add(&warming->next, 1)) < panel->count;) {
        if (&panel->players[i] != panel->reference) {
            warm_up_for_turns(panel, &panel->players[i]);
        }
    }
    return NULL;
}

/* As many at a time as there are processors, since nothing of it is measured. Programs of several
 * threads have all processors to themselves. */
static void warm_up_others(panel_t *panel) {
    pthread_t helpers[PLAYERS_MOST];
    warming_t warming = {.panel = panel};
    size_t most = panel->reference->threads > 1 ? 1 : processors(), begun = 0;
    while (begun + 1 < most && begun + 2 < panel->count &&
           pthread_create(&helpers[begun], NULL, warm_up_next, &warming) == 0) {
        begun++;
    }
    warm_up_next(&warming);
    while (begun > 0) {
        pthread_join(helpers[--begun], NULL);
    }
}

/* They read their input side by side, which is not measured; when all have, they start, in the
 * order drawn. Then they warm up, the reference first, by which the others' turns are measured. */
static void start_all(panel_t *panel, const task_t *tasks) {
    for (size_t i = 0; i < panel->count; i++) {
        panel->reference = is_default(tasks[i].cell) ? &panel->players[i] : panel->reference;
        launch_player(panel, &panel->players[i], &tasks[i]);
    }
    for (size_t i = 0; i < panel->count; i++) {
        wait_until_loaded(&panel->players[i]);
    }
    start_in_parts(panel);
    warm_up_for_turns(panel, panel->reference);
    warm_up_others(panel);
}

/* ---- blocks ---- */

/* The caches are others' when a turn begins: with 20,000 small blocks alive the first round
 * took 5.2 ms for 3.6. Every process has a lead-in, or none of a workload would be comparable; but
 * for those whose one round is long beside that. */
static void lead_in(const panel_t *panel, player_t *player) {
    const player_t *judged = is_slow(panel, player) ? player : panel->reference;
    if (player->alive && judged->least_ns < slow_round_ns) {
        double last_ns = player->wall_ns;
        uint64_t rounds = (uint64_t)ceil(lead_part * (double)player->rounds);
        json_decref(take_turn(player, "warm", rounds));
        player->wall_ns = last_ns;
    }
}

static bool takes_part(const panel_t *panel, const player_t *player, unsigned block) {
    double factor = player->wall_ns / panel->reference->wall_ns;
    unsigned every = factor > slow_factor ? (unsigned)ceil(factor / slow_factor) : 1;
    return player->alive && block % every == 0;
}

/* A row of the raw data; the columns are in results/README.md. */
static void keep_turn(player_t *player, unsigned block, json_t *done) {
    json_array_append_new(
        player->turns,
        json_pack("[i, O, O, O, O, O, O, O]", (int)block, json_object_get(done, "ops"),
                  json_object_get(done, "wall_ns"), json_object_get(done, "cpu_ns"),
                  json_object_get(done, "faults"), json_object_get(done, "switches"),
                  json_object_get(done, "waited_ns"), json_object_get(done, "processor")));
    json_decref(done);
}

/* All turns of a block on one processor, drawn for the block: in a virtual machine the one may have
 * a busy neighbour that the other has not, for seconds (24.5 and 38 ms for the same turn were
 * seen). Programs of more threads have all processors. The allocator has counted them at its start.
 */
static void choose_processor(panel_t *panel) {
    cpu_set_t all, one;
    CPU_ZERO(&one);
    if (sched_getaffinity(0, sizeof all, &all) != 0) {
        return;
    }
    unsigned long wanted = gsl_rng_uniform_int(panel->rng, (unsigned long)CPU_COUNT(&all));
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (CPU_ISSET(cpu, &all) && wanted-- == 0) {
            CPU_SET(cpu, &one);
            break;
        }
    }
    for (size_t i = 0; i < panel->count; i++) {
        if (panel->players[i].alive) {
            sched_setaffinity(launch_pid(panel->players[i].program), sizeof one, &one);
        }
    }
}

/* Of more threads than processors some wait at any time, though nobody else is there. */
static bool waits_for_itself(const player_t *player) {
    return player->threads > processors();
}

/* Was it undisturbed? */
static bool measure_block(panel_t *panel, unsigned block) {
    static double least_canary = INFINITY;
    size_t order[PLAYERS_MOST];
    double canary = canary_ns(), steal = steal_ticks(), wait = 0;
    for (size_t i = 0; i < panel->count; i++) {
        order[i] = i;
    }
    if (panel->reference->threads == 1) {
        choose_processor(panel);
    }
    gsl_ran_shuffle(panel->rng, order, panel->count, sizeof *order);
    for (size_t i = 0; i < panel->count && !launch_interrupted(); i++) {
        player_t *player = &panel->players[order[i]];
        if (!takes_part(panel, player, block)) {
            continue;
        }
        lead_in(panel, player);
        json_t *done = take_turn(player, "turn", player->rounds);
        if (done) {
            keep_turn(player, block, done);
            wait = player->wait > wait && !waits_for_itself(player) ? player->wait : wait;
        }
    }
    steal = steal_ticks() - steal;
    least_canary = canary < least_canary ? canary : least_canary;
    bool disturbed = wait > disturbed_wait || steal > 0 || canary > disturbed_canary * least_canary;
    json_array_append_new(panel->blocks,
                          json_pack("[i, i, f, f]", (int)block, disturbed, canary, steal));
    return !disturbed;
}

/* Disturbed blocks are repeated, unless the machine is busy all the time: then more of the same is
 * no better. Nor may the blocks take many times as long as they should. */
static void measure_blocks(panel_t *panel, unsigned wanted) {
    uint64_t start_ns = clock_now_ns();
    double own_ns = (double)panel->rounds * panel->reference->least_ns;
    double long_turns = own_ns / turn_ns;
    if (panel->rounds == 1 && long_turns > 1.5) { /* one round is longer than a turn should be */
        unsigned fewer = (unsigned)ceil(wanted / long_turns), least = wanted / 2;
        wanted = fewer > least ? fewer : least;
    }
    double most_ns =
        late_factor * wanted * (double)panel->count * (1 + lead_part) * fmax(own_ns, turn_ns) +
        least_late_ns;
    unsigned clean = 0, most = wanted + wanted / 2;
    for (unsigned block = 0; clean < wanted && block < most; block++) {
        bool is_busy = block >= wanted && clean < wanted / 2;
        if (launch_interrupted() || !panel->reference->alive || is_busy ||
            (double)(clock_now_ns() - start_ns) > most_ns) {
            return;
        }
        clean += measure_block(panel, block);
    }
}

/* ---- end ---- */

static json_t *record_of(panel_t *panel, player_t *player, double share_ns) {
    json_t *record = driver_complete(panel->context, &player->pending, &player->outcome);
    if (record) {
        json_object_set_new(record, "share_ns", json_integer((json_int_t)share_ns));
        json_object_set_new(record, "panel",
                            json_pack("{s:I, s:f, s:O, s:O*, s:O}", "rounds",
                                      (json_int_t)panel->rounds, "cache_ns", panel->cache_ns,
                                      "blocks", panel->blocks, "start", player->start, "turns",
                                      player->turns));
    }
    json_decref(player->start);
    json_decref(player->turns);
    return record;
}

/* Where what is left is read they drain one after the other, and only the rests overlap. */
static void end_all(panel_t *panel, bool drains) {
    char line[LINE_BYTES];
    for (size_t i = 0; i < panel->count; i++) {
        player_t *player = &panel->players[i];
        if (player->alive && launch_say(player->program, drains ? "end" : "leave") && drains) {
            (void)launch_hear(player->program, line, sizeof line, TIMEOUT_LEAST_S);
        }
    }
    for (size_t i = 0; i < panel->count; i++) {
        if (panel->players[i].program) {
            panel->players[i].outcome = launch_end(panel->players[i].program);
        }
    }
}

/* The order of turns: of this run, workload and launch. */
static gsl_rng *generator(const process_context_t *context, const task_t *task) {
    uint64_t hash = context->options->seed * 0x9e3779b97f4a7c15u + task->rep;
    for (const char *c = task->cell->id; *c; c++) {
        hash = (hash ^ (unsigned char)*c) * 0x100000001b3u;
    }
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    gsl_rng_set(rng, (unsigned long)hash);
    return rng;
}

bool panel_measure(void *context, const task_t *tasks, size_t count, panel_shape_t shape,
                   json_t **records) {
    uint64_t begin_ns = clock_now_ns();
    if (count > PLAYERS_MOST) {
        fail("%zu settings of %s in one panel; at most %d can be alive at once", count,
             tasks[0].cell->workload->name, PLAYERS_MOST);
    }
    panel_t panel = {.context = context,
                     .players = text_alloc(count * sizeof *panel.players),
                     .count = count,
                     .rounds = shape.rounds,
                     .is_first = shape.rounds == 0,
                     .blocks = json_array(),
                     .rng = generator(context, tasks)};
    panel.reference = panel.players;
    start_all(&panel, tasks);
    panel.cache_ns = canary_cache_ns();
    measure_blocks(&panel, shape.blocks);
    end_all(&panel, shape.drains);
    double share_ns = (double)(clock_now_ns() - begin_ns) / (double)count;
    bool whole = !launch_interrupted();
    for (size_t i = 0; i < count && whole; i++) {
        records[i] = record_of(&panel, &panel.players[i], share_ns);
    }
    json_decref(panel.blocks);
    gsl_rng_free(panel.rng);
    free(panel.players);
    return whole;
}
