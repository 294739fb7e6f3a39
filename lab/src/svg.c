/*
 * svg.c - see svg.h.
 */
#include "svg.h"

#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char call[] = " onmousemove=\"gnuplot_svg.showHypertext(evt,'";
static const char call_end[] = "')\" onmouseout=\"gnuplot_svg.hideHypertext()\"><title> </title>";

/* Titles go, but for the words that gnuplot would have shown by its script. Returns where to read
 * on. */
static const char *put_title(FILE *out, const char *at) {
    const char *end;
    if (text_starts(at, call) && (end = strstr(at, call_end))) {
        at += sizeof call - 1;
        fprintf(out, "><title>%.*s</title>", (int)(end - at), at);
        return end + sizeof call_end - 1;
    }
    if (text_starts(at, "<title>") && (end = strstr(at, "</title>"))) {
        return end + strlen("</title>");
    }
    return at;
}

/* Where a name is given or referred to. */
static size_t name_begins(const char *at) {
    static const char *const before[] = {" id='", " id=\"", "href='#", "url(#"};
    for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
        if (text_starts(at, before[i])) {
            return strlen(before[i]);
        }
    }
    return 0;
}

char *svg_settle(const char *svg, const char *name) {
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    for (const char *at = svg; *at;) {
        const char *next = put_title(out, at);
        size_t prefix = name_begins(next);
        if (prefix > 0) {
            fprintf(out, "%.*s%s-", (int)prefix, next, name);
            at = next + prefix;
        } else if (next > at) {
            at = next;
        } else {
            fputc(*at++, out);
        }
    }
    fclose(out);
    return text;
}
