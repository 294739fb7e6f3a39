/*
 * page_method.c - see page_method.h.
 */
#include "page_method.h"

#include "text.h"

#include <math.h>
#include <string.h>

static void put_fact(json_t *facts, const char *name, const char *value) {
    json_array_append_new(facts, json_pack("{s:s, s:s}", "name", name, "value", value));
}

static const char *string_of(const json_t *facts, const char *key) {
    const char *text = json_string_value(json_object_get(facts, key));
    return text ? text : "unknown";
}

static double load_of(const json_t *facts) {
    const json_t *load = json_array_get(json_object_get(facts, "load_average"), 0);
    return load ? json_number_value(load) : NAN;
}

static char *command_line(const json_t *manifest) {
    const json_t *words = json_object_get(manifest, "command_line");
    char *out = text_copy("run_sweep");
    for (size_t i = 1; i < json_array_size(words); i++) {
        out = text_format("%s %s", out, json_string_value(json_array_get(words, i)));
    }
    return out;
}

static char *repetitions(const json_t *manifest) {
    const char *phase;
    json_t *count;
    char *out = text_copy("");
    json_object_foreach(json_object_get(manifest, "repetitions"), phase, count) {
        out = text_format("%s%s%s %lld", out, *out ? ", " : "", phase, json_integer_value(count));
    }
    return *out ? text_format("%s at most", out) : text_copy("not yet fixed");
}

json_t *page_facts(const json_t *manifest) {
    const json_t *facts = json_object_get(manifest, "machine");
    const json_t *after = json_object_get(manifest, "machine_at_end");
    json_t *out = json_array();
    put_fact(out, "command", command_line(manifest));
    put_fact(out, "machine",
             text_format("%s, %lld cores, %s of memory", string_of(facts, "cpu"),
                         json_integer_value(json_object_get(facts, "cores")),
                         text_bytes(json_number_value(json_object_get(facts, "memory_bytes")))));
    put_fact(out, "system",
             text_format("%s, %s, C library %s", string_of(facts, "distribution"),
                         string_of(facts, "kernel"), string_of(facts, "libc")));
    put_fact(out, "settings",
             text_format("governor %s, transparent huge pages %s, ASLR %s, overcommit %s",
                         string_of(facts, "governor"), string_of(facts, "thp_enabled"),
                         string_of(facts, "aslr"), string_of(facts, "overcommit")));
    put_fact(out, "load average",
             after
                 ? text_format("%.2f at the start, %.2f at the end", load_of(facts), load_of(after))
                 : text_format("%.2f at the start; the run was interrupted", load_of(facts)));
    put_fact(out, "pinning to processors", string_of(facts, "pinning"));
    put_fact(out, "repetitions", repetitions(manifest));
    put_fact(out, "seed of order and noise floors",
             text_format("%lld", json_integer_value(json_object_get(manifest, "seed"))));
    return out;
}
