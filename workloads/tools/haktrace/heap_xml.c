/*
 * heap_xml.c - malloc_info.
 *
 * scudo: '<alloc size="S" count="N"/>' for the blocks that are alive.
 *
 * glibc writes the bins of its free lists, '<size from="A" to="B" total="T" count="N"/>': which
 * sizes were freed and wait, not which are alive. It says what the program uses and gives back,
 * which is all there is; a size that is never freed is not in it. Chunks are a multiple of 16 with
 * 8 bytes of glibc's own, and their flags are in the figures.
 */
#include "sizes_load.h"

#include "lines.h"

#include "shared/die.h"

#include <stdio.h>

static const char head[] = "<malloc version=\"";

static bool xml_matches(const sink_t *file) {
    return sink_starts(file, head);
}

/* The number in name="…"; false: there is none. */
static bool attribute(lines_t *lines, const char *element, const char *name, uint64_t *out) {
    char text[32];
    snprintf(text, sizeof text, " %s=\"", name);
    const char *found = strstr(element, text);
    if (found == NULL)
        return false;
    lines->at = found + strlen(text);
    return lines_number(lines, 10, out) && *lines->at == '"';
}

static bool read_alive(lines_t *lines, const char *element, sizes_t *out) {
    uint64_t size, count;
    if (!attribute(lines, element, "size", &size) || !attribute(lines, element, "count", &count))
        return false;
    if (count > 0)
        sizes_add(out, size, (double)count);
    return true;
}

static bool read_bin(lines_t *lines, const char *element, sizes_t *out) {
    uint64_t total, count;
    if (!attribute(lines, element, "total", &total) || !attribute(lines, element, "count", &count))
        return false;
    uint64_t chunk = count == 0 ? 0 : total / count / 16 * 16;
    if (chunk > 8)
        sizes_add(out, chunk - 8, (double)count);
    return true;
}

static bool xml_read(const sink_t *file, const char *path, sizes_t *out, trace_error_t *error) {
    lines_t lines;
    bool good = true, has_bins = false;
    lines_open(&lines, file, path);
    while (good && lines_next(&lines)) {
        const char *alive = strstr(lines.text, "<alloc "), *bin = strstr(lines.text, "<size ");
        const char *unsorted = strstr(lines.text, "<unsorted ");
        if (alive != NULL)
            good = read_alive(&lines, alive, out) ||
                   lines_fault(&lines, "<alloc size=\"…\" count=\"…\"/>", error);
        bin = bin == NULL ? unsorted : bin;
        if (bin != NULL)
            good =
                read_bin(&lines, bin, out) ||
                lines_fault(&lines, "<size from=\"…\" to=\"…\" total=\"…\" count=\"…\"/>", error);
        has_bins |= bin != NULL;
    }
    lines_close(&lines);
    if (good && has_bins)
        warn("%s: glibc lists free blocks only: the table is for what was freed, not for what is "
             "alive",
             path);
    return good;
}

const snapshot_format_t snapshot_malloc_info = {xml_matches, xml_read};
