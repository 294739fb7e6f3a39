/*
 * lines.c - see lines.h.
 */
#include "lines.h"

#include "shared/die.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void lines_open(lines_t *lines, const sink_t *file, const char *path) {
    *lines = (lines_t){.next = (const char *)file->bytes,
                       .end = (const char *)file->bytes + file->used,
                       .path = path};
}

void lines_close(lines_t *lines) {
    free(lines->text);
}

bool lines_next(lines_t *lines) {
    while (lines->next < lines->end) {
        const char *stop = memchr(lines->next, '\n', (size_t)(lines->end - lines->next));
        size_t length = (size_t)((stop == NULL ? lines->end : stop) - lines->next);
        if (length + 1 > lines->room) {
            lines->room = 2 * length + 256;
            lines->text = realloc(lines->text, lines->room);
            if (lines->text == NULL)
                die("%s: no memory for line %" PRIu64, lines->path, lines->number + 1);
        }
        memcpy(lines->text, lines->next, length);
        if (length > 0 && lines->text[length - 1] == '\r')
            length--;
        lines->text[length] = '\0';
        lines->at = lines->text;
        lines->next = stop == NULL ? lines->end : stop + 1;
        lines->number++;
        if (length > 0)
            return true;
    }
    return false;
}

static void skip_blanks(lines_t *lines) {
    while (*lines->at == ' ' || *lines->at == '\t')
        lines->at++;
}

bool lines_number(lines_t *lines, int base, uint64_t *out) {
    char *end;
    skip_blanks(lines);
    /* strtoull takes signs, which are no numbers here */
    if (*lines->at == '-' || *lines->at == '+')
        return false;
    errno = 0;
    *out = strtoull(lines->at, &end, base);
    if (end == lines->at || errno != 0)
        return false;
    lines->at = end;
    return true;
}

bool lines_word(lines_t *lines, char *out, size_t room) {
    skip_blanks(lines);
    size_t length = strcspn(lines->at, " \t");
    if (length == 0 || length >= room)
        return false;
    memcpy(out, lines->at, length);
    out[length] = '\0';
    lines->at += length;
    return true;
}

bool lines_end(lines_t *lines) {
    skip_blanks(lines);
    return *lines->at == '\0';
}

bool lines_fault(const lines_t *lines, const char *expected, trace_error_t *error) {
    return trace_fault(error, lines->path, "line %" PRIu64 " '%.60s': expected %s", lines->number,
                       lines->text == NULL ? "" : lines->text, expected);
}
