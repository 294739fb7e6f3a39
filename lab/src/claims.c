/*
 * claims.c - rivals, figures and findings. See claims.h for what is judged and how.
 */
#include "claims.h"

#include "moderate.h"
#include "text.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE_BYTES = 4096, LEAST_PAIRS = 3 };

const char *rivalry_name(rivalry_t rivalry) {
    static const char *const names[RIVALS] = {"speed", "peak", "steady"};
    return names[rivalry];
}

const char *finding_word(finding_t finding) {
    static const char *const words[FINDINGS] = {"holds", "undecided", "untested", "misses"};
    return words[finding];
}

static double at_least_a_page(double bytes) {
    return bytes < PAGE_BYTES ? PAGE_BYTES : bytes; /* NAN stays NAN */
}
static double peak_bytes(const sample_t *s) {
    return sample_counts_as_memory(s) ? at_least_a_page(s->peak_bytes) : NAN;
}
static double steady_bytes(const sample_t *s) {
    return sample_counts_as_memory(s) ? at_least_a_page(s->steady_bytes) : NAN;
}
static double tenth_bytes(const sample_t *s) {
    return sample_counts_as_memory(s) ? at_least_a_page(s->tenth_bytes) : NAN;
}
static double requested_steady_bytes(const sample_t *s) {
    return sample_counts_as_memory(s) ? s->requested_steady_bytes : NAN;
}
static double peak_kib(const sample_t *s) {
    return sample_counts_as_memory(s) ? s->peak_bytes / 1024 : NAN;
}
static double us_per_op(const sample_t *s) {
    return sample_counts_as_time(s) ? s->wall_ns / s->ops / 1e3 : NAN;
}

static const sample_value_t rivalry_values[RIVALS] = {sample_speed, peak_bytes, steady_bytes};

/* Room for two columns of values, one per sample at most. */
static double *columns(const analysis_t *analysis, double **second) {
    size_t room = analysis->samples->count + 1;
    double *first = text_alloc(2 * room * sizeof *first);
    *second = first + room;
    return first;
}

static double median_of(const analysis_t *analysis, const char *cell, sample_value_t value) {
    double *b, *a = columns(analysis, &b);
    double out = stats_median(a, analysis_pairs(analysis, cell, cell, value, a, b));
    free(a);
    return out;
}

static interval_t against(const analysis_t *analysis, const char *hakmem, const char *other,
                          sample_value_t value, bool difference) {
    if (!difference) {
        return pairs_ratio(analysis->samples, hakmem, other, value, UINT_MAX);
    }
    double *b, *a = columns(analysis, &b);
    interval_t out =
        stats_paired_difference(a, b, analysis_pairs(analysis, hakmem, other, value, a, b));
    free(a);
    return out;
}

/* The steady reading over what is allowed: `factor` times another value of the same sample, and
 * `extra` bytes. */
static interval_t steady_over(const analysis_t *analysis, const char *hakmem, sample_value_t base,
                              double factor, double extra) {
    double *b, *a = columns(analysis, &b);
    size_t pairs = 0;
    for (size_t i = 0; i < analysis->samples->count; i++) {
        const sample_t *s = &analysis->samples->items[i];
        if (strcmp(s->cell, hakmem) == 0) {
            a[pairs] = steady_bytes(s);
            b[pairs] = at_least_a_page(factor * base(s) + extra);
            pairs += !isnan(a[pairs]) && !isnan(b[pairs]);
        }
    }
    interval_t out = stats_paired_ratio(a, b, pairs);
    free(a);
    return out;
}

static bool is_rival(const cell_stats_t *c, const char *workload) {
    return c->phase == PHASE_COMPARE && strcmp(c->workload, workload) == 0 &&
           strcmp(c->allocator, "hakmem") != 0 && !text_ends(c->allocator, "-again");
}

static rival_t rival_of(const analysis_t *analysis, const cell_stats_t *hakmem,
                        const cell_stats_t *other, rivalry_t rivalry) {
    sample_value_t value = rivalry_values[rivalry];
    rival_t out = {.allocator = other->allocator,
                   .ratio = against(analysis, hakmem->id, other->id, value, false)};
    out.floor = analysis_floor_of(analysis, hakmem->workload, value, out.ratio.pairs);
    out.p = out.ratio.p;
    out.verdict = stats_verdict(out.ratio, out.p, analysis_margin(analysis));
    return out;
}

