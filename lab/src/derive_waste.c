/*
 * derive_waste.c - the CSV tables of waste by size. See derive.h; results/README.md lists the
 * columns.
 */
#include "csv.h"
#include "derive.h"
#include "text.h"

#include <math.h>
#include <string.h>

/* Between the ends of a class waste falls along a curve; points this near make it look like one. */
static const double curve_step = 1.03;
/* What is nearer to the point before, and wastes less, cannot be seen. */
static const double least_step = 1.01, least_percent = 0.5;

static double percent(double waste) {
    return 100 * waste;
}

static double over(double bytes, size_t request) {
    return percent(bytes / (double)request - 1);
}

/* libc's classes above 3 KiB are nine thousand, each of next to no waste: of such, only some. */
static bool is_seen(const waste_class_t *c, size_t seen) {
    return over((double)c->usable_bytes, c->first) >= least_percent ||
           (double)c->first >= (double)seen * least_step;
}

static void write_class(FILE *file, size_t place, const char *allocator, const waste_class_t *c) {
    size_t request = c->first;
    do {
        fprintf(file, "%zu,%s,%zu,%zu,", place, allocator, request, c->usable_bytes);
        csv_put(file, over((double)c->usable_bytes, request), "\n");
        size_t next = (size_t)((double)request * curve_step) + 1;
        request = next < c->last || request >= c->last ? next : c->last;
    } while (request <= c->last);
}

static void write_usable(const run_info_t *info, const waste_list_t *wastes) {
    FILE *file = csv_open(info->folder, "waste",
                          "place,allocator,request_bytes,usable_bytes,usable_waste_percent");
    for (size_t i = 0; i < wastes->count; i++) {
        const waste_t *w = &wastes->items[i];
        size_t seen = 0;
        for (size_t j = 0; j < w->class_count; j++) {
            if (is_seen(&w->classes[j], seen)) {
                write_class(file, i, w->allocator, &w->classes[j]);
                seen = w->classes[j].last;
            }
        }
    }
    csv_close(file);
}

static void write_touched(const run_info_t *info, const waste_list_t *wastes) {
    FILE *file = csv_open(info->folder, "waste-touched",
                          "place,allocator,request_bytes,touched_bytes,touched_waste_percent");
    for (size_t i = 0; i < wastes->count; i++) {
        const waste_t *w = &wastes->items[i];
        for (size_t j = 0; j < w->reading_count; j++) {
            const waste_reading_t *r = &w->readings[j];
            fprintf(file, "%zu,%s,%zu,", i, w->allocator, r->request);
            csv_put(file, r->touched_bytes, ",");
            csv_put(file, over(r->touched_bytes, r->request), "\n");
        }
    }
    csv_close(file);
}

enum { DOUBLINGS = 22 };

/* (16, 32], (32, 64], ... up to (2 MiB, 4 MiB]; the first is 1 B to 2 B. */
static void write_doublings(const run_info_t *info, const waste_list_t *wastes) {
    FILE *file = csv_open(info->folder, "waste-doubling",
                          "place,allocator,from_bytes,to_bytes,usable_waste_percent,"
                          "touched_waste_percent");
    for (size_t i = 0; i < wastes->count * DOUBLINGS; i++) {
        const waste_t *w = &wastes->items[i / DOUBLINGS];
        size_t base = (size_t)1 << i % DOUBLINGS;
        waste_range_t range = {"", base == 1 ? 1 : base + 1, 2 * base};
        fprintf(file, "%zu,%s,%zu,%zu,", i / DOUBLINGS, w->allocator, range.from, range.to);
        csv_put(file, percent(waste_usable_mean(w, &range)), ",");
        csv_put(file, percent(waste_touched_mean(w, &range)), "\n");
    }
    csv_close(file);
}

static void write_means(const run_info_t *info, const waste_list_t *wastes) {
    FILE *file = csv_open(info->folder, "waste-mean",
                          "place,allocator,label,status,range,from_bytes,to_bytes,"
                          "usable_waste_percent,touched_waste_percent");
    for (size_t i = 0; i < wastes->count * WASTE_RANGES; i++) {
        const waste_t *w = &wastes->items[i / WASTE_RANGES];
        const waste_range_t *range = &waste_ranges[i % WASTE_RANGES];
        fprintf(file, "%zu,%s,", i / WASTE_RANGES, w->allocator);
        csv_put_text(file, manifest_label(info, w->allocator), ",");
        fprintf(file, "%s,%s,%zu,%zu,", w->status, range->name, range->from, range->to);
        csv_put(file, percent(waste_usable_mean(w, range)), ",");
        csv_put(file, percent(waste_touched_mean(w, range)), "\n");
    }
    csv_close(file);
}

void derive_waste(const run_info_t *info, const waste_list_t *wastes) {
    if (wastes->count > 0) {
        write_usable(info, wastes);
        write_touched(info, wastes);
        write_doublings(info, wastes);
        write_means(info, wastes);
    }
}
