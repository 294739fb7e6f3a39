/*
 * crc32c.c - table-driven, eight bytes at a time (Kounavis & Berry, 2005): each process that
 * replays a trace of a few MB checks it first.
 */
#include "trace/crc32c.h"

enum { SLICES = 8 };
#define STEP(c) (((c)&1) ? ((c) >> 1) ^ UINT32_C(0x82f63b78) : (c) >> 1)

static uint32_t table_entry(uint32_t byte) {
    for (int bit = 0; bit < 8; bit++)
        byte = STEP(byte);
    return byte;
}

/* What a byte makes of the sum when so many bytes have followed it. */
typedef struct tables {
    uint32_t after[SLICES][256];
} tables_t;

static void make_tables(tables_t *tables) {
    for (uint32_t i = 0; i < 256; i++)
        tables->after[0][i] = table_entry(i);
    for (int slice = 1; slice < SLICES; slice++) {
        for (uint32_t i = 0; i < 256; i++) {
            uint32_t before = tables->after[slice - 1][i];
            tables->after[slice][i] = (before >> 8) ^ tables->after[0][before & 0xff];
        }
    }
}

static uint32_t add_eight(const tables_t *tables, uint32_t crc, const unsigned char *at) {
    uint32_t out = 0;
#pragma GCC unroll 8
    for (unsigned i = 0; i < SLICES; i++) {
        uint32_t of_crc = i < 4 ? crc >> (8 * i) & 0xff : 0;
        out ^= tables->after[SLICES - 1 - i][at[i] ^ of_crc];
    }
    return out;
}

uint32_t crc32c(uint32_t crc, const void *bytes, size_t count) {
    tables_t tables;
    const unsigned char *at = bytes, *end = at + count;
    make_tables(&tables);
    crc = ~crc;
    for (; (size_t)(end - at) >= SLICES; at += SLICES)
        crc = add_eight(&tables, crc, at);
    for (; at < end; at++)
        crc = (crc >> 8) ^ tables.after[0][(crc ^ *at) & 0xff];
    return ~crc;
}
