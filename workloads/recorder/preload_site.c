/*
 * preload_site.c - call sites as numbers that do not change from run to run.
 *
 * Addresses differ in each run, so a site is the FNV-1a hash of the object's file name (without
 * its folder) and of the offset in it. _dl_find_object, with which the unwinder finds objects too,
 * takes no lock, so it may be asked from inside malloc, whatever the loader is doing. Each thread
 * remembers the sites that it saw in a small table, direct-mapped, so the hash is seldom made.
 */
#include "recorder/preload_log.h"

#include <dlfcn.h>
#include <link.h>
#include <stddef.h>

enum { MEMORY_SITES = 512 };

typedef struct remembered {
    const void *address;
    uint32_t site;
} remembered_t;

static __thread remembered_t memory[MEMORY_SITES];

static uint32_t add_byte(uint32_t hash, unsigned char byte) {
    return (hash ^ byte) * UINT32_C(16777619);
}

static uint32_t hash_site(const void *address) {
    struct dl_find_object found;
    uint32_t hash = UINT32_C(2166136261);
    uintptr_t offset = (uintptr_t)address;
    /* The interface takes an address as if it might write there. */
    if (_dl_find_object((void *)(uintptr_t)address, &found) == 0 && found.dlfo_link_map != NULL) {
        const char *name = found.dlfo_link_map->l_name, *base = name;
        for (; *name != '\0'; name++)
            base = *name == '/' ? name + 1 : base;
        for (; *base != '\0'; base++)
            hash = add_byte(hash, (unsigned char)*base);
        offset -= found.dlfo_link_map->l_addr;
    }
    for (unsigned shift = 0; shift < 64; shift += 8)
        hash = add_byte(hash, (unsigned char)(offset >> shift));
    return hash == 0 ? 1 : hash;
}

uint32_t site_of(const void *address) {
    remembered_t *place = &memory[((uintptr_t)address >> 1) % MEMORY_SITES];
    if (place->address != address)
        *place = (remembered_t){.address = address, .site = hash_site(address)};
    return place->site;
}
