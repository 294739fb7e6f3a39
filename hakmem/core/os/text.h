/*
 * text.h - builds text in a buffer of its own and writes it to a file descriptor: what stdio
 * would do, without allocating, without locks, keeping errno. A text that fits the buffer reaches
 * the descriptor in one write(2) at text_flush. Not shared between threads.
 */
#ifndef HAK_TEXT_H
#define HAK_TEXT_H

#include "../base/base.h"

typedef struct hak_text {
    int fd;
    int error; /* errno of the first write that failed, else 0 */
    size_t length;
    char buffer[224]; /* a line of the trace is shorter; the stack has little room */
} hak_text_t;

void text_open(hak_text_t *text, int fd);
/* A line on stderr that says whose it is, and what it begins with. */
void text_note(hak_text_t *text, const char *what);
void text_flush(hak_text_t *text);
void text_str(hak_text_t *text, const char *s);
void text_u64(hak_text_t *text, uint64_t value);
/* The words before a number, and the number. */
void text_figure(hak_text_t *text, const char *label, uint64_t value);
typedef struct hak_figure {
    const char *label;
    uint64_t value;
} hak_figure_t;
void text_figures(hak_text_t *text, const hak_figure_t *figures, size_t count);
#define FIGURES(...)                                                                               \
    (const hak_figure_t[]){__VA_ARGS__},                                                           \
        sizeof((const hak_figure_t[]){__VA_ARGS__}) / sizeof(hak_figure_t)

void text_pointer(hak_text_t *text, const void *pointer); /* 0x… */
/* A ratio in millionths with at least two decimals and no idle zero: 1.60, 1.125. */
void text_ratio(hak_text_t *text, uint32_t millionths);
/* A JSON string with its quotes and escapes; NULL becomes null. */
void text_json(hak_text_t *text, const char *s);

#endif
