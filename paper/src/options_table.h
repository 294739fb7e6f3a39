/*
 * options_table.h - hakmem's options, from the same table as its parser, and the bounds of its
 * tiers, from the same header.
 */
#ifndef PAPER_OPTIONS_TABLE_H
#define PAPER_OPTIONS_TABLE_H

void options_write_table(const char *folder);
/* Macros for the defaults and bounds that the text quotes. */
void options_write_macros(void);
/* The default of an option as it stands in the table; fails for an unknown name. */
const char *options_default(const char *name);

#endif
