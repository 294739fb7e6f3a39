#!/usr/bin/env bash
# musl in place of glibc: hakmem and its tests by musl-gcc, preloaded into programs of musl's; and a
# static program with libhakmem.a. What needs jansson, C++ or glibc's own functions is not built.
# Debian packages: musl-tools musl-dev
. "$(dirname "$0")/../../support/preload.sh"
need musl-gcc

export HAK_TEST_PERCENT=50
"$here/run" --jobs 1 --for musl unit options stress misuse || fail "musl"

# FORCE_LIBC_ALLOC cannot be done there, and says so
musl=$here/../build/for-musl
env LD_PRELOAD="$musl/libhakmem.so" HAKMEM_FORCE_LIBC_ALLOC=1 "$programs-musl/unit/alignment" \
    2>refused || fail "with HAKMEM_FORCE_LIBC_ALLOC=1: $(cat refused)"
grep -q 'HAKMEM_FORCE_LIBC_ALLOC=1: libc.s allocator .*; ignored' refused ||
    fail "not refused: $(cat refused)"

make -s -C "$here/.." BUILD=build/for-musl CC=musl-gcc build/for-musl/hakmem.o >make.log 2>&1 ||
    fail "$(tail -n 5 make.log)"
musl-gcc -static -O1 -fno-builtin -D_GNU_SOURCE -I"$here/support" -I"$here/../include" \
    "$here/unit/realloc_contents.c" "$musl/hakmem.o" -o static 2>gcc.out || fail "$(cat gcc.out)"
env HAKMEM_STATS="$work/stats.json" ./static || fail "static: exit $?"
assert_served
