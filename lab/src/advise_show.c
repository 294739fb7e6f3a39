/*
 * advise_show.c - see advise_show.h.
 */
#include "advise_show.h"

#include "csv.h"
#include "text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const advised_t *of(const advice_t *advice, size_t advised) {
    return &advice->adviser->items[advised];
}

static char *setting_of(const advice_t *advice, size_t advised, size_t candidate) {
    const advised_t *a = of(advice, advised);
    return knobs_label(&a->knobs, &a->candidates.items[candidate].choice);
}

/* In quotes where a shell would not take it as it is. */
static char *quoted(const char *text) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-_.,:=/+%@";
    return *text && strspn(text, plain) == strlen(text) ? text_copy(text)
                                                        : text_format("'%s'", text);
}

char *advise_line(const adviser_t *adviser, const advise_look_t *look, size_t advised,
                  size_t candidate) {
    const allocator_t *a = adviser->items[advised].candidates.items[candidate].allocator;
    json_t *all = json_object(), *value;
    const char *name;
    char *out = text_copy("");
    if (a->is_hakmem && look->hakmem_options) {
        json_object_update(all, (json_t *)(uintptr_t)look->hakmem_options);
    }
    if (a->environment) {
        json_object_update(all, a->environment);
    }
    if (a->preload) {
        out = text_format("LD_PRELOAD=%s ", quoted(a->path));
    }
    json_object_foreach(all, name, value) {
        out = text_format("%s%s=%s ", out, name, quoted(json_string_value(value)));
    }
    json_decref(all);
    return text_format("%s%s", out, look->program);
}

/* ---- text ---- */

static char *all_of(const interval_t *ratio) {
    char *out = text_format("speed %s, peak memory %s", stats_change_text(ratio[ADVICE_SPEED]),
                            stats_change_text(ratio[ADVICE_PEAK]));
    return ratio[ADVICE_END].pairs == 0
               ? out
               : text_format("%s, at the end %s", out, stats_change_text(ratio[ADVICE_END]));
}

/* What a point costs, or may cost; "" if it is shown to cost nothing. */
static char *trade(const advice_row_t *row) {
    const interval_t *r = row->ratio[PART_WHOLE];
    const char *speed = "", *peak = "";
    if (!row->as_fast) {
        speed = row->verdict[PART_WHOLE][ADVICE_SPEED] == VERDICT_LOWER ? "it is slower"
                : row->rare > 0 && r[ADVICE_SPEED].lo > 1 ? "its rare work takes longer"
                                                          : "it may be slower";
    }
    if (!row->as_lean) {
        peak = row->verdict[PART_WHOLE][ADVICE_PEAK] == VERDICT_HIGHER ? "it takes more memory"
               : row->verdict[PART_WHOLE][ADVICE_END] == VERDICT_HIGHER
                   ? "it takes more memory at the end"
                   : "it may take more memory";
    }
    return *speed || *peak
               ? text_format("it trades: %s%s%s", speed, *speed && *peak ? ", and " : "", peak)
               : text_copy("");
}

static void print_ratios(FILE *out, const advice_t *advice, const advice_row_t *row) {
    fprintf(out, "            %s\n", all_of(row->ratio[PART_WHOLE]));
    if (advice->adviser->parts.held_out) {
        fprintf(out, "            held out: %s\n", all_of(row->ratio[PART_HELD_OUT]));
    }
    if (*trade(row)) {
        fprintf(out, "            %s\n", trade(row));
    }
}

static void print_point(FILE *out, const advice_t *advice, const advise_look_t *look,
                        size_t advised, goal_t goal) {
    const advice_point_t *point = &advice->points[advised][goal];
    const advice_row_t *row = point->row;
    if (point->reason == REASON_SAME) {
        fprintf(out, "  %-9s keep the default: no setting looked better by more than the margin\n",
                goal_name(goal));
    } else if (point->reason == REASON_NOT_SHOWN) {
        const candidate_t *c = &of(advice, advised)->candidates.items[row->candidate];
        fprintf(out,
                "  %-9s keep the default: %s looked like %+.1f %% speed, %+.1f %% memory;\n"
                "            fresh launches do not show it: %s\n",
                goal_name(goal), setting_of(advice, advised, row->candidate),
                expm1(c->score.speed) * 100, expm1(c->score.peak) * 100,
                all_of(row->ratio[PART_WHOLE]));
        if (advice->adviser->parts.held_out) {
            fprintf(out, "            held out: %s\n", all_of(row->ratio[PART_HELD_OUT]));
        }
    } else {
        fprintf(out, "  %-9s %s\n", goal_name(goal), setting_of(advice, advised, row->candidate));
        print_ratios(out, advice, row);
        fprintf(out, "            %s\n",
                advise_line(advice->adviser, look, advised, row->candidate));
    }
}

