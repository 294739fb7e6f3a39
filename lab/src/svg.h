/*
 * svg.h - makes gnuplot's SVG fit to stand alone, and beside others on one page.
 *
 * gnuplot titles what it draws by the words of its script, and browsers show a title as a tooltip:
 * those go. What a script draws "with labels hypertext" becomes such a title, in place of the call
 * of a function of gnuplot's own script, which is not there. Names are prefixed by the figure's, so
 * that figures on one page do not use each other's marks.
 */
#ifndef LAB_SVG_H
#define LAB_SVG_H

char *svg_settle(const char *svg, const char *name);

#endif
