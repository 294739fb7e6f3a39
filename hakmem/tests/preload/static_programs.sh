#!/usr/bin/env bash
# Programs that are wholly static, and C++ ones that are linked with libhakmem.a: served by hakmem,
# threads and the failing forms of new included.
. "$(dirname "$0")/../support/preload.sh"
need g++
cat >program.cc <<'CC'
#include <hakmem.h>

#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>
#include <thread>

static int calls;
static volatile std::size_t too_much = static_cast<std::size_t>(PTRDIFF_MAX) - 4096;

static bool throws_bad_alloc() {
    try {
        ::operator delete(::operator new(too_much));
    } catch (const std::bad_alloc &) {
        return true;
    }
    return false;
}

int main() {
    std::set_new_handler([] {
        if (++calls == 2) {
            std::set_new_handler(nullptr);
        }
    });
    bool thrown = throws_bad_alloc();
    bool is_null = ::operator new(too_much, std::nothrow) == nullptr;
    std::string text;
    std::thread thread([&] { text += std::string(150000, 'y'); });
    thread.join();
    hak_memory_t before, after;
    hak_memory_read(&before);
    void *volatile block = std::malloc(5000000);
    hak_memory_read(&after);
    std::free(block);
    bool served = after.live_bytes >= before.live_bytes + 5000000;
    std::printf("%d %d %d %zu ", thrown, is_null, calls, text.size());
    std::puts(served ? "hakmem" : "libc");
}
CC
for how in "" -static; do
    # shellcheck disable=SC2086  # none or one
    g++ $how -O1 -I"$here/../include" program.cc "$here/../libhakmem.a" -pthread -o program \
        2>link.log || fail "g++ $how: $(head -5 link.log)"
    said=$(HAKMEM_STATS=stats.json ./program) || fail "g++ $how: exit $?"
    [ "$said" = "1 1 2 150000 hakmem" ] || fail "g++ $how: $said"
    assert_served
done
