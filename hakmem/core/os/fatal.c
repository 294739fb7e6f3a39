/*
 * fatal.c - see fatal.h. Uses the text writer and the OS layer only, so that it works at any
 * time: with locks held, in the middle of start-up, with a corrupt heap.
 */
#include "fatal.h"

#include "os.h"
#include "text.h"

_Noreturn void hak_fatal(const char *what, const void *pointer) {
    hak_text_t text;
    text_note(&text, "fatal: ");
    text_str(&text, what);
    text_str(&text, ": ");
    text_pointer(&text, pointer);
    text_str(&text, "\n");
    text_flush(&text);
    os_abort();
}
