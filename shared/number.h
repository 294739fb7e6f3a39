/*
 * number.h - numbers on the command line.
 *
 * Strict: the whole word must be a decimal number, within the bounds. Byte counts may end in k, m
 * or g (powers of 1024). Anything else is false, and the caller names the option in its message.
 */
#ifndef SHARED_NUMBER_H
#define SHARED_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

bool number_parse(const char *text, uint64_t least, uint64_t most, uint64_t *out);
bool number_parse_bytes(const char *text, uint64_t least, uint64_t most, uint64_t *out);

#endif
