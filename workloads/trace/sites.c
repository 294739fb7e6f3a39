/*
 * sites.c - see sites.h. Linear probing; twice as many places as the list has room.
 */
#include "trace/sites.h"

#include "common/arena.h"

enum { ROOM_FIRST = 1024 };

static uint32_t *find(const site_table_t *table, uint32_t site) {
    uint32_t mask = 2 * table->room - 1, at = (site * UINT32_C(2654435769)) >> 7 & mask;
    while (table->places[at] != 0 && table->list[table->places[at] - 1] != site)
        at = (at + 1) & mask;
    return &table->places[at];
}

void site_table_open(site_table_t *table) {
    *table = (site_table_t){.list = arena_alloc(ROOM_FIRST, sizeof(uint32_t)),
                            .places = arena_alloc(2 * ROOM_FIRST, sizeof(uint32_t)),
                            .room = ROOM_FIRST};
}

void site_table_close(site_table_t *table) {
    arena_free(table->list, table->room, sizeof(uint32_t));
    arena_free(table->places, 2 * (uint64_t)table->room, sizeof(uint32_t));
}

static void grow(site_table_t *table) {
    arena_free(table->places, 2 * (uint64_t)table->room, sizeof(uint32_t));
    table->list = arena_grow(table->list, table->room, 2 * (uint64_t)table->room, sizeof(uint32_t));
    table->room *= 2;
    table->places = arena_alloc(2 * (uint64_t)table->room, sizeof(uint32_t));
    for (uint32_t i = 0; i < table->count; i++)
        *find(table, table->list[i]) = i + 1;
}

uint32_t site_table_place(site_table_t *table, uint32_t site) {
    uint32_t *place = find(table, site);
    if (*place != 0)
        return *place - 1;
    if (table->count == table->room) {
        grow(table);
        place = find(table, site);
    }
    table->list[table->count++] = site;
    *place = table->count;
    return table->count - 1;
}
