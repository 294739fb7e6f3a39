/*
 * options_doc.c - writes docs/OPTIONS.md from hakmem_options.def, so that the page and the parser
 * cannot disagree. check compares its output with the committed page.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define KIND_LEVEL 0
#define KIND_RATIO 1
#define KIND_BYTES 2
#define KIND_LIMIT 3
#define KIND_PATH  4
#define KIND_SIZES 5

static void write_row(int kind, const char *name, const char *initial, size_t least, size_t most,
                      const char *help) {
    printf("| `%s` | %s | ", name, initial[0] != '\0' ? initial : "not set");
    switch (kind) {
    case KIND_LEVEL:
        printf("%zu … %zu", least, most);
        break;
    case KIND_RATIO:
        printf("%.2f … %.2f", (double)least / 1e6, (double)most / 1e6);
        break;
    case KIND_BYTES:
        printf("bytes with k, m or g, or none");
        break;
    case KIND_LIMIT:
        printf("bytes with k, m or g, at least %zu, or cgroup, or none", least);
        break;
    case KIND_PATH:
        printf("a path; `%%p`: the process id, `%%%%`: a percent sign");
        break;
    default:
        printf("a list of sizes");
        break;
    }
    printf(" | %s |\n", help);
}

int main(void) {
    puts(
        "# Options\n\n"
        "Made from `hakmem/core/hakmem_options.def` by `make -C hakmem options-doc`; do not edit.\n"
        "All are environment variables, read once at start-up. An unknown `HAKMEM_` name or a\n"
        "value out of bounds is named on stderr and the default is kept; with\n"
        "`HAKMEM_STRICT_OPTIONS=1` the process stops instead (exit status 2).\n\n"
        "| name | default | values | meaning |\n|---|---|---|---|");
#define HAK_OPTION(kind, field, name, initial, least, most, help)                                  \
    write_row(KIND_##kind, name, initial, least, most, help);
#include "../core/hakmem_options.def"
#undef HAK_OPTION
    return 0;
}
