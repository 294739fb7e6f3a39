/*
 * contents.h - what the model writes into a block, and how it knows it again.
 *
 * Each 8 bytes hold a value made of the block's serial number and their place. Small blocks are
 * filled whole, and of the others one in 32; else both ends and some twenty places between,
 * for to write them all would make the run one of memory bandwidth.
 */
#ifndef CONTENTS_H
#define CONTENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Fills `bytes`, the usable size, of a block. */
void contents_write(unsigned char *block, size_t bytes, uint64_t serial);
/* The first of the leading `upto` bytes that is not what was written; `upto` when all are. */
size_t contents_compare(const unsigned char *block, size_t bytes, size_t upto, uint64_t serial);
bool contents_are_zero(const unsigned char *block, size_t bytes);

#endif
