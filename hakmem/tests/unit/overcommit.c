/*
 * overcommit.c - a request that the machine can never hold is refused at once, as glibc refuses it,
 * not granted and then killed for: hakmem's reservations must not waive the kernel's check.
 *
 * On the machine's own kernel: qemu's answers differ.
 */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>

/* 1 ("always") grants everything, to anybody. */
static bool kernel_checks(void) {
    char mode = '0';
    int fd = open("/proc/sys/vm/overcommit_memory", O_RDONLY | O_CLOEXEC);
    CHECK(fd >= 0 && read(fd, &mode, 1) == 1);
    close(fd);
    return mode != '1';
}

int main(void) {
    size_t ram = (size_t)sysconf(_SC_PHYS_PAGES) * 4096;
    errno = 0;
    char *block = malloc(ram * 4);
    if (kernel_checks()) {
        CHECK_MSG(block == NULL, "%zu bytes granted, with %zu of memory", ram * 4, ram);
        CHECK_EQ(errno, ENOMEM);
    }
    free(block);
    block = malloc(ram / 8); /* what it can hold is granted, and not touched */
    CHECK(block);
    block[0] = block[ram / 8 - 1] = 1;
    free(block);
    return 0;
}
