/*
 * knobs.c - reads baselines/knobs.json, and makes environments of choices. See knobs.h.
 */
#include "knobs.h"

#include "file.h"
#include "text.h"

#include <string.h>

#define KNOBS_FILE "baselines/knobs.json"

static const char *string_of(const json_t *object, const char *key, const char *where) {
    const char *text = json_string_value(json_object_get(object, key));
    if (!text) {
        fail("%s: a knob has no \"%s\"", where, key);
    }
    return text_copy(text);
}

/* "MALLOC_CONF=narenas:%" with 2: "MALLOC_CONF=narenas:2". */
static char *fill_in(const char *form, const char *value, const char *where) {
    const char *place = strchr(form, '%'), *equals = strchr(form, '=');
    if (!place || !equals || place < equals) {
        fail("%s: \"set\": \"%s\" is no VARIABLE=text with a %% for the value", where, form);
    }
    return text_format("%.*s%s%s", (int)(place - form), form, value, place + 1);
}

/* "50"; or as knobs_json writes it, {"label": "trace", "set": ["HAKMEM_MID_CLASSES=…", …]}. */
static void read_value(const json_t *knob, const json_t *value, const char *where,
                       knob_value_t *out) {
    const char *text = json_string_value(value);
    if (text) {
        out->label = text_copy(text);
        text_list_add(&out->set, fill_in(string_of(knob, "set", where), text, where));
        return;
    }
    const json_t *set = json_object_get(value, "set");
    out->label = string_of(value, "label", where);
    for (size_t i = 0; i < json_array_size(set); i++) {
        text_list_add(&out->set, json_string_value(json_array_get(set, i)));
    }
    if (out->set.count == 0) {
        fail("%s: a value sets nothing", where);
    }
}

static knob_t read_knob(const json_t *object, const char *where) {
    knob_t out = {.name = string_of(object, "name", where),
                  .usual = string_of(object, "default", where),
                  .threads = json_is_true(json_object_get(object, "threads")),
                  .classes = json_object_get(object, "classes")};
    const json_t *values = json_object_get(object, "values");
    if (json_array_size(values) > KNOB_VALUES_MOST || (!out.classes && !json_is_array(values))) {
        fail("%s: %s needs an array of at most %d values", where, out.name, KNOB_VALUES_MOST);
    }
    for (size_t i = 0; i < json_array_size(values); i++) {
        read_value(object, json_array_get(values, i), where, &out.values[out.count++]);
    }
    return out;
}

void knobs_read(const json_t *object, const char *where, knob_table_t *out) {
    const json_t *knobs = json_object_get(object, "knobs");
    const char *join = json_string_value(json_object_get(object, "join"));
    *out = (knob_table_t){.join = join ? text_copy(join) : NULL};
    if (json_array_size(knobs) > KNOBS_MOST) {
        fail("%s: more than %d knobs", where, KNOBS_MOST);
    }
    for (size_t i = 0; i < json_array_size(knobs); i++) {
        out->items[out->count++] = read_knob(json_array_get(knobs, i), where);
    }
}

json_t *knobs_json(const knob_table_t *table) {
    json_t *knobs = json_array();
    for (size_t i = 0; i < table->count; i++) {
        const knob_t *knob = &table->items[i];
        json_t *values = json_array();
        for (size_t v = 0; v < knob->count; v++) {
            json_t *set = json_array();
            for (size_t j = 0; j < knob->values[v].set.count; j++) {
                json_array_append_new(set, json_string(knob->values[v].set.items[j]));
            }
            json_array_append_new(
                values, json_pack("{s:s, s:o}", "label", knob->values[v].label, "set", set));
        }
        json_array_append_new(knobs,
                              json_pack("{s:s, s:s, s:b, s:o}", "name", knob->name, "default",
                                        knob->usual, "threads", knob->threads, "values", values));
    }
    return json_pack("{s:s*, s:o}", "join", table->join, "knobs", knobs);
}

