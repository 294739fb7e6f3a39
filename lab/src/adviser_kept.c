/*
 * adviser_kept.c - see adviser_kept.h.
 */
#include "adviser_kept.h"

#include "text.h"

#include <math.h>

static json_t *numbers(const unsigned char *from, size_t count) {
    json_t *out = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(out, json_integer(from[i]));
    }
    return out;
}

static json_t *number_or_null(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *adviser_found(const adviser_t *adviser) {
    json_t *all = json_array();
    for (size_t a = 0; a < adviser->count; a++) {
        const advised_t *one = &adviser->items[a];
        json_t *candidates = json_array(), *nominees = json_array();
        for (size_t i = 0; i < one->candidates.count; i++) {
            const candidate_t *c = &one->candidates.items[i];
            json_array_append_new(candidates, json_pack("{s:o, s:o, s:o, s:o, s:I}", "choice",
                                                        numbers(c->choice.of, one->knobs.count),
                                                        "speed", number_or_null(c->score.speed),
                                                        "peak", number_or_null(c->score.peak),
                                                        "end", number_or_null(c->score.end),
                                                        "launches", (json_int_t)c->launches));
        }
        for (size_t i = 0; i < one->nominee_count; i++) {
            json_array_append_new(nominees, json_integer((json_int_t)one->nominees[i]));
        }
        json_array_append_new(all,
                              json_pack("{s:o, s:o, s:I, s:I, s:b}", "candidates", candidates,
                                        "nominees", nominees, "singles", (json_int_t)one->singles,
                                        "untried", (json_int_t)one->untried, "out", one->out));
    }
    return json_pack("{s:i, s:b, s:o}", "launches", (int)adviser->launches, "held_out",
                     adviser->parts.held_out != NULL, "allocators", all);
}

static double number_of(const json_t *value) {
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static void read_candidates(advised_t *one, const json_t *candidates) {
    one->candidates = (candidates_t){
        text_alloc((json_array_size(candidates) + 1) * sizeof *one->candidates.items),
        json_array_size(candidates)};
    for (size_t i = 0; i < one->candidates.count; i++) {
        const json_t *row = json_array_get(candidates, i);
        candidate_t *c = &one->candidates.items[i];
        const json_t *choice = json_object_get(row, "choice");
        for (size_t k = 0; k < json_array_size(choice) && k < KNOBS_MOST; k++) {
            c->choice.of[k] = (unsigned char)json_integer_value(json_array_get(choice, k));
        }
        c->score = (score_t){number_of(json_object_get(row, "speed")),
                             number_of(json_object_get(row, "peak")),
                             number_of(json_object_get(row, "end"))};
        c->launches = (size_t)json_integer_value(json_object_get(row, "launches"));
    }
    adviser_set_allocators(one);
}

void adviser_read(adviser_t *adviser, const json_t *found) {
    const json_t *all = json_object_get(found, "allocators");
    adviser->launches = (unsigned)json_integer_value(json_object_get(found, "launches"));
    if (!json_is_true(json_object_get(found, "held_out"))) {
        adviser->parts.held_out = NULL;
    }
    for (size_t a = 0; a < adviser->count; a++) {
        advised_t *one = &adviser->items[a];
        const json_t *row = json_array_get(all, a), *nominees = json_object_get(row, "nominees");
        read_candidates(one, json_object_get(row, "candidates"));
        one->singles = (size_t)json_integer_value(json_object_get(row, "singles"));
        one->untried = (size_t)json_integer_value(json_object_get(row, "untried"));
        one->out = json_is_true(json_object_get(row, "out"));
        for (size_t i = 0; i < json_array_size(nominees) && i < GOALS; i++) {
            one->nominees[one->nominee_count++] =
                (size_t)json_integer_value(json_array_get(nominees, i));
        }
    }
}
