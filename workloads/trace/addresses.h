/*
 * addresses.h - a table from live addresses to numbers.
 *
 * Open addressing with linear probing; a removal closes the gap (Knuth, TAOCP 3, 6.4, algorithm R),
 * so a table that lives long has no tombstones. An address is any number but 0.
 */
#ifndef WORKLOADS_TRACE_ADDRESSES_H
#define WORKLOADS_TRACE_ADDRESSES_H

#include <stdint.h>

typedef struct address_entry {
    uint64_t address; /* 0: empty */
    uint64_t value;
} address_entry_t;

typedef struct addresses {
    address_entry_t *entries;
    uint64_t room, used; /* room: a power of two */
} addresses_t;

void addresses_open(addresses_t *table);
void addresses_close(addresses_t *table);

/* NULL: it is not there. Valid until the next change. */
address_entry_t *addresses_find(const addresses_t *table, uint64_t address);

/* The address is not there yet. */
void addresses_put(addresses_t *table, uint64_t address, uint64_t value);
void addresses_remove(addresses_t *table, address_entry_t *entry);

#endif
