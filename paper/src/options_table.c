/*
 * options_table.c - see options_table.h. A row too few or too many cannot happen: the table is
 * expanded, not copied.
 */
#include "options_table.h"

#include "base/base.h"
#include "file.h"
#include "options/options.h"
#include "tex.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct option_row {
    int kind;
    const char *name, *initial;
    size_t least, most;
    const char *help;
} option_row_t;

static const option_row_t rows[] = {
#define HAK_OPTION(kind, field, name, initial, least, most, help)                                  \
    {KIND_##kind, name, initial, least, most, help},
#include "hakmem_options.def"
#undef HAK_OPTION
};

enum { ROWS = sizeof rows / sizeof *rows };

/* Options count ratios in millionths. */
static char *ratio_of(size_t value) {
    return tex_wmax((dec_t)value * DEC_ONE / HAK_RATIO_ONE);
}

static char *values_of(const option_row_t *row) {
    switch (row->kind) {
    case KIND_LEVEL:
        return text_format("%s\\,\\dots\\,%s", tex_number((double)row->least, 0),
                           tex_number((double)row->most, 0));
    case KIND_RATIO:
        return text_format("%s\\,\\dots\\,%s", ratio_of(row->least), ratio_of(row->most));
    case KIND_BYTES:
        return text_format("bytes");
    case KIND_LIMIT:
        return text_format("bytes, or cgroup");
    case KIND_PATH:
        return text_format("path");
    default:
        return text_format("sizes");
    }
}

void options_write_table(const char *folder) {
    FILE *file = file_create(text_format("%s/table-options.tex", folder));
    fputs("\\begin{tabularx}{\\textwidth}{@{}lllX@{}}\n\\toprule\nname & default & values & "
          "meaning \\\\\n\\midrule\n",
          file);
    for (size_t i = 0; i < ROWS; i++) {
        fprintf(file, "\\texttt{%s} & %s & %s & %s \\\\\n", tex_escape(rows[i].name),
                *rows[i].initial ? tex_escape(rows[i].initial) : "---", values_of(&rows[i]),
                tex_escape(rows[i].help));
    }
    fputs("\\bottomrule\n\\end{tabularx}\n", file);
    file_finish(file, "table-options.tex");
}

const char *options_default(const char *name) {
    for (size_t i = 0; i < ROWS; i++) {
        if (strcmp(rows[i].name, name) == 0) {
            return rows[i].initial;
        }
    }
    fail("hakmem_options.def has no option %s", name);
}

void options_write_macros(void) {
    macro_number("Options", ROWS, 0);
    macro_text("WmaxMid", tex_escape(options_default("HAKMEM_WMAX_MID")));
    macro_text("WmaxLarge", tex_escape(options_default("HAKMEM_WMAX_LARGE")));
    macro_text("PurgeDelay", tex_escape(options_default("HAKMEM_PURGE_DELAY_MS")));
    macro_number("TinyMax", TINY_MAX_SIZE, 0);
    macro_number("SmallmidMaxKib", (double)SMALLMID_MAX_SIZE / HAK_KIB, 0);
    macro_number("MidMaxKib", (double)MID_MAX_SIZE / HAK_KIB, 0);
    macro_number("LargeMinKib", (double)LARGE_MIN_CLASS / HAK_KIB, 0);
    macro_number("LargeMaxMib", (double)LARGE_MAX_SIZE / HAK_MIB, 0);
    macro_number("PageBytes", (double)HAK_PAGE_BYTES, 0);
}
