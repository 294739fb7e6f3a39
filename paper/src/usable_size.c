/*
 * usable_size.c - what malloc_usable_size says for the requests on the command line. The paper's
 * generator runs it under each allocator of the run.
 *
 * First line: the object that malloc comes from, so that the reader of the output need not believe
 * that LD_PRELOAD worked. Then one line "request usable" per argument.
 */
#include <dlfcn.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
    Dl_info info;
    void *address = dlsym(RTLD_DEFAULT, "malloc");
    if (!address || !dladdr(address, &info) || !info.dli_fname) {
        fputs("usable_size: malloc comes from nowhere\n", stderr);
        return 1;
    }
    printf("%s\n", info.dli_fname);
    for (int i = 1; i < argc; i++) {
        size_t request = strtoull(argv[i], NULL, 10);
        char *block = malloc(request);
        if (!block) {
            fprintf(stderr, "usable_size: malloc(%zu) failed\n", request);
            return 1;
        }
        *(volatile char *)block = 1;
        printf("%zu %zu\n", request, malloc_usable_size(block));
        free(block);
    }
    return 0;
}
