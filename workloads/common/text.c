/*
 * text.c - see text.h.
 */
#include "common/text.h"

#include "common/die.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

void text_add(text_t *text, const char *format, ...) {
    size_t room = sizeof text->bytes - text->used;
    va_list args;
    va_start(args, format);
    int printed = vsnprintf(text->bytes + text->used, room, format, args);
    va_end(args);
    if (printed < 0 || (size_t)printed >= room)
        die("a result line is longer than %d bytes", TEXT_BYTES);
    text->used += (size_t)printed;
}

void text_add_json_string(text_t *text, const char *value) {
    text_add(text, "\"");
    for (const unsigned char *at = (const unsigned char *)value; *at != '\0'; at++) {
        if (*at == '"' || *at == '\\')
            text_add(text, "\\%c", *at);
        else if (*at < 0x20 || *at >= 0x7f)
            text_add(text, "\\u%04x", *at);
        else
            text_add(text, "%c", *at);
    }
    text_add(text, "\"");
}

int text_write(const text_t *text, int fd) {
    for (size_t done = 0; done < text->used;) {
        ssize_t wrote = write(fd, text->bytes + done, text->used - done);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return wrote == 0 ? EIO : errno;
        done += (size_t)wrote;
    }
    return 0;
}
