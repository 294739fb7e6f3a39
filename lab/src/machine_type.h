/*
 * machine_type.h - are two machines of one type? The panels of equal machines are launches of one
 * comparison; those of different ones are never compared with each other (merge.h).
 *
 * A type is what decides how fast and how lean allocators are and does not change by the hour: CPU,
 * cores, memory in whole GiB, kernel, C library, and how the kernel is set up. A fact that one of
 * the two does not tell parts nobody.
 */
#ifndef LAB_MACHINE_TYPE_H
#define LAB_MACHINE_TYPE_H

#include <jansson.h>

/* From two objects of machine_facts (machine.h): "kernel: Linux 6.1.0, Linux 6.12.3"; NULL: they
 * are of one type. */
char *machine_difference(const json_t *a, const json_t *b);

/* "AMD EPYC 7B13, 2 cores, 23 GiB, Linux 6.1.0" */
char *machine_label(const json_t *facts);

/* For a folder: "amd-epyc-7b13-2c-23g". */
char *machine_slug(const json_t *facts);

#endif
