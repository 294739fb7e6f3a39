/*
 * static_text.c - the text writer says what printf would: numbers, pointers, ratios, JSON strings;
 * also where a text is longer than its buffer; errno stays, and what write(2) refused is kept.
 *
 * White box: linked with objects.a.
 */
#include "os/text.h"
#include "test.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

static hak_text_t text;
static int file;

static void start(void) {
    file = memfd_create("text", 0);
    CHECK(file >= 0);
    text_open(&text, file);
}

static void expect(const char *want) {
    static char got[8192];
    text_flush(&text);
    ssize_t length = pread(file, got, sizeof got - 1, 0);
    CHECK(length >= 0 && text.error == 0 && text.length == 0);
    got[length] = '\0';
    CHECK_MSG(strcmp(got, want) == 0, "%.200s, expected %.200s", got, want);
    close(file);
}

static void numbers(void) {
    static const uint64_t values[] = {0, 1, 9, 10, 16, 99, 100, 12345678909, UINT64_MAX};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char want[64];
        snprintf(want, sizeof want, "%llu 0x%llx", (unsigned long long)values[i],
                 (unsigned long long)values[i]);
        start();
        text_u64(&text, values[i]);
        text_str(&text, " ");
        text_pointer(&text, (void *)(uintptr_t)values[i]);
        expect(want);
    }
}

static void ratios(void) {
    static const struct {
        uint32_t millionths;
        const char *want;
    } cases[] = {{1600000, "1.60"},       {1000000, "1.00"},     {1125000, "1.125"},
                 {1010000, "1.01"},       {4000000, "4.00"},     {999999, "0.999999"},
                 {10000001, "10.000001"}, {1090909, "1.090909"}, {0, "0.00"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        start();
        text_ratio(&text, cases[i].millionths);
        expect(cases[i].want);
    }
}

static void json(void) {
    start();
    text_json(&text, NULL);
    text_json(&text, "");
    text_json(&text, "a \"b\" \\ \x01\x1f\n\x20\x7f\xc3\xa9/");
    expect("null\"\"\"a \\\"b\\\" \\\\ \\u0001\\u001f\\u000a \x7f\xc3\xa9/\"");
}

static void longer_than_the_buffer(void) {
    static char want[5 * sizeof text.buffer];
    size_t length = 0;
    start();
    while (length + 8 < sizeof want) {
        length += (size_t)sprintf(want + length, "%zu,", length);
    }
    errno = 77;
    text_str(&text, want);
    CHECK(text.length <= sizeof text.buffer && lseek(file, 0, SEEK_CUR) > 0);
    expect(want);
    CHECK_EQ(errno, 77);
}

/* A text that fits is one write: it is not there before the end. */
static void in_one_write(void) {
    static char want[sizeof text.buffer + 1];
    memset(want, 'x', sizeof text.buffer);
    start();
    text_str(&text, want);
    CHECK_EQ(lseek(file, 0, SEEK_CUR), 0);
    expect(want);
}

static void refused(void) {
    text_open(&text, -1);
    errno = 77;
    text_str(&text, "lost");
    text_flush(&text);
    CHECK(text.error == EBADF && errno == 77);
}

int main(void) {
    numbers();
    ratios();
    json();
    longer_than_the_buffer();
    in_one_write();
    refused();
    return 0;
}
