/*
 * shapes.h - what the cores do: programs that share blocks in different ways.
 *
 * An operation is one malloc or one free. Between two of them a program works for options.work_ns,
 * and writes the first line of each block it gets; blocks of 8 KiB and more it writes whole, which
 * takes WRITE_NS_PER_BYTE a byte.
 */
#ifndef MANY_CORES_SHAPES_H
#define MANY_CORES_SHAPES_H

#include <stddef.h>

typedef struct shape {
    const char *name;
    const char *about;
    void (*prepare)(unsigned cores); /* before the cores start; NULL: there is nothing to do */
    void (*run)(unsigned core);
    unsigned group; /* the number of cores is a multiple of this */
} shape_t;

typedef struct shape_options {
    unsigned long ops;  /* of a core that are counted */
    unsigned long warm; /* that come before */
    double work_ns;
} shape_options_t;

extern shape_options_t shape_options;
extern const shape_t shapes[];
extern const size_t shape_count;

#endif