static void print_allocator(FILE *out, const advice_t *advice, const advise_look_t *look,
                            size_t advised) {
    const advised_t *a = of(advice, advised);
    size_t tried = 0, singles = 0;
    for (size_t i = 1; i < a->candidates.count; i++) {
        bool measured = a->candidates.items[i].launches > 0;
        tried += measured;
        singles += i < a->singles ? measured : 0;
    }
    fprintf(out, "\n%s %s", a->allocator->name, a->allocator->version);
    if (a->out) {
        fprintf(out, ": left out, it fails at its default\n");
        return;
    }
    fprintf(out, ": %zu settings of one knob, %zu of several", singles, tried - singles);
    fprintf(out, a->untried ? "; %zu not tried for want of time\n" : "\n", a->untried);
    if (tried == 0) {
        fprintf(out, "  nothing was searched: keep the default\n");
        return;
    }
    for (goal_t goal = 0; goal < GOALS; goal++) {
        print_point(out, advice, look, advised, goal);
    }
}

static void print_word(FILE *out, const advice_t *advice, const advise_look_t *look) {
    const advised_t *quo = of(advice, advice->adviser->status_quo);
    fprintf(out, "\nOver all allocators, against %s's default:\n", quo->allocator->name);
    for (goal_t goal = 0; goal < GOALS; goal++) {
        const advice_row_t *row = advice->word[goal].row;
        if (!row) {
            fprintf(out, "  %-9s keep %s's default: nothing is shown to be better\n",
                    goal_name(goal), quo->allocator->name);
            continue;
        }
        fprintf(out, "  %-9s %s: %s\n", goal_name(goal), of(advice, row->advised)->allocator->name,
                setting_of(advice, row->advised, row->candidate));
        print_ratios(out, advice, row);
        fprintf(out, "            %s\n",
                advise_line(advice->adviser, look, row->advised, row->candidate));
    }
}

void advise_print(FILE *out, const advice_t *advice, const advise_look_t *look) {
    const adviser_t *adviser = advice->adviser;
    fprintf(out, "Settings for %s: each allocator over its own default, by %u fresh launches",
            look->workload, adviser->launches);
    fprintf(out, adviser->parts.held_out ? ",\nand on %s; " : ";\n%.0s",
            adviser->parts.held_out ? adviser->parts.held_out->title : "");
    fprintf(out, "a difference within %.3g %% counts as equal; 95 %% intervals.\n",
            adviser->options->margin);
    if (adviser->launches < 3) {
        fprintf(out, "Too few fresh launches to show anything: give it a longer --budget.\n");
    }
    for (size_t a = 0; a < adviser->count; a++) {
        print_allocator(out, advice, look, a);
    }
    print_word(out, advice, look);
    fprintf(out, "\nThe default of %s against itself: %s\n", of(advice, 0)->allocator->name,
            all_of(advice->twin.ratio[PART_WHOLE]));
}

/* ---- JSON ---- */

