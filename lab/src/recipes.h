/*
 * recipes.h - allocators that the user builds from sources of his own (./build.sh --baseline).
 *
 * baselines/recipes/KEY.recipe says what could be built, baselines/build/KEY/built what was: lines
 * of a word and a value. A recipe is a row of the comparison once it was built; its settings are
 * rows of their own, with the same library and an environment beside it.
 */
#ifndef LAB_RECIPES_H
#define LAB_RECIPES_H

#include "baselines.h"

/* One row for each recipe and setting, by name; without a path where it was not built. */
void recipes_load(const char *root, allocator_list_t *out);

/* {NAME: VALUE} of "first NAME=VALUE NAME=VALUE"; the first word is not looked at. `bad` is the
 * first other word that is no assignment, or NULL. */
json_t *setting_environment(const char *setting, char **bad);

#endif
