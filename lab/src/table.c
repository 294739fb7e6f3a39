/*
 * table.c - the comparison's table. See table.h.
 */
#include "table.h"

#include "text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_COLUMNS = 158, NAME_COLUMNS_LEAST = 16, RIVAL_COLUMNS = 40, VERDICT_COLUMNS = 6 };

char *table_interval(interval_t r) {
    double size = fabs(r.mid);
    int digits = size < 10 ? 3 : size < 100 ? 2 : size < 1000 ? 1 : 0;
    return isnan(r.mid)
               ? text_copy("-")
               : text_format("%.*f [%.*f, %.*f]", digits, r.mid, digits, r.lo, digits, r.hi);
}

const char *table_verdict(verdict_t verdict, rivalry_t rivalry) {
    return verdict == VERDICT_UNDECIDED ? "open"
           : verdict == VERDICT_EQUIVALENT
               ? "equal"
               : analysis_word(verdict, rivalry == RIVAL_SPEED ? MEASURE_THROUGHPUT : MEASURE_PEAK);
}

char *table_claim(const claim_t *claim) {
    switch (claim->key) {
    case CLAIM_SPEED_OF_BEST:
        return text_format("speed >= %.2f x fastest", claim->bound);
    case CLAIM_MEMORY_OF_LEANEST:
        return text_format("memory <= %.2f x leanest", claim->bound);
    case CLAIM_TIME_OVER_GLIBC_US:
        return text_format("time/op <= glibc + %.4g us", claim->bound);
    case CLAIM_MEMORY_OVER_GLIBC_KIB:
        return text_format("peak <= glibc + %.4g KiB", claim->bound);
    case CLAIM_STEADY_OVER_REQUESTED:
        return claim->extra_kib > 0 ? text_format("steady <= %.2f x requested + %.4g KiB",
                                                  claim->bound, claim->extra_kib)
                                    : text_format("steady <= %.2f x requested", claim->bound);
    default:
        return text_format("steady <= %.2f x that after a tenth", claim->bound);
    }
}

/* What one part of the claim came to. */
static char *part_text(const claim_t *claim, const claim_part_t *part) {
    char *figure = table_interval(part->figure);
    switch (claim->key) {
    case CLAIM_SPEED_OF_BEST:
        return text_format("%s against %s", figure, part->against);
    case CLAIM_MEMORY_OF_LEANEST:
        return text_format("%s %s against %s", part->name, figure, part->against);
    case CLAIM_TIME_OVER_GLIBC_US:
        return text_format("%s us against %s", figure, part->against);
    case CLAIM_MEMORY_OVER_GLIBC_KIB:
        return text_format("%s KiB against %s", figure, part->against);
    case CLAIM_STEADY_OVER_REQUESTED:
        return text_format("%s of that", figure);
    default:
        return figure;
    }
}

char *table_figure(const standing_t *standing, const claim_t *claim) {
    char *out = text_copy("");
    for (size_t i = 0; i < claim->part_count; i++) {
        const claim_part_t *part = &claim->parts[i];
        out = text_format(
            "%s%s%s", out, i ? ", " : "",
            part->finding == FINDING_UNTESTED
                ? text_format("%s: %zu pairs are too few", part->name, part->figure.pairs)
                : part_text(claim, part));
    }
    return standing->hakmem_failed == 0 ? out
                                        : text_format("%s; hakmem failed in %zu of %zu samples",
                                                      out, standing->hakmem_failed, standing->reps);
}

char *table_count(const standings_t *standings) {
    const size_t *n = standings->findings;
    char *out = text_format("%zu hold, %zu undecided, %zu miss", n[FINDING_HOLDS],
                            n[FINDING_UNDECIDED], n[FINDING_MISSES]);
    return n[FINDING_UNTESTED] ? text_format("%s, %zu untested", out, n[FINDING_UNTESTED]) : out;
}

/* Ratios to the best other are in the row already. */
static bool figure_is_in_row(const claim_t *claim) {
    return claim->key == CLAIM_SPEED_OF_BEST || claim->key == CLAIM_MEMORY_OF_LEANEST;
}

char *table_claim_line(const standing_t *standing, const claim_t *claim) {
    char *text = text_format("%s: %s", table_claim(claim), finding_word(claim->finding));
    return figure_is_in_row(claim) || claim->finding == FINDING_UNTESTED
               ? text
               : text_format("%s, %s", text, table_figure(standing, claim));
}

static void print_claims(FILE *out, const standing_t *standing) {
    size_t column = 0;
    for (size_t i = 0; i < standing->claim_count; i++) {
        const claim_t *claim = &standing->claims[i];
        char *text = text_format("claim %s", table_claim_line(standing, claim));
        if (column > 0 && column + 3 + strlen(text) <= LINE_COLUMNS) {
            column += (size_t)fprintf(out, "   %s", text);
        } else {
            fputs(column > 0 ? "\n" : "", out);
            column = (size_t)fprintf(out, "      %s", text);
        }
    }
    fputs(column > 0 ? "\n" : "", out);
}

static void print_row(FILE *out, const standing_t *standing, int name_columns) {
    fprintf(out, "  %-*s", name_columns, standing->workload);
    for (rivalry_t r = 0; r < RIVALS; r++) {
        const rival_t *rival = &standing->rivals[r];
        fprintf(out, "  %-11s %-21s %-*s", rival->allocator ? rival->allocator : "-",
                table_interval(rival->ratio), r + 1 < RIVALS ? VERDICT_COLUMNS : 0,
                rival->allocator ? table_verdict(rival->verdict, r) : "-");
    }
    fputc('\n', out);
    print_claims(out, standing);
    if (*standing->failures) {
        fprintf(out, "      FAILED samples: %s\n", standing->failures);
    }
}