static json_t *number_or_null(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *interval_json(interval_t r) {
    return json_pack("{s:o, s:o, s:o, s:i}", "ratio", number_or_null(r.mid), "low",
                     number_or_null(r.lo), "high", number_or_null(r.hi), "launches", (int)r.pairs);
}

static json_t *row_json(const advice_t *advice, const advise_look_t *look,
                        const advice_row_t *row) {
    static const char *const parts[ADVISE_PARTS] = {"whole", "held_out"};
    const adviser_t *adviser = advice->adviser;
    json_t *out = json_pack("{s:s, s:s, s:s, s:s, s:b, s:b, s:b, s:b}", "allocator",
                            of(advice, row->advised)->allocator->key, "setting",
                            setting_of(advice, row->advised, row->candidate), "line",
                            advise_line(adviser, look, row->advised, row->candidate), "trades",
                            trade(row), "faster", row->faster, "leaner", row->leaner, "as_fast",
                            row->as_fast, "as_lean", row->as_lean);
    for (size_t part = 0; part < ADVISE_PARTS; part++) {
        if (adviser_part(adviser, part)) {
            json_object_set_new(out, parts[part],
                                json_pack("{s:o, s:o, s:o}", "speed",
                                          interval_json(row->ratio[part][ADVICE_SPEED]), "peak",
                                          interval_json(row->ratio[part][ADVICE_PEAK]), "end",
                                          interval_json(row->ratio[part][ADVICE_END])));
        }
    }
    return out;
}

static json_t *point_json(const advice_t *advice, const advise_look_t *look,
                          const advice_point_t *point) {
    static const char *const words[] = {"change", "keep", "keep"};
    return json_pack("{s:s, s:o*}", "decision", words[point->reason], "row",
                     point->row ? row_json(advice, look, point->row) : NULL);
}

json_t *advise_json(const advice_t *advice, const advise_look_t *look) {
    const adviser_t *adviser = advice->adviser;
    json_t *allocators = json_array(), *word = json_object();
    for (size_t a = 0; a < adviser->count; a++) {
        const advised_t *one = of(advice, a);
        json_t *points = json_object();
        for (goal_t goal = 0; goal < GOALS && !one->out; goal++) {
            json_object_set_new(points, goal_name(goal),
                                point_json(advice, look, &advice->points[a][goal]));
        }
        json_array_append_new(allocators,
                              json_pack("{s:s, s:s, s:i, s:i, s:o}", "allocator",
                                        one->allocator->key, "version", one->allocator->version,
                                        "settings", (int)one->candidates.count - 1, "untried",
                                        (int)one->untried, "points", points));
    }
    for (goal_t goal = 0; goal < GOALS; goal++) {
        json_object_set_new(word, goal_name(goal), point_json(advice, look, &advice->word[goal]));
    }
    return json_pack("{s:s, s:i, s:b, s:o, s:s, s:o}", "workload", look->workload, "launches",
                     (int)adviser->launches, "held_out", adviser->parts.held_out != NULL,
                     "allocators", allocators, "over",
                     of(advice, adviser->status_quo)->allocator->key, "word", word);
}

/* ---- tables ---- */

static char *names_of(const advice_t *advice, const advice_row_t *row) {
    char *out = text_copy("");
    for (goal_t goal = 0; goal < GOALS; goal++) {
        const advice_point_t *point = &advice->points[row->advised][goal];
        if (point->reason == REASON_NONE && point->row->candidate == row->candidate) {
            out = text_format("%s%s%s", out, *out ? " + " : "", goal_name(goal));
        }
    }
    return row->candidate == 0 ? text_copy("default") : *out ? out : text_copy("not shown");
}

/* An interval of too few launches reaches from nothing to anything. */
static interval_t if_known(interval_t r) {
    if (!stats_suffices(r)) {
        r.lo = r.hi = NAN;
    }
    return r;
}

static void derive_front(const char *folder, const advice_t *advice) {
    FILE *file = csv_open(folder, "advise-front",
                          "allocator,label,names,setting,on_front,recommended,throughput_ratio,"
                          "throughput_ratio_lo,throughput_ratio_hi,launches,peak_ratio,"
                          "peak_ratio_lo,peak_ratio_hi,peak_launches,end_ratio,end_ratio_lo,"
                          "end_ratio_hi,end_launches");
    for (size_t i = 0; i < advice->last_count; i++) {
        const advice_row_t *row = &advice->last[i];
        interval_t speed = if_known(row->ratio[PART_WHOLE][ADVICE_SPEED]);
        interval_t peak = if_known(row->ratio[PART_WHOLE][ADVICE_PEAK]);
        const char *key = of(advice, row->advised)->allocator->key;
        csv_put_text(file, key, ",");
        csv_put_text(file, text_format("%s %s", key, names_of(advice, row)), ",");
        csv_put_text(file, names_of(advice, row), ",");
        csv_put_text(file, setting_of(advice, row->advised, row->candidate), ",");
        CSV_PUT(file, advice_on_front(advice, row), advice_in_the_running(advice, row));
        csv_put_interval(file, speed);
        CSV_PUT(file, peak.mid, peak.lo, peak.hi);
        interval_t end = if_known(row->ratio[PART_WHOLE][ADVICE_END]);
        CSV_PUT(file, (double)peak.pairs, end.mid, end.lo, end.hi);
        csv_put(file, (double)end.pairs, "\n");
    }
    csv_close(file);
}

/* Of the search, and so to choose by, not to tell: each value of each knob alone. */
static void derive_knobs(const char *folder, const advice_t *advice) {
    FILE *file =
        csv_open(folder, "advise-knobs",
                 "allocator,knob,value,usual,place,throughput_ratio,peak_ratio,end_ratio,launches");
    for (size_t a = 0; a < advice->adviser->count; a++) {
        const advised_t *one = of(advice, a);
        double place = 0;
        for (size_t k = 0; k < one->knobs.count; k++) {
            for (size_t i = 1; i < one->singles; i++) {
                const candidate_t *c = &one->candidates.items[i];
                if (!c->choice.of[k] || c->launches == 0) {
                    continue;
                }
                const knob_t *knob = &one->knobs.items[k];
                csv_put_text(file, one->allocator->key, ",");
                csv_put_text(file, knob->name, ",");
                csv_put_text(file, knob->values[c->choice.of[k] - 1].label, ",");
                csv_put_text(file, knob->usual, ",");
                CSV_PUT(file, place++, exp(c->score.speed), exp(c->score.peak), exp(c->score.end));
                csv_put(file, (double)c->launches, "\n");
            }
        }
    }
    csv_close(file);
}

void advise_derive(const char *folder, const advice_t *advice) {
    derive_front(folder, advice);
    derive_knobs(folder, advice);
}
