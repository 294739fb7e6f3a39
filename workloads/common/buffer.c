/*
 * buffer.c - see buffer.h.
 */
#include "common/buffer.h"

#include "shared/die.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

void buffer_add(buffer_t *text, const char *format, ...) {
    size_t room = sizeof text->bytes - text->used;
    va_list args;
    va_start(args, format);
    int printed = vsnprintf(text->bytes + text->used, room, format, args);
    va_end(args);
    if (printed < 0 || (size_t)printed >= room)
        die("a result line is longer than %d bytes", BUFFER_BYTES);
    text->used += (size_t)printed;
}

void buffer_add_json_string(buffer_t *text, const char *value) {
    buffer_add(text, "\"");
    for (const unsigned char *at = (const unsigned char *)value; *at != '\0'; at++) {
        if (*at == '"' || *at == '\\')
            buffer_add(text, "\\%c", *at);
        else if (*at < 0x20 || *at >= 0x7f)
            buffer_add(text, "\\u%04x", *at);
        else
            buffer_add(text, "%c", *at);
    }
    buffer_add(text, "\"");
}

int buffer_write(const buffer_t *text, int fd) {
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
