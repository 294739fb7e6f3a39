#!/usr/bin/env bash
# Valgrind. Memcheck puts its own allocator in hakmem's place, preloaded or linked in any way, and
# must then find what it finds elsewhere, and nothing in a right program; all of the interface has
# to go one way. With somalloc=nouserintercepts hakmem itself serves under Valgrind.
. "$(dirname "$0")/../support/preload.sh"
need valgrind gcc
cat >program.c <<'C'
#define _GNU_SOURCE
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
void free_sized(void *, size_t) __attribute__((weak));
void free_aligned_sized(void *, size_t, size_t) __attribute__((weak));

static void every_function(void)
{
    void *block = NULL;
    free(realloc(calloc(10, 64), 33000));
    free(reallocarray(reallocarray(NULL, 10, 64), 1000, 64));
    free(aligned_alloc(64, 640));
    free(memalign(256, 640));
    free(valloc(640));
    free(strdup("text"));
    if (posix_memalign(&block, 4096, 640) == 0) free(block);
    if (free_sized) {
        free(pvalloc(640)); /* Valgrind stops where it meets libc's */
        free_sized(malloc(640), 640);
        free_aligned_sized(aligned_alloc(64, 640), 64, 640);
    }
    malloc_trim(0);
    printf("%zu\n", mallinfo2().uordblks ? (size_t)1 : 0);
}

int main(int count, char **arguments)
{
    char *volatile small = malloc(100), *volatile large = malloc(33000);
    memset(small, 1, 100);
    switch (count > 1 ? arguments[1][0] : 0) {
    case 'o': small[100] = 1; break;
    case 'u': free(small); return small[5];
    case 'd': free(small); free(small); return 0;
    case 'i': if (large[5] == 7) puts("seven"); break;
    case 'l': large = NULL; return 0;
    }
    every_function();
    free(small);
    free(large);
    return 0;
}
C
folder=$(dirname "$lib")
common=(gcc -g -O1 -fno-builtin -w program.c)
"${common[@]}" -o preload
"${common[@]}" -o linked "$lib" -Wl,-rpath,"$folder"
"${common[@]}" -o static "$folder/libhakmem.a" -pthread

# memcheck WAY MISUSE: into the file said
memcheck() {
    local preloaded=
    [ "$1" != preload ] || preloaded=$lib
    LD_PRELOAD=$preloaded HAKMEM_STATS=$work/stats.json valgrind -q --error-exitcode=99 \
        --leak-check=full --errors-for-leak-kinds=definite "./$1" "$2" >out 2>said
}
for way in preload linked static; do
    memcheck $way none || fail "$way: a right program is blamed: $(head -n 8 said)"
    [ ! -s said ] || fail "$way: a right program is blamed: $(head -n 8 said)"
    [ -s stats.json ] || fail "$way: hakmem was not in the process"
    while IFS=: read -r misuse message; do
        [ "$way" = preload ] || [ "$misuse" = over ] || continue # one will do
        if memcheck $way "$misuse"; then
            fail "$way, $misuse: not noticed"
        fi
        grep -q "$message" said || fail "$way, $misuse: $(head -n 5 said)"
        grep -q 'main (program.c' said || fail "$way, $misuse: no place: $(cat said)"
    done <<'LIST'
over:Invalid write of size 1
use:Invalid read of size 1
double:Invalid free
if:depends on uninitialised
lost:33,000 bytes in 1 blocks are definitely lost
LIST
done

# hakmem's own code under Valgrind: it reads nothing uninitialised, and serves
own=(valgrind -q --error-exitcode=99 --soname-synonyms=somalloc=nouserintercepts)
under_hakmem "${own[@]}" ./preload none >out 2>said || fail "hakmem is blamed: $(head -n 12 said)"
[ ! -s said ] || fail "hakmem is blamed: $(head -n 12 said)"
grep -qx 1 out || fail "hakmem did not serve: $(cat out)"
assert_served
under_hakmem "${own[@]}" --tool=helgrind ./preload none >out 2>said || fail "$(head -n 12 said)"
assert_served
