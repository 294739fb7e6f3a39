/*
 * witness.c - libwitness.so: says of a process which malloc serves it; see witness_lines.h.
 *
 * It is preloaded behind the allocator, exports nothing, and allocates nothing. That a library is
 * mapped would prove little: a program may bring a malloc of its own, which goes before it. So it
 * looks up to what its own call of malloc was bound, by the rules that hold for the program's
 * calls. dlsym would not do: in a program that is not position-independent and takes the address of
 * malloc it finds a stub of the program's.
 */
#include "common/clock.h"
#include "common/probe.h"
#include "common/resident.h"
#include "programs/driver/witness_lines.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <inttypes.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_BYTES = 4096 };

/* The linker's: where this library begins. _DYNAMIC, of <link.h>, is its own dynamic section. */
extern const char __ehdr_start[] __attribute__((visibility("hidden")));

/* The call whose binding is looked up; nobody makes it. */
__attribute__((used, noinline)) static void *call_malloc(size_t bytes) {
    return malloc(bytes);
}

static Elf64_Addr dynamic_value(Elf64_Sxword tag) {
    const Elf64_Dyn *entry = _DYNAMIC;
    while (entry->d_tag != tag && entry->d_tag != DT_NULL)
        entry++;
    return entry->d_un.d_val;
}

/* The library is linked with -z now, so all calls are bound when it is loaded; glibc has made
 * addresses of what stands in the dynamic section. */
static const char *object_of_calls(void) {
    const Elf64_Rela *slots = (const void *)dynamic_value(DT_JMPREL);
    const Elf64_Sym *symbols = (const void *)dynamic_value(DT_SYMTAB);
    const char *texts = (const void *)dynamic_value(DT_STRTAB);
    size_t count = dynamic_value(DT_PLTRELSZ) / sizeof *slots;
    for (size_t i = 0; i < count; i++) {
        const Elf64_Sym *symbol = &symbols[ELF64_R_SYM(slots[i].r_info)];
        Dl_info info;
        void *address;
        memcpy(&address, __ehdr_start + slots[i].r_offset, sizeof address);
        if (strcmp(texts + symbol->st_name, "malloc") == 0 && dladdr(address, &info) != 0 &&
            info.dli_fname != NULL)
            return info.dli_fname;
    }
    return "unknown";
}

static void say(const char *line, int length) {
    const char *path = getenv(WITNESS_FILE_VARIABLE);
    int fd = path == NULL || length <= 0 || length >= LINE_BYTES
                 ? -1
                 : open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (fd < 0)
        return;
    ssize_t written = write(fd, line, (size_t)length);
    (void)written; /* the driver misses the line, and says so */
    close(fd);
}

__attribute__((constructor)) static void at_start(void) {
    char line[LINE_BYTES], program[WITNESS_PATH_BYTES] = "unknown";
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length > 0)
        program[length] = '\0';
    probe_hakmem_t hakmem = {.version = "-"};
    probe_hakmem(&hakmem);
    say(line, snprintf(line, sizeof line, "program %d %" PRIu64 " %s\nstart %d %s %s %s\n",
                       (int)getpid(), clock_ns(), program, (int)getpid(), hakmem.version,
                       hakmem.bypass != NULL ? hakmem.bypass : "-", object_of_calls()));
}

__attribute__((destructor)) static void at_end(void) {
    char line[LINE_BYTES];
    probe_hakmem_t hakmem = {.version = "-"};
    uint64_t now = resident_anon_bytes(), peak = resident_anon_peak_bytes();
    probe_hakmem(&hakmem);
    say(line, snprintf(line, sizeof line,
                       "end %d %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
                       (int)getpid(), peak > now ? peak : now, now, hakmem.threshold,
                       hakmem.exhaustion, hakmem.mapfail));
}