/* Each other allocator, and by each measure the best of them. */
static void find_rivals(const analysis_t *analysis, const cell_stats_t *hakmem, standing_t *out) {
    double best[RIVALS] = {0};
    for (rivalry_t r = 0; r < RIVALS; r++) {
        out->rivals[r] = (rival_t){.ratio = INTERVAL_NONE, .floor = NAN};
    }
    for (size_t i = 0; i < analysis->count; i++) {
        const cell_stats_t *c = &analysis->cells[i];
        if (!is_rival(c, hakmem->workload)) {
            continue;
        }
        out->others = text_grow(out->others, out->other_count, sizeof *out->others);
        other_t *other = &out->others[out->other_count++];
        other->allocator = c->allocator;
        for (rivalry_t r = 0; r < RIVALS; r++) {
            double median = median_of(analysis, c->id, rivalry_values[r]);
            other->against[r] = rival_of(analysis, hakmem, c, r);
            bool better = r == RIVAL_SPEED ? median > best[r] : median < best[r];
            if (!isnan(median) && (!out->rivals[r].allocator || better)) {
                out->rivals[r] = other->against[r];
                best[r] = median;
            }
        }
    }
}

static void add_part(claim_t *claim, const char *name, const char *rival, interval_t figure,
                     double bound) {
    bool at_least = claim->key == CLAIM_SPEED_OF_BEST;
    finding_t finding = FINDING_UNDECIDED;
    if (figure.pairs < LEAST_PAIRS || isnan(figure.mid)) {
        finding = FINDING_UNTESTED;
    } else if (at_least ? figure.lo >= bound : figure.hi <= bound) {
        finding = FINDING_HOLDS;
    } else if (at_least ? figure.hi < bound : figure.lo > bound) {
        finding = FINDING_MISSES;
    }
    claim->parts[claim->part_count++] = (claim_part_t){name, rival ? rival : "", figure, finding};
    claim->finding = finding > claim->finding ? finding : claim->finding;
}

static void add_rival_part(claim_t *claim, const standing_t *standing, rivalry_t rivalry) {
    const rival_t *rival = &standing->rivals[rivalry];
    add_part(claim, rivalry_name(rivalry), rival->allocator, rival->ratio, claim->bound);
}

static void add_glibc_part(claim_t *claim, const analysis_t *analysis, const cell_stats_t *hakmem,
                           const char *name, sample_value_t value) {
    const cell_stats_t *glibc =
        analysis_find(analysis, PHASE_COMPARE, hakmem->workload, "glibc", 0, 0);
    interval_t figure = INTERVAL_NONE;
    if (glibc) {
        figure = against(analysis, hakmem->id, glibc->id, value, true);
    }
    add_part(claim, name, "glibc", figure, claim->bound);
}

static void judge_claim(const analysis_t *analysis, const cell_stats_t *hakmem,
                        const standing_t *standing, claim_t *claim) {
    switch (claim->key) {
    case CLAIM_SPEED_OF_BEST:
        add_rival_part(claim, standing, RIVAL_SPEED);
        break;
    case CLAIM_MEMORY_OF_LEANEST:
        add_rival_part(claim, standing, RIVAL_PEAK);
        add_rival_part(claim, standing, RIVAL_STEADY);
        break;
    case CLAIM_TIME_OVER_GLIBC_US:
        add_glibc_part(claim, analysis, hakmem, "time", us_per_op);
        break;
    case CLAIM_MEMORY_OVER_GLIBC_KIB:
        add_glibc_part(claim, analysis, hakmem, "peak", peak_kib);
        break;
    case CLAIM_STEADY_OVER_REQUESTED:
        add_part(claim, "steady", NULL,
                 steady_over(analysis, hakmem->id, requested_steady_bytes, claim->bound,
                             1024 * claim->extra_kib),
                 1);
        break;
    default:
        add_part(claim, "steady", NULL, steady_over(analysis, hakmem->id, tenth_bytes, 1, 0),
                 claim->bound);
    }
}

static char *failures_of(const analysis_t *analysis, const char *workload) {
    char *out = text_copy("");
    for (size_t i = 0; i < analysis->count; i++) {
        const cell_stats_t *c = &analysis->cells[i];
        if (c->phase == PHASE_COMPARE && c->failed && strcmp(c->workload, workload) == 0) {
            out = text_format("%s%s%s %zu of %zu (%s)", out, *out ? "; " : "", c->allocator,
                              c->failed, c->samples, c->failures);
        }
    }
    return out;
}

static void judge_workload(const analysis_t *analysis, const cell_stats_t *hakmem,
                           const double bounds[CLAIM_KEYS], standing_t *out) {
    out->reps = hakmem->samples;
    out->hakmem_failed = hakmem->failed;
    find_rivals(analysis, hakmem, out);
    for (claim_key_t key = 0; key < CLAIM_KEYS; key++) {
        if (key == CLAIM_STEADY_EXTRA_KIB || !(bounds[key] > 0)) {
            continue;
        }
        claim_t *claim = &out->claims[out->claim_count++];
        *claim = (claim_t){.key = key, .bound = bounds[key]};
        if (key == CLAIM_STEADY_OVER_REQUESTED) {
            claim->extra_kib = bounds[CLAIM_STEADY_EXTRA_KIB];
        }
        judge_claim(analysis, hakmem, out, claim);
        if (hakmem->failed) {
            claim->finding = FINDING_MISSES;
        }
    }
}

