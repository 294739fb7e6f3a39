/*
 * resident.h - anonymous resident memory of this process, or another, from /proc.
 *
 * Anonymous memory only (RssAnon): pages of libraries and files are no work of the allocator. The
 * peak is the kernel's own high-water mark (VmHWM), which no sampling can miss; writing 5 to
 * /proc/self/clear_refs resets it. VmHWM counts all resident pages, so the file and shared pages
 * are taken off. Read with open/read into the stack: nothing here allocates.
 */
#ifndef WORKLOADS_RESIDENT_H
#define WORKLOADS_RESIDENT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

uint64_t resident_anon_bytes(void);

void resident_reset_peak(void);

/* /proc/self/status as text. */
void resident_read_status(char *text, size_t bytes);

/* Highest since the last reset. */
uint64_t resident_anon_peak_bytes(void);

/* The same of another process, which has to stand still. */
uint64_t resident_anon_bytes_of(pid_t process);
uint64_t resident_anon_peak_bytes_of(pid_t process);

#endif
