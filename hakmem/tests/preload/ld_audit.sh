#!/usr/bin/env bash
# Under LD_AUDIT, where the loader lays out the static TLS block before it knows of the preloaded
# library, that must do with the little which glibc keeps spare for such: programs start, and are
# served. With room to spare for libraries of the program's own, and with glibc's tunable for more.
. "$(dirname "$0")/../support/preload.sh"
need gcc python3 readelf
cat >audit.c <<'C'
#define _GNU_SOURCE
#include <link.h>
#include <stdlib.h>
#include <string.h>

unsigned la_version(unsigned version)
{
    free(memset(malloc(33000), 1, 33000)); /* of its own namespace's libc */
    return version;
}
unsigned la_objopen(struct link_map *map, Lmid_t space, uintptr_t *cookie)
{
    (void)map, (void)space, (void)cookie;
    return LA_FLG_BINDTO | LA_FLG_BINDFROM;
}
C
cat >own.c <<'C'
__attribute__((tls_model("initial-exec"))) _Thread_local char own[OWN_BYTES];
char *get_own(void) { return own; } /* only what is used needs the room */
C
cat >program.c <<'C'
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *work(void *unused)
{
    for (int i = 1; i < 3000; i++) {
        char *block = malloc((size_t)i * 30);
        memset(block, i, (size_t)i * 30);
        free(block);
    }
    return unused;
}

int main(void)
{
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) {
        pthread_create(&threads[i], NULL, work, NULL);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    puts("done");
    return 0;
}
C
gcc -shared -fPIC -w -o audit.so audit.c
gcc -shared -fPIC -DOWN_BYTES=128 -o own.so own.c
gcc -O1 -fno-builtin -w -pthread -o program program.c -Wl,--no-as-needed,-rpath,"$work" own.so
readelf -d own.so | grep -q STATIC_TLS || fail "the program's own library needs no room"
cp audit.so second.so
for auditors in audit.so audit.so:second.so; do
    export LD_AUDIT=$work/${auditors//:/:$work/}
    same_output ./program
    same_output python3 -c 'print(sum(len("x" * n) for n in range(3000)))'
done
# for more of them glibc keeps as much as it is told to
gcc -shared -fPIC -DOWN_BYTES=1500 -o own.so own.c
export GLIBC_TUNABLES=glibc.rtld.optional_static_tls=4096
same_output ./program