static void print_head(FILE *out, const standings_t *standings) {
    size_t reps = standings->items[0].reps;
    fprintf(
        out,
        "\nhakmem against the best other allocator of each row, %zu repetitions. Ratios are "
        "hakmem over the other, paired by repetition, with 95 %% intervals.\n"
        "Speed: operations per second; above 1 hakmem is faster. Memory: anonymous bytes, at "
        "the peak and at the end; below 1 hakmem takes less.\n"
        "equal: within the margin, which is shown; open: undecided, not shown to differ and not "
        "shown to be equal.\n"
        "A claim holds where the whole interval keeps to the bound, misses where no part of it "
        "does, and is undecided between.\n",
        reps);
}

static void print_count(FILE *out, const standings_t *standings) {
    static const finding_t order[] = {FINDING_MISSES, FINDING_UNDECIDED, FINDING_UNTESTED};
    size_t all = 0;
    for (finding_t f = 0; f < FINDINGS; f++) {
        all += standings->findings[f];
    }
    if (all == 0) {
        return;
    }
    fprintf(out, "\nClaims: %s\n", table_count(standings));
    for (size_t k = 0; k < sizeof order / sizeof *order; k++) {
        for (size_t i = 0; i < standings->count; i++) {
            const standing_t *s = &standings->items[i];
            for (size_t c = 0; c < s->claim_count; c++) {
                if (s->claims[c].finding == order[k]) {
                    fprintf(out, "  %-9s  %s: %s: %s\n", finding_word(order[k]), s->workload,
                            table_claim(&s->claims[c]), table_figure(s, &s->claims[c]));
                }
            }
        }
    }
}

void table_print(FILE *out, const standings_t *standings) {
    if (standings->count == 0) {
        return;
    }
    int name_columns = NAME_COLUMNS_LEAST;
    for (size_t i = 0; i < standings->count; i++) {
        int length = (int)strlen(standings->items[i].workload);
        name_columns = length > name_columns ? length : name_columns;
    }
    print_head(out, standings);
    fprintf(out, "\n  %-*s  %-*s  %-*s  %s\n", name_columns, "", RIVAL_COLUMNS,
            "fastest other: speed", RIVAL_COLUMNS, "leanest other: peak memory",
            "leanest other: steady memory");
    const char *group = "";
    for (size_t i = 0; i < standings->count; i++) {
        if (strcmp(group, standings->items[i].group) != 0) {
            group = standings->items[i].group;
            fprintf(out, "\n%s\n", group);
        }
        print_row(out, &standings->items[i], name_columns);
    }
    print_count(out, standings);
}

json_t *table_number_json(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *table_interval_json(interval_t r) {
    return json_pack("{s:o, s:o, s:o, s:I}", "ratio", table_number_json(r.mid), "lo",
                     table_number_json(r.lo), "hi", table_number_json(r.hi), "pairs",
                     (json_int_t)r.pairs);
}

static json_t *rival_json(const rival_t *rival, rivalry_t rivalry) {
    json_t *out = table_interval_json(rival->ratio);
    json_object_set_new(out, "allocator",
                        rival->allocator ? json_string(rival->allocator) : json_null());
    json_object_set_new(out, "noise_floor", table_number_json(rival->floor));
    json_object_set_new(
        out, "verdict",
        json_string(analysis_word(rival->verdict,
                                  rivalry == RIVAL_SPEED ? MEASURE_THROUGHPUT : MEASURE_PEAK)));
    return out;
}

static json_t *claim_json(const standing_t *standing, const claim_t *claim) {
    json_t *parts = json_array();
    for (size_t i = 0; i < claim->part_count; i++) {
        const claim_part_t *p = &claim->parts[i];
        json_array_append_new(
            parts,
            json_pack("{s:s, s:s, s:o, s:o, s:o, s:I, s:s}", "of", p->name, "against", p->against,
                      "figure", table_number_json(p->figure.mid), "lo",
                      table_number_json(p->figure.lo), "hi", table_number_json(p->figure.hi),
                      "pairs", (json_int_t)p->figure.pairs, "finding", finding_word(p->finding)));
    }
    return json_pack("{s:s, s:f, s:f, s:s, s:s, s:s, s:o}", "claim", claim_key_name(claim->key),
                     "bound", claim->bound, "extra_kib", claim->extra_kib, "finding",
                     finding_word(claim->finding), "text", table_claim(claim), "figure_text",
                     table_figure(standing, claim), "figures", parts);
}

json_t *table_json(const standings_t *standings) {
    json_t *out = json_array();
    for (size_t i = 0; i < standings->count; i++) {
        const standing_t *s = &standings->items[i];
        json_t *row = json_pack("{s:s, s:s, s:s, s:I, s:s}", "group", s->group, "workload",
                                s->workload, "title", s->title, "repetitions", (json_int_t)s->reps,
                                "failures", s->failures);
        json_t *claims = json_array();
        for (rivalry_t r = 0; r < RIVALS; r++) {
            json_object_set_new(row, rivalry_name(r), rival_json(&s->rivals[r], r));
        }
        for (size_t c = 0; c < s->claim_count; c++) {
            json_array_append_new(claims, claim_json(s, &s->claims[c]));
        }
        json_object_set_new(row, "claims", claims);
        json_array_append_new(out, row);
    }
    return out;
}

json_t *table_findings_json(const standings_t *standings) {
    json_t *out = json_object();
    for (finding_t f = 0; f < FINDINGS; f++) {
        json_object_set_new(out, finding_word(f), json_integer((json_int_t)standings->findings[f]));
    }
    return out;
}
