/*
 * crc32c.h - the CRC of the trace format: Castagnoli polynomial, reflected, as in RFC 3720 (iSCSI).
 */
#ifndef WORKLOADS_CRC32C_H
#define WORKLOADS_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* Goes on from `crc`, which is 0 at the start: crc32c(crc32c(0, a), b) is that of a and b joined.
 */
uint32_t crc32c(uint32_t crc, const void *bytes, size_t count);

#endif
