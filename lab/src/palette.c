/*
 * palette.c - see palette.h.
 */
#include "palette.h"

#include "csv.h"
#include "text.h"

#include <string.h>

static const struct {
    const char *key; /* NULL: anyone's */
    paint_t paint;
} paints[] = {
    {"hakmem", {0x0072b2, 5}},    {"glibc", {0xe69f00, 7}},     {"mimalloc", {0x009e73, 9}},
    {"jemalloc", {0xd55e00, 13}}, {"tcmalloc", {0xcc79a7, 11}}, {NULL, {0x56b4e9, 4}},
    {NULL, {0x4f4f4f, 3}},        {NULL, {0x8f8f8f, 6}},        {NULL, {0x8c6d1f, 8}},
    {NULL, {0x5e3c99, 10}},       {NULL, {0x7b2d26, 12}},       {NULL, {0x1b5e5a, 2}},
};
enum { PAINTS = sizeof paints / sizeof *paints };

static const char *key_at(const run_info_t *info, size_t place) {
    return json_string_value(json_object_get(json_array_get(info->allocators, place), "key"));
}

/* The place in the table above of the allocator's own colours; PAINTS: it has none. */
static size_t own_paint(const char *key) {
    size_t i = 0;
    while (i < PAINTS && !(key && paints[i].key && strcmp(paints[i].key, key) == 0)) {
        i++;
    }
    return i;
}

static bool is_taken(const run_info_t *info, size_t paint) {
    return paints[paint].key && manifest_place(info->allocators, "key", paints[paint].key) <
                                    json_array_size(info->allocators);
}

paint_t palette_of(const run_info_t *info, size_t place) {
    size_t own = own_paint(key_at(info, place)), before = 0, free_paints[PAINTS], count = 0;
    if (own < PAINTS) {
        return paints[own].paint;
    }
    for (size_t i = 0; i < place; i++) {
        before += own_paint(key_at(info, i)) == PAINTS;
    }
    /* Those without an owner first, then those whose owner takes no part. */
    for (size_t i = 0; i < 2 * PAINTS; i++) {
        size_t paint = i % PAINTS;
        if (i < PAINTS ? !paints[paint].key : paints[paint].key && !is_taken(info, paint)) {
            free_paints[count++] = paint;
        }
    }
    return paints[free_paints[before % count]].paint;
}

void palette_write(const run_info_t *info) {
    FILE *file = csv_open(info->folder, "allocators", "place,allocator,label,rgb,mark");
    for (size_t i = 0; i < json_array_size(info->allocators); i++) {
        paint_t paint = palette_of(info, i);
        fprintf(file, "%zu,%s,", i, key_at(info, i));
        csv_put_text(file, manifest_label(info, key_at(info, i)), ",");
        fprintf(file, "%u,%d\n", paint.rgb, paint.mark);
    }
    csv_close(file);
}
