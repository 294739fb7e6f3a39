/*
 * page.c - joins report.html from its parts. See page.h.
 */
#include "page.h"

#include "file.h"
#include "page_data.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct parts {
    const char *root, *folder;
    const json_t *data;
    const figure_list_t *figures;
} parts_t;

static void put_escaped(FILE *file, const char *text) {
    for (; *text; text++) {
        const char *name = *text == '&'   ? "&amp;"
                           : *text == '<' ? "&lt;"
                           : *text == '>' ? "&gt;"
                           : *text == '"' ? "&quot;"
                                          : NULL;
        name ? fputs(name, file) : fputc(*text, file);
    }
}

/* No "<" may stand in a script that is data: it might begin its end. */
static void put_data(FILE *file, const json_t *data) {
    char *text = json_dumps(data, JSON_COMPACT | JSON_PRESERVE_ORDER);
    for (const char *at = text; *at; at++) {
        *at == '<' ? fputs("\\u003c", file) : fputc(*at, file);
    }
    free(text);
}

/* Without XML declaration and document type, which may not stand inside HTML. */
static void put_figures(FILE *file, const parts_t *parts) {
    for (size_t i = 0; i < parts->figures->count; i++) {
        const figure_t *figure = &parts->figures->items[i];
        char *all = figure->missing
                        ? NULL
                        : file_read(text_format("%s/plots/%s.svg", parts->folder, figure->name));
        const char *svg = all ? strstr(all, "<svg") : NULL;
        if (svg) {
            fputs("<template id=\"drawing-", file);
            put_escaped(file, figure->name);
            fprintf(file, "\">%s</template>\n", svg);
        }
        free(all);
    }
}

static char *page_file(const parts_t *parts, const char *name) {
    char *path = text_format("%s/lab/page/%s", parts->root, name), *text = file_read(path);
    if (!text) {
        fail("cannot read %s: the page is made from it", path);
    }
    return text;
}

static void put_part(FILE *file, const parts_t *parts, const char *name) {
    const json_t *run = json_object_get(parts->data, "run");
    if (strcmp(name, "run") == 0) {
        put_escaped(file, json_string_value(json_object_get(run, "id")));
    } else if (strcmp(name, "headline") == 0) {
        put_escaped(file, json_string_value(json_object_get(parts->data, "headline")));
    } else if (strcmp(name, "report.json") == 0) {
        put_data(file, parts->data);
    } else if (strcmp(name, "figures") == 0) {
        put_figures(file, parts);
    } else {
        char *text = page_file(parts, name);
        fputs(text, file);
        free(text);
    }
}

/* The file `name` of lab/page, each {{name}} in it replaced. */
static void join(FILE *file, const parts_t *parts, const char *name) {
    char *html = page_file(parts, name), *at = html;
    for (char *open; (open = strstr(at, "{{")) != NULL;) {
        char *close = strstr(open, "}}");
        if (!close) {
            break;
        }
        fwrite(at, 1, (size_t)(open - at), file);
        *close = '\0';
        put_part(file, parts, open + 2);
        at = close + 2;
    }
    fputs(at, file);
    free(html);
}

/* derived/report.json and report.html. */
static void write_both(const parts_t *parts, const char *html) {
    char *json = json_dumps(parts->data, JSON_INDENT(1) | JSON_PRESERVE_ORDER), *text = NULL;
    size_t bytes = 0;
    file_write(text_format("%s/derived/report.json", parts->folder), json);
    FILE *file = open_memstream(&text, &bytes);
    join(file, parts, html);
    fclose(file);
    file_write(text_format("%s/report.html", parts->folder), text);
    free(text);
    free(json);
}

void page_write(const char *root, const analysis_t *analysis,
                const recommendations_t *recommendations, const standings_t *standings,
                const waste_list_t *wastes, const figure_list_t *figures, const char *summary) {
    json_t *data = page_data(analysis, recommendations, standings, wastes, figures, summary);
    write_both(&(parts_t){root, analysis->info->folder, data, figures}, "page.html");
    json_decref(data);
}

void page_write_machines(const char *root, const char *folder, const json_t *data) {
    static const figure_list_t none = {0};
    write_both(&(parts_t){root, folder, data, &none}, "machines.html");
}
