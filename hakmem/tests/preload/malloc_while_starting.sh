#!/usr/bin/env bash
# A program with a strcmp of its own that allocates, as the runtimes of sanitizers do: hakmem, which
# calls it while it starts, cannot serve it then, and says so. It must not wait for itself.
. "$(dirname "$0")/../support/preload.sh"
need gcc
cat >program.c <<'C'
#include <stdlib.h>

int strcmp(const char *a, const char *b)
{
    void *volatile block = malloc(100);
    free(block);
    while (*a != 0 && *a == *b)
        a++, b++;
    return (unsigned char)*a - (unsigned char)*b;
}

int main(void)
{
    return 0;
}
C
gcc -O0 -fno-builtin -o program program.c
status=0
(LD_PRELOAD=$lib exec timeout 20 ./program 2>said) || status=$?
[ $status -eq 134 ] || fail "exit status $status, expected to be aborted (134)"
grep -q 'fatal: malloc while hakmem starts' said || fail "it said '$(cat said)'"
