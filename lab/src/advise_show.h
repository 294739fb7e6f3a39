/*
 * advise_show.h - the adviser's result for people (text), for programs (JSON), and for figures
 * (derived/advise-front.csv, derived/advise-knobs.csv; columns in results/README.md).
 */
#ifndef LAB_ADVISE_SHOW_H
#define LAB_ADVISE_SHOW_H

#include "advice.h"

#include <stdio.h>

/* What a line to paste ends with. */
typedef struct advise_look {
    const char *workload, *program;
    const json_t *hakmem_options; /* HAKMEM_* that the user had set */
} advise_look_t;

void advise_print(FILE *out, const advice_t *advice, const advise_look_t *look);
json_t *advise_json(const advice_t *advice, const advise_look_t *look);
void advise_derive(const char *folder, const advice_t *advice);

/* "LD_PRELOAD=… MALLOC_CONF=… ./my-program" */
char *advise_line(const adviser_t *adviser, const advise_look_t *look, size_t advised,
                  size_t candidate);

#endif
