#!/usr/bin/env bash
# make install and the pkg-config file: a program built with their flags, linked with the shared and
# with the static library, is served by hakmem without LD_PRELOAD.
. "$(dirname "$0")/../support/preload.sh"
need pkg-config gcc make
cat >program.c <<'C'
#include <hakmem.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void)
{
    void *block = malloc(33000);
    memset(block, 1, 33000);
    hak_memory_t before, after;
    hak_memory_read(&before);
    void *more = realloc(NULL, 3000000);
    hak_memory_read(&after);
    free(more);
    hak_free(block);
    int served = after.live_bytes >= before.live_bytes + 3000000;
    printf("%s %s\n", hak_version(), served ? "hakmem" : "libc");
    return 0;
}
C
make -s -C "$here/.." install PREFIX=/opt/hakmem DESTDIR="$work/root" >make.log 2>&1 ||
    fail "$(tail -5 make.log)"
root=$work/root/opt/hakmem
for file in lib/libhakmem.so lib/libhakmem.a include/hakmem.h lib/pkgconfig/hakmem.pc; do
    [ -e "$root/$file" ] || fail "$file was not installed: $(cd "$work/root" && find . -type f)"
done
export PKG_CONFIG_PATH=$root/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$work/root
version=$(pkg-config --modversion hakmem)
# shellcheck disable=SC2046  # several flags
gcc -o shared program.c $(pkg-config --cflags --libs hakmem)
[ "$(LD_LIBRARY_PATH=$root/lib ./shared)" = "$version hakmem" ] ||
    fail "linked with the shared library: $(LD_LIBRARY_PATH=$root/lib ./shared)"
gcc -o static -I"$root/include" program.c "$root/lib/libhakmem.a" -pthread
[ "$(./static)" = "$version hakmem" ] || fail "linked with the static library: $(./static)"
# what runs by itself, at start and exit, must be linked in as well
HAKMEM_STATS=stats.json ./static >/dev/null
[ -s stats.json ] || fail "linked with the static library, it writes no statistics at exit"
