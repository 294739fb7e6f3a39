/*
 * figure.h - a figure by gnuplot: a script of its own in a folder, with its data inside, and the
 * SVG that is made of it, so that it can be changed and drawn again.
 */
#ifndef WORKLOADS_HAKTRACE_FIGURE_H
#define WORKLOADS_HAKTRACE_FIGURE_H

#include <stdio.h>

enum { FIGURE_PATH_BYTES = 4096 };

/* The script FOLDER/NAME.gp with its head; the folder is made. Its name is left in `path`. */
FILE *figure_open(const char *folder, const char *name, const char *title, unsigned height,
                  char *path);
/* Ends the script and draws FOLDER/NAME.svg; ends the process where it cannot be drawn. */
void figure_draw(FILE *script, const char *folder, const char *path);

#endif
