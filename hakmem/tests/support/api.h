/*
 * api.h - lets a stress test run on the malloc of the process (under LD_PRELOAD), or, built with
 * HAK_API, on the hak_ functions: under a sanitizer malloc is the sanitizer's own.
 */
#ifndef API_H
#define API_H

#include "test.h"

#include <malloc.h>

#ifdef HAK_API
#include "hakmem.h"
#define malloc             hak_malloc
#define calloc             hak_calloc
#define realloc            hak_realloc
#define free               hak_free
#define aligned_alloc      hak_aligned_alloc
#define posix_memalign     hak_posix_memalign
#define malloc_usable_size hak_malloc_usable_size
#define malloc_trim        hak_malloc_trim
#undef HAK_FN /* they are linked in */
#define HAK_FN(name) name
#endif

#endif
