/*
 * memory_limit.h - how much memory the process may use, as its control group says.
 *
 * At start-up only: it opens files. Not thread-safe.
 */
#ifndef HAK_MEMORY_LIMIT_H
#define HAK_MEMORY_LIMIT_H

#include "../base/base.h"

/* Bytes: the least of memory.max and memory.high (cgroup v2) and memory.limit_in_bytes (v1) of the
 * process's group and all above it that can be seen; SIZE_MAX: no limit, or none can be read.
 * Files are looked for below `root`: "", but in tests. */
size_t memory_limit_of_group(const char *root);
/* Bytes of the process that are in memory; 0: that cannot be read. */
size_t memory_resident(const char *root);

#endif
