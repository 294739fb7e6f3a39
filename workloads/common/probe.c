/*
 * probe.c - see probe.h.
 */
#include "common/probe.h"

#include "hakmem.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

/* ISO C has no conversion from an object pointer to a function pointer; POSIX promises that the
 * bits are the same. */
static void find_function(const char *name, void *function, size_t bytes) {
    void *address = dlsym(RTLD_DEFAULT, name);
    memcpy(function, &address, bytes);
}

const char *probe_malloc_object(void) {
    Dl_info info;
    void *address = dlsym(RTLD_DEFAULT, "malloc");
    if (address == NULL || dladdr(address, &info) == 0 || info.dli_fname == NULL)
        return "unknown";
    return info.dli_fname;
}

int probe_hakmem(probe_hakmem_t *out) {
    const char *(*version)(void);
    const char *(*bypass)(void);
    void (*totals)(hak_ace_totals_t *);
    find_function("hak_version", &version, sizeof version);
    find_function("hak_bypass_reason", &bypass, sizeof bypass);
    find_function("hak_ace_totals", &totals, sizeof totals);
    if (version == NULL || bypass == NULL || totals == NULL)
        return 0;
    hak_ace_totals_t counts;
    totals(&counts);
    *out = (probe_hakmem_t){.version = version(),
                            .bypass = bypass(),
                            .threshold = counts.threshold,
                            .exhaustion = counts.exhaustion,
                            .mapfail = counts.mapfail};
    return 1;
}
