/*
 * options.h - what the environment asked for. The only place of the allocator that reads it.
 *
 * options_read runs once, at start-up, before there is a second thread; after that
 * hak_options is read-only.
 */
#ifndef HAK_OPTIONS_H
#define HAK_OPTIONS_H

#include "../base/base.h"
#include "../os/text.h"
#include "path.h"

#define HAK_RATIO_ONE      1000000u
#define HAK_LIMIT_OF_GROUP (SIZE_MAX - 1)

/* The first column of the table; whoever makes something of the table asks for it, too. */
typedef enum { KIND_LEVEL, KIND_RATIO, KIND_BYTES, KIND_LIMIT, KIND_PATH, KIND_SIZES } hak_kind_t;

typedef uint32_t hak_opt_LEVEL;
typedef uint32_t hak_opt_RATIO;    /* millionths */
typedef size_t hak_opt_BYTES;      /* SIZE_MAX: no bound */
typedef size_t hak_opt_LIMIT;      /* likewise; HAK_LIMIT_OF_GROUP: what the control group says */
typedef hak_path_t hak_opt_PATH;   /* asked for its name with path_name */
typedef const char *hak_opt_SIZES; /* NULL: not set; checked by its owner with options_sizes */

typedef struct hak_options {
#define HAK_OPTION(kind, field, name, initial, least, most, help) hak_opt_##kind field;
#include "../hakmem_options.def"
#undef HAK_OPTION
    bool preloaded; /* LD_PRELOAD names this library */
} hak_options_t;

extern hak_options_t hak_options HAK_HIDDEN;

void options_read(void);

/* Reads a list of sizes: strictly ascending multiples of `unit` within [least, most], at most
 * `room` of them. The count; 0 and a line on stderr that names `name` when the list is bad (and
 * the process ends under HAKMEM_STRICT_OPTIONS=1). */
unsigned options_sizes(const char *name, const char *list, size_t unit, size_t least, size_t most,
                       uint32_t *sizes, unsigned room);

/* Each option with its value in force, as the members of a JSON object. */
void options_write_json(hak_text_t *text);

/* Bytes with an optional k, m or g; false if `s` is something else. */
bool options_parse_bytes(const char *s, const char **end, size_t *bytes);
/* A decimal with at most six places, exact, in millionths. */
bool options_parse_ratio(const char *s, uint32_t *millionths);

#endif
