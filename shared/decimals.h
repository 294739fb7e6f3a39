/*
 * decimals.h - exact decimals, their lists, and durations, as the command line writes them.
 *
 * A W_MAX value is kept as a whole number of ten-thousandths: 1.60 is 16000. So a range such as
 * 1.0:2.0:0.1 has exactly eleven values, and what reaches the allocator is the text that the user
 * would have typed ("1.10", never "1.1000000000000001").
 */
#ifndef SHARED_DECIMALS_H
#define SHARED_DECIMALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef int64_t dec_t;
enum { DEC_ONE = 10000, DEC_TEXT = 48, DEC_LIST_MAX = 64 };

typedef struct dec_list {
    dec_t values[DEC_LIST_MAX]; /* ascending, each once */
    size_t count;
} dec_list_t;

/* "1", "1.6", "1.0125": up to four digits behind the point, no sign. */
bool dec_parse(const char *text, dec_t *out);
/* At least two digits behind the point: "1.60", "1.0125". */
void dec_print(dec_t value, char out[DEC_TEXT]);
double dec_double(dec_t value);

/* A comma-separated list of values and FROM:TO:STEP ranges (TO included where a step meets it).
 * Every value must lie in [min, max]. NULL, or what is wrong with it. */
const char *dec_list_parse(const char *text, dec_t min, dec_t max, dec_list_t *out);
bool dec_list_has(const dec_list_t *list, dec_t value);
char *dec_list_print(const dec_list_t *list);

/* "90", "90s", "10m", "1.5h" in seconds; must be above 0. */
bool duration_parse(const char *text, double *seconds);

#endif
