#!/usr/bin/env bash
# A static binary is not touched by a preload: the same output, no statistics, and what it starts is
# served all the same.
. "$(dirname "$0")/../support/preload.sh"
need gcc
cat >program.c <<'C'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int count, char **arguments)
{
    size_t sum = 0;
    for (int i = 1; i < 5000; i++) {
        char *block = malloc((size_t)i * 13);
        memset(block, i, (size_t)i * 13);
        sum += (unsigned char)block[i];
        free(block);
    }
    printf("%zu\n", sum);
    fflush(stdout);
    return count > 1 ? system(arguments[1]) : 0;
}
C
gcc -O1 -fno-builtin -static -o program program.c
want=$(./program)
[ "$(under_hakmem ./program)" = "$want" ] || fail "it says otherwise"
[ ! -e stats.json ] || fail "hakmem is in a static binary"
[ "$(under_hakmem ./program 'ls /')" = "$(./program 'ls /')" ] || fail "its child says otherwise"
assert_served
