/*
 * cmocka_all.h - cmocka with the headers that it wants included before it.
 */
#ifndef WORKLOADS_CMOCKA_ALL_H
#define WORKLOADS_CMOCKA_ALL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
