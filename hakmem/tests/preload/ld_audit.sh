#!/usr/bin/env bash
# Under LD_AUDIT, where the loader lays out the static TLS block before it knows of the preloaded
# library, that must do with the little which glibc keeps spare for such: programs start, and are
# served. With room to spare for libraries of the program's own.
. "$(dirname "$0")/../support/preload.sh"
need gcc python3
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
__attribute__((tls_model("initial-exec"))) _Thread_local char own[192];
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
gcc -shared -fPIC -o own.so own.c
gcc -O1 -fno-builtin -w -pthread -o program program.c -Wl,--no-as-needed,-rpath,"$work" own.so
cp audit.so second.so
for auditors in audit.so audit.so:second.so; do
    export LD_AUDIT=$work/${auditors//:/:$work/}
    same_output ./program
    same_output python3 -c 'print(sum(len("x" * n) for n in range(3000)))'
done