void knobs_load(const char *root, const char *allocator, knob_table_t *out) {
    json_error_t error;
    char *path = text_format("%s/" KNOBS_FILE, root);
    json_t *file = json_load_file(path, 0, &error);
    if (!file) {
        fail("%s:%d: %s", path, error.line, error.text);
    }
    knobs_read(json_object_get(json_object_get(file, "allocators"), allocator), path, out);
    /* the file stays: knobs of classes point into it */
}

/* ---- classes of a trace ---- */

static bool is_known(const knob_t *knob, const text_list_t *set) {
    for (size_t i = 0; i < knob->count; i++) {
        const text_list_t *other = &knob->values[i].set;
        bool same = other->count == set->count;
        for (size_t j = 0; same && j < set->count; j++) {
            same = strcmp(other->items[j], set->items[j]) == 0;
        }
        if (same) {
            return true;
        }
    }
    return false;
}

/* The lines that haktrace prints; none where it finds no table better. */
static text_list_t ask_haktrace(const char *root, const char *trace, const json_t *words) {
    const char *argv[KNOB_VALUES_MOST + 6] = {text_format("%s/bin/haktrace", root), "classes",
                                              trace, "--format=hakmem"};
    text_list_t out = {0};
    for (size_t i = 0; i < json_array_size(words) && i < KNOB_VALUES_MOST; i++) {
        argv[4 + i] = json_string_value(json_array_get(words, i));
    }
    char *text = capture(argv), *rest = NULL;
    for (char *line = text ? strtok_r(text, "\n", &rest) : NULL; line;
         line = strtok_r(NULL, "\n", &rest)) {
        if (strchr(line, '=')) {
            text_list_add(&out, line);
        }
    }
    return out;
}

void knobs_fit_classes(knob_table_t *table, const char *root, const char *trace) {
    for (size_t i = 0; i < table->count; i++) {
        knob_t *knob = &table->items[i];
        const char *label;
        json_t *words, *classes = (json_t *)(uintptr_t)knob->classes;
        knob->count = classes ? 0 : knob->count;
        json_object_foreach(classes, label, words) {
            text_list_t set = {0};
            if (trace && knob->count < KNOB_VALUES_MOST) {
                set = ask_haktrace(root, trace, words);
            }
            if (set.count > 0 && !is_known(knob, &set)) {
                knob->values[knob->count++] = (knob_value_t){text_copy(label), set};
            }
        }
    }
}

/* ---- choices ---- */

json_t *knobs_environment(const knob_table_t *table, const choice_t *choice) {
    json_t *out = json_object();
    for (size_t i = 0; i < table->count; i++) {
        const knob_value_t *value =
            choice->of[i] ? &table->items[i].values[choice->of[i] - 1] : NULL;
        for (size_t j = 0; value && j < value->set.count; j++) {
            const char *line = value->set.items[j], *text = strchr(line, '=') + 1;
            char *variable = text_format("%.*s", (int)(text - 1 - line), line);
            const char *before = json_string_value(json_object_get(out, variable));
            char *all = before
                            ? text_format("%s%s%s", before, table->join ? table->join : ",", text)
                            : text_copy(text);
            json_object_set_new(out, variable, json_string(all));
        }
    }
    return out;
}

char *knobs_label(const knob_table_t *table, const choice_t *choice) {
    char *out = text_copy("");
    for (size_t i = 0; i < table->count; i++) {
        const knob_t *knob = &table->items[i];
        if (choice->of[i]) {
            out = text_format("%s%s%s=%s", out, *out ? " " : "", knob->name,
                              knob->values[choice->of[i] - 1].label);
        }
    }
    return *out ? out : text_copy("default");
}

unsigned knobs_changed(const choice_t *choice) {
    unsigned out = 0;
    for (size_t i = 0; i < KNOBS_MOST; i++) {
        out += choice->of[i] != 0;
    }
    return out;
}
