/*
 * session.h - a run from start to end: plan, proof, blocks, report; and its resumption.
 */
#ifndef LAB_SESSION_H
#define LAB_SESSION_H

#include "options.h"

/* Each returns the program's exit status. */
int session_run(const char *root, options_t *options, int argc, char **argv);
int session_list(const char *root);

#endif
