#!/usr/bin/env bash
# A program that is linked with libhakmem.a may give its own functions the names that hakmem's files
# call each other by, all of them, and its own operators new and delete to C++: it links, its
# functions are its own, and hakmem serves it.
. "$(dirname "$0")/../support/preload.sh"
need g++ gcc nm
folder=$here/..
nm -D --defined-only "$folder/libhakmem.so" | awk '{print $NF}' | sort -u >exported
nm -g --defined-only "$folder/build/release-00/objects.a" 2>/dev/null |
    awk 'NF == 3 {print $3}' | sort -u | comm -23 - exported >inner
for name in lock_acquire heap_alloc cache_pop gate_malloc_slow hak_fatal; do
    grep -qx $name inner || fail "no $name among the $(wc -l <inner) inner names"
done

{
    echo "int calls;"
    sed 's/.*/void &(void); void &(void) { calls++; }/' inner
    echo "void call_all(void); void call_all(void) {"
    sed 's/.*/    &();/' inner
    echo "}"
} >names.c
cat >program.cc <<'CC'
#include <hakmem.h>

#include <cstdio>
#include <cstdlib>
#include <new>

extern "C" int calls;
extern "C" void call_all(void);

#ifdef OWN_NEW
static int news, deletes;

void *operator new(std::size_t bytes) {
    news++;
    return std::malloc(bytes);
}

void operator delete(void *block) noexcept {
    deletes++;
    std::free(block);
}

void operator delete(void *block, std::size_t) noexcept {
    deletes++;
    std::free(block);
}
#else
static int news = 1, deletes = 1;
#endif

int main() {
    call_all();
    hak_memory_t before, after;
    hak_memory_read(&before);
    void *volatile block = std::malloc(5000000);
    hak_memory_read(&after);
    std::free(block);
    int *volatile number = new int(33);
    delete number;
    bool served = after.live_bytes >= before.live_bytes + 5000000;
    std::printf("%d %d %d %s\n", calls, news, deletes, served ? "hakmem" : "libc");
    return 0;
}
CC
gcc -c names.c || fail "names.c"
for how in "" -static; do
    for own in "" -DOWN_NEW; do
        # shellcheck disable=SC2086  # none or one
        g++ $how $own -O1 -I"$folder/include" program.cc names.o "$folder/libhakmem.a" -pthread \
            -o program 2>link.log || fail "g++ $how $own: $(head -5 link.log)"
        said=$(HAKMEM_HARDEN=1 ./program) || fail "g++ $how $own: exit $?"
        [ "$said" = "$(wc -l <inner) 1 1 hakmem" ] || fail "g++ $how $own: $said"
    done
done