static const char *row_text(const json_t *row, const char *key, const char *fallback) {
    const char *text = json_string_value(json_object_get(row, key));
    return text ? text : fallback;
}

/* The workloads' headings in order of appearance, "other" last; returns how many. */
static size_t group_names(const json_t *workloads, const char **out) {
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(workloads); i++) {
        const char *group = row_text(json_array_get(workloads, i), "group", "other");
        bool known = strcmp(group, "other") == 0;
        for (size_t j = 0; j < count && !known; j++) {
            known = strcmp(out[j], group) == 0;
        }
        if (!known) {
            out[count++] = group;
        }
    }
    out[count++] = "other";
    return count;
}

static void judge_group(const analysis_t *analysis, const char *group, standings_t *out) {
    const json_t *workloads = analysis->info->workloads;
    size_t before = out->count;
    for (size_t i = 0; i < json_array_size(workloads); i++) {
        const json_t *row = json_array_get(workloads, i);
        const char *name = row_text(row, "name", "");
        const cell_stats_t *hakmem = analysis_find(analysis, PHASE_COMPARE, name, "hakmem", 0, 0);
        if (!hakmem || strcmp(row_text(row, "group", "other"), group) != 0) {
            continue;
        }
        double bounds[CLAIM_KEYS];
        claim_read(json_object_get(row, "claim"), text_format("manifest, workload %s", name),
                   bounds);
        standing_t *standing = &out->items[out->count++];
        *standing = (standing_t){.workload = name,
                                 .title = row_text(row, "title", ""),
                                 .group = group,
                                 .group_place = out->groups,
                                 .failures = failures_of(analysis, name)};
        judge_workload(analysis, hakmem, bounds, standing);
        for (size_t c = 0; c < standing->claim_count; c++) {
            out->findings[standing->claims[c].finding]++;
        }
    }
    out->groups += out->count > before;
}

/* By what all comparisons by the same measure know about errors. */
static void moderate_rivals(standings_t *standings, rivalry_t r) {
    interval_t **rows = NULL;
    size_t count = 0;
    for (size_t i = 0; i < standings->count; i++) {
        for (size_t j = 0; j < standings->items[i].other_count; j++) {
            rows = text_grow(rows, count, sizeof *rows);
            rows[count++] = &standings->items[i].others[j].against[r].ratio;
        }
    }
    moderate_rows(rows, count);
    free(rows);
}

/* The p-values of every comparison with another allocator, corrected together, and the verdicts
 * that follow. The best other is one of them. */
static void correct_verdicts(standings_t *standings, double margin) {
    size_t count = 0, next = 0;
    for (size_t i = 0; i < standings->count; i++) {
        count += standings->items[i].other_count * RIVALS;
    }
    for (rivalry_t r = 0; r < RIVALS; r++) {
        moderate_rivals(standings, r);
    }
    double *p = text_alloc((count + 1) * sizeof *p);
    for (size_t i = 0; i < standings->count; i++) {
        for (size_t j = 0; j < standings->items[i].other_count * RIVALS; j++) {
            p[next++] = standings->items[i].others[j / RIVALS].against[j % RIVALS].ratio.p;
        }
    }
    stats_holm(p, count);
    next = 0;
    for (size_t i = 0; i < standings->count; i++) {
        standing_t *s = &standings->items[i];
        for (size_t j = 0; j < s->other_count * RIVALS; j++) {
            rival_t *rival = &s->others[j / RIVALS].against[j % RIVALS];
            rival->p = p[next++];
            rival->verdict = stats_verdict(rival->ratio, rival->p, margin);
            if (s->rivals[j % RIVALS].allocator == rival->allocator) {
                s->rivals[j % RIVALS] = *rival;
            }
        }
    }
    free(p);
}

void claims_judge(const analysis_t *analysis, standings_t *out) {
    size_t room = json_array_size(analysis->info->workloads) + 1;
    const char **groups = text_alloc(room * sizeof *groups);
    size_t count = group_names(analysis->info->workloads, groups);
    *out = (standings_t){.items = text_alloc(room * sizeof *out->items)};
    for (size_t i = 0; i < count; i++) {
        judge_group(analysis, groups[i], out);
    }
    correct_verdicts(out, analysis_margin(analysis));
    free(groups);
}
