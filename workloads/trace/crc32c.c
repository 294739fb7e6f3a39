/*
 * crc32c.c - table-driven, a byte at a time: a trace is a few MB, and loading one is not timed.
 */
#include "trace/crc32c.h"

#define STEP(c) (((c)&1) ? ((c) >> 1) ^ UINT32_C(0x82f63b78) : (c) >> 1)

static uint32_t table_entry(uint32_t byte) {
    for (int bit = 0; bit < 8; bit++)
        byte = STEP(byte);
    return byte;
}

uint32_t crc32c(uint32_t crc, const void *bytes, size_t count) {
    uint32_t table[256];
    const unsigned char *at = bytes;
    for (uint32_t i = 0; i < 256; i++)
        table[i] = table_entry(i);
    crc = ~crc;
    for (size_t i = 0; i < count; i++)
        crc = (crc >> 8) ^ table[(crc ^ at[i]) & 0xff];
    return ~crc;
}
