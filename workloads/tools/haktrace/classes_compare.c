/*
 * classes_compare.c - several traces: what the sizes of others, scudo's greedy method and the best
 * table would waste of the bytes that are alive, and a figure of it.
 *
 * All are tables of hakmem's pools, in its slabs: the ends of slabs and half a slab a class count.
 */
#include "classes.h"

#include "classes/rules.h"
#include "figure.h"

#include "shared/die.h"

#include <libgen.h>
#include <string.h>

enum { GREEDY = RULES, BEST, METHODS };

typedef struct method {
    double waste;  /* all of it, bytes in the mean; < 0: not within W_MAX */
    double blocks; /* of it, blocks less requests */
    uint32_t classes;
} method_t;

typedef struct comparison {
    char name[64];
    double live; /* bytes in the mean */
    method_t methods[METHODS];
} comparison_t;

static const char *method_name(unsigned at) {
    return at < RULES ? class_rules[at].name : at == GREEDY ? "greedy" : "best";
}

static void add_table(method_t *method, const study_t *study, const pool_t *pool,
                      class_table_t *table, bool good) {
    if (!good || table->evaluated == INT64_MAX)
        method->waste = -1;
    if (method->waste >= 0) {
        method->waste += problem_mean(&pool->problem, table->evaluated);
        method->blocks +=
            study_parts(study, pool, table->places, table->count, 0, table->count).waste;
        method->classes += table->count;
    }
    table_free(table);
}

static void compare_pool(const study_t *study, const pool_t *pool, unsigned most,
                         comparison_t *out) {
    const class_layout_t *layout = pool->layout;
    class_table_t table;
    most = most == 0 || most > layout->classes_most ? layout->classes_most : most;
    for (unsigned i = 0; i < RULES; i++) {
        rule_apply(&pool->problem, layout, &class_rules[i], &table);
        add_table(&out->methods[i], study, pool, &table, true);
    }
    bool good = greedy_solve(&pool->problem, most, &table);
    add_table(&out->methods[GREEDY], study, pool, &table, good);
    good = table_solve(&pool->problem, most, &table);
    if (good)
        out->live += study_parts(study, pool, table.places, table.count, 0, table.count).live;
    add_table(&out->methods[BEST], study, pool, &table, good);
}

static void compare(const char *path, const options_t *options, comparison_t *out) {
    static study_t study;
    char copy[4096];
    study_open(path, options, &study);
    *out = (comparison_t){.live = 0};
    for (unsigned i = 0; i < study.pool_count; i++) {
        if (study.pools[i].problem.count > 0)
            compare_pool(&study, &study.pools[i], (unsigned)options->classes, out);
    }
    study_close(&study);
    snprintf(copy, sizeof copy, "%s", path);
    snprintf(out->name, sizeof out->name, "%s", basename(copy));
    for (char *at = out->name; *at != '\0'; at++) {
        if (*at == '"' || *at == '\\' || (unsigned char)*at <= ' ')
            *at = '_';
    }
    char *end = strstr(out->name, ".hakt");
    if (end != NULL)
        *end = '\0';
}

static void print_head(const char *title) {
    printf("%s\n%-20s %9s", title, "file", "live MiB");
    for (unsigned m = 0; m < METHODS; m++)
        printf(" %15s", method_name(m));
    printf("\n");
}

static void print_row(const comparison_t *row, bool blocks_only) {
    printf("%-20s %9.2f", row->name, row->live / 1048576);
    for (unsigned m = 0; m < METHODS; m++) {
        const method_t *method = &row->methods[m];
        double waste = blocks_only ? method->blocks : method->waste;
        if (method->waste < 0)
            printf(" %15s", "beyond W_MAX");
        else
            printf(" %10.2f (%2u)", percent_of(waste, row->live), method->classes);
    }
    printf("\n");
}

static void draw(const comparison_t *rows, unsigned count, const char *folder) {
    static const char *const styles[METHODS] = {"7 lc rgb '#000000'", "1 lc rgb '#e69f00'",
                                                "2 lc rgb '#56b4e9'", "4 lc rgb '#009e73'",
                                                "6 lc rgb '#cc79a7'", "13 lc rgb '#d55e00'"};
    char path[FIGURE_PATH_BYTES];
    FILE *script =
        figure_open(folder, "classes", "Waste of tables of block sizes, from 8 KiB to 2 MiB",
                    160 + 26 * count, path);
    fprintf(script, "$data << END\n");
    for (unsigned i = 0; i < count; i++) {
        fprintf(script, "%u \"%s\"", count - i, rows[i].name);
        for (unsigned m = 0; m < METHODS; m++)
            fprintf(script, rows[i].methods[m].waste < 0 ? " NaN" : " %.4f",
                    percent_of(rows[i].methods[m].waste, rows[i].live));
        fprintf(script, "\n");
    }
    fprintf(script,
            "END\nunset grid\nset grid xtics ytics lc rgb '#dddddd'\n"
            "set xlabel 'waste, %% of the live bytes: blocks, ends of slabs, half a slab a class'\n"
            "set logscale x 10\nset format x '%%g'\nset yrange [0.3:%u.7]\n"
            "set key outside top center horizontal\nset tmargin 5\nplot",
            count);
    for (unsigned m = 0; m < METHODS; m++)
        fprintf(script, "%s $data using %u:1:ytic(2) with points pt %s ps 1.1 lw 1.5 title '%s'",
                m == 0 ? "" : ",", m + 3, styles[m], method_name(m));
    fprintf(script, "\n");
    figure_draw(script, folder, path);
    warn("%s: classes.svg", folder);
}

void classes_compare(const options_t *options) {
    static comparison_t rows[WORDS_MAX];
    unsigned count = options->word_count - 1;
    if (strcmp(options->format, "text") != 0)
        die_usage("--compare is printed as text, for hakmem");
    if (options->takes_fewest)
        die_usage("--compare takes a number of classes, not fewest");
    print_head("waste, % of the live bytes (classes): blocks, ends of slabs, half a slab a class");
    for (unsigned i = 0; i < count; i++) {
        compare(options->words[i + 1], options, &rows[i]);
        print_row(&rows[i], false);
        fflush(stdout);
    }
    print_head("\nof it, blocks less requests");
    for (unsigned i = 0; i < count; i++)
        print_row(&rows[i], true);
    fflush(stdout); /* also where a figure fails */
    if (options->figures != NULL)
        draw(rows, count, options->figures);
}
