/*
 * options_doc.c - writes what hakmem_options.def says: docs/OPTIONS.md, or with the word `man` the
 * entries of the manual page; so that pages and parser cannot disagree. check compares its output
 * with the committed page.
 */
#include "../core/options/options.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef struct row {
    int kind;
    const char *name, *initial;
    size_t least, most;
    const char *help;
} row_t;

static const row_t rows[] = {
#define HAK_OPTION(kind, field, name, initial, least, most, help)                                  \
    {KIND_##kind, name, initial, least, most, help},
#include "../core/hakmem_options.def"
#undef HAK_OPTION
};

static void write_values(const row_t *row, const char *between, const char *mark) {
    switch (row->kind) {
    case KIND_LEVEL:
        printf("%zu %s %zu", row->least, between, row->most);
        break;
    case KIND_RATIO:
        printf("%.2f %s %.2f", (double)row->least / 1e6, between, (double)row->most / 1e6);
        break;
    case KIND_BYTES:
        printf("bytes with k, m or g, or none");
        break;
    case KIND_LIMIT:
        printf("bytes with k, m or g, at least %zum, or cgroup, or none", row->least >> 20);
        break;
    case KIND_PATH:
        printf("a path, not a mere number; %s%%p%s: the process id, %s%%%%%s: a percent sign", mark,
               mark, mark, mark);
        break;
    default:
        printf("a list of sizes");
        break;
    }
}

static const char *initial_of(const row_t *row) {
    return row->initial[0] != '\0' ? row->initial : "not set";
}

static void write_table_row(const row_t *row) {
    printf("| `%s` | %s | ", row->name, initial_of(row));
    write_values(row, "…", "`");
    printf(" | %s |\n", row->help);
}

/* Nothing in the table may look like a request or an escape of troff. */
static void write_troff(const char *text) {
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '\\':
            fputs("\\(rs", stdout);
            break;
        case '-':
            fputs("\\-", stdout);
            break;
        case '\'':
            fputs("\\(aq", stdout);
            break;
        default:
            putchar(*text);
            break;
        }
    }
}

static void write_man_entry(const row_t *row) {
    printf(".TP\n.B %s\n", row->name);
    write_troff(row->help);
    printf(".\n.br\nValues: ");
    write_values(row, "to", "");
    printf("; default: ");
    write_troff(initial_of(row));
    puts(".");
}

int main(int argc, char **argv) {
    bool man = argc > 1 && strcmp(argv[1], "man") == 0;
    if (!man) {
        puts("# Options\n\n"
             "Made from `hakmem/core/hakmem_options.def` by `make -C hakmem options-doc`; do not "
             "edit.\n"
             "All are environment variables, read once at start-up. An unknown `HAKMEM_` name or "
             "a\n"
             "value out of bounds is named on stderr and the default is kept; with\n"
             "`HAKMEM_STRICT_OPTIONS=1` the process stops instead (exit status 2).\n\n"
             "| name | default | values | meaning |\n|---|---|---|---|");
    }
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        (man ? write_man_entry : write_table_row)(&rows[i]);
    }
    return 0;
}
