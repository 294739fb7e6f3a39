/*
 * addresses.c - see addresses.h.
 */
#include "trace/addresses.h"

#include "common/arena.h"

#include <stddef.h>

enum { ROOM_FIRST = 1024 };

static uint64_t home_of(const addresses_t *table, uint64_t address) {
    return (address * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (table->room - 1);
}

static address_entry_t *probe(const addresses_t *table, uint64_t address) {
    uint64_t at = home_of(table, address);
    while (table->entries[at].address != 0 && table->entries[at].address != address)
        at = (at + 1) & (table->room - 1);
    return &table->entries[at];
}

void addresses_open(addresses_t *table) {
    *table = (addresses_t){.entries = arena_alloc(ROOM_FIRST, sizeof(address_entry_t)),
                           .room = ROOM_FIRST};
}

void addresses_close(addresses_t *table) {
    arena_free(table->entries, table->room, sizeof(address_entry_t));
}

address_entry_t *addresses_find(const addresses_t *table, uint64_t address) {
    address_entry_t *entry = probe(table, address);
    return entry->address == 0 ? NULL : entry;
}

static void grow(addresses_t *table) {
    addresses_t larger = {.entries = arena_alloc(2 * table->room, sizeof(address_entry_t)),
                          .room = 2 * table->room,
                          .used = table->used};
    for (uint64_t i = 0; i < table->room; i++) {
        if (table->entries[i].address != 0)
            *probe(&larger, table->entries[i].address) = table->entries[i];
    }
    addresses_close(table);
    *table = larger;
}

void addresses_put(addresses_t *table, uint64_t address, uint64_t value) {
    if (2 * table->used >= table->room)
        grow(table);
    *probe(table, address) = (address_entry_t){address, value};
    table->used++;
}

/* Entries behind the gap move up, unless their home lies behind it too. */
void addresses_remove(addresses_t *table, address_entry_t *entry) {
    uint64_t mask = table->room - 1, gap = (uint64_t)(entry - table->entries), at = gap;
    table->entries[gap].address = 0;
    table->used--;
    for (;;) {
        at = (at + 1) & mask;
        if (table->entries[at].address == 0)
            return;
        uint64_t home = home_of(table, table->entries[at].address);
        if (((at - home) & mask) < ((at - gap) & mask))
            continue;
        table->entries[gap] = table->entries[at];
        table->entries[at].address = 0;
        gap = at;
    }
}
