#!/usr/bin/env bash
# gcc: compiles a large generated file to the same assembly and object; cc1, as and the driver all
# run under hakmem.
. "$(dirname "$0")/../support/preload.sh"
need gcc
awk -v functions=$((2 * ${HAK_TEST_PERCENT:-100})) 'BEGIN {
    print "#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>"
    for (i = 0; i < functions; i++) {
        printf "struct s%d { int a[%d]; double b; char c[%d]; };\n", i, i % 17 + 1, i % 31 + 1
        printf "int f%d(struct s%d *p, int n) {\n    int sum = %d;\n", i, i, i
        printf "    for (int i = 0; i < n; i++) {\n"
        printf "        sum += p[i].a[0] * %d; p[i].b *= 1.5;\n", i % 7 + 2
        printf "        if (sum %% %d == 0) memset(p[i].c, sum, sizeof p[i].c); }\n", i % 11 + 2
        printf i ? "    return sum + f%d((void *)p, n / 2);\n}\n" : "    return sum;\n}\n", i - 1
    }
    last = functions - 1
    printf "int main(void) { static struct s%d p[9]; printf(\"%%d\\n\", f%d(p, 9)); }\n", last, last
}' >large.c
same_output gcc -O2 -S -o - large.c
gcc -O1 -g -c -o want.o large.c
under_hakmem gcc -O1 -g -c -o got.o large.c
cmp want.o got.o || fail "other object file"
assert_served
under_hakmem gcc -O1 -o program large.c
same_output ./program
