/* bound.c - placeholder */
#include "commands.h"
void run_bound(const options_t *options) { (void)options; }
