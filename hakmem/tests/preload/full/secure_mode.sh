#!/usr/bin/env bash
# A program that runs with more rights than its user has: the loader does not preload into it, and
# one that is linked with hakmem believes no option and writes no file for its user.
# Debian packages: gcc
. "$(dirname "$0")/../../support/preload.sh"
need gcc
if [ "$(id -u)" -eq 0 ]; then
    as_root=(env)
else
    need sudo
    as_root=(sudo -n)
fi
cat >program.c <<'C'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

int main(void)
{
    for (int i = 0; i < 100; i++) {
        char *block = malloc(33000);
        memset(block, 1, 33000);
        free(block);
    }
    printf("secure %lu, of hakmem %d\n", getauxval(AT_SECURE), getenv("HAKMEM_STATS") != NULL);
    return 0;
}
C
gcc -O1 -fno-builtin -o plain program.c
gcc -O1 -fno-builtin -o linked program.c "$(dirname "$lib")/libhakmem.a" -pthread
chmod 777 "$work"
for program in plain linked; do
    # before it gets its rights: served, with statistics
    if [ $program = plain ]; then
        under_hakmem ./plain >out 2>err
    else
        HAKMEM_STATS=$work/stats.json ./linked >out 2>err
    fi
    grep -qx 'secure 0, of hakmem 1' out || fail "$program: $(cat out err)"
    assert_served
    # of another user, whose rights it takes
    "${as_root[@]}" chown 65534 "$program"
    "${as_root[@]}" chmod 4755 "$program"
    HAKMEM_ACE_TRACE_FILE=$work/trace HAKMEM_ACE_TRACE=2 HAKMEM_WMAX_MID=1.01 HAKMEM_HELP=1 \
        under_hakmem "./$program" >out 2>err || fail "$program: $(tail -n 2 err)"
    grep -qx 'secure 1, of hakmem 1' out ||
        fail "$program did not run in secure mode (is $work mounted nosuid?): $(cat out)"
    [ ! -e stats.json ] && [ ! -e trace ] || fail "$program wrote a file for its user"
    # the loader may say that it does not preload, hakmem has nothing to say
    if grep -i '\[hakmem\]\|hakmem options\|ACE-' err; then
        fail "$program: hakmem heard an option"
    fi
done
