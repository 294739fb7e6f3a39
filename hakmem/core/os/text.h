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
    char buffer[256]; /* a line of the trace is shorter; the stack has little room */
} hak_text_t;

void text_open(hak_text_t *text, int fd);
void text_flush(hak_text_t *text);
void text_str(hak_text_t *text, const char *s);
void text_u64(hak_text_t *text, uint64_t value);
void text_pointer(hak_text_t *text, const void *pointer); /* 0x… */
/* A ratio in millionths with at least two decimals and no idle zero: 1.60, 1.125. */
void text_ratio(hak_text_t *text, uint32_t millionths);
/* A JSON string with its quotes and escapes; NULL becomes null. */
void text_json(hak_text_t *text, const char *s);

#endif
