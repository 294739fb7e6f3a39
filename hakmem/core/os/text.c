/* text.c - see text.h. */
#include "text.h"

#include <errno.h>
#include <string.h>

#include "os.h"

void text_open(hak_text_t *text, int fd) {
    text->fd = fd;
    text->error = 0;
    text->length = 0;
}

void text_flush(hak_text_t *text) {
    if (text->length == 0) {
        return;
    }
    int saved_errno = errno;
    int error = os_write(text->fd, text->buffer, text->length);
    if (error != 0 && text->error == 0) {
        text->error = error;
    }
    text->length = 0;
    errno = saved_errno;
}

static void put(hak_text_t *text, char c) {
    if (text->length == sizeof(text->buffer)) {
        text_flush(text);
    }
    text->buffer[text->length++] = c;
}

void text_str(hak_text_t *text, const char *s) {
    for (; *s != '\0'; s++) {
        put(text, *s);
    }
}

static void put_digits(hak_text_t *text, uint64_t value, unsigned base) {
    char digits[20];
    size_t n = 0;
    do {
        digits[n++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    while (n > 0) {
        put(text, digits[--n]);
    }
}

void text_u64(hak_text_t *text, uint64_t value) {
    put_digits(text, value, 10);
}

void text_note(hak_text_t *text, const char *what) {
    text_open(text, OS_STDERR);
    text_str(text, "[hakmem] ");
    text_str(text, what);
}

void text_figure(hak_text_t *text, const char *label, uint64_t value) {
    text_str(text, label);
    text_u64(text, value);
}

void text_figures(hak_text_t *text, const hak_figure_t *figures, size_t count) {
    for (size_t i = 0; i < count; i++) {
        text_figure(text, figures[i].label, figures[i].value);
    }
}

void text_pointer(hak_text_t *text, const void *pointer) {
    text_str(text, "0x");
    put_digits(text, (uintptr_t)pointer, 16);
}

void text_ratio(hak_text_t *text, uint32_t millionths) {
    text_u64(text, millionths / 1000000);
    put(text, '.');
    char digits[6];
    int count = 6;
    for (uint32_t rest = millionths % 1000000, i = 6; i > 0; i--, rest /= 10) {
        digits[i - 1] = (char)('0' + rest % 10);
    }
    while (count > 2 && digits[count - 1] == '0') {
        count--;
    }
    for (int i = 0; i < count; i++) {
        put(text, digits[i]);
    }
}

void text_json(hak_text_t *text, const char *s) {
    if (s == NULL) {
        text_str(text, "null");
        return;
    }
    put(text, '"');
    for (; *s != '\0'; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\') {
            put(text, '\\');
            put(text, (char)c);
        } else if (c < 0x20) {
            text_str(text, "\\u00");
            put(text, "0123456789abcdef"[c >> 4]);
            put(text, "0123456789abcdef"[c & 15]);
        } else {
            put(text, (char)c);
        }
    }
    put(text, '"');
}
