#!/usr/bin/env bash
# A C program that loads a C++ plug-in: libstdc++ comes after hakmem, and operator new must still
# throw what the plug-in catches.
. "$(dirname "$0")/../support/preload.sh"
need gcc g++
cat >plugin.cc <<'C'
#include <cstddef>
#include <cstdio>
#include <new>

extern "C" int plugin(void)
{
    volatile std::size_t bytes = std::size_t(1) << 62;
    bool is_null = new (std::nothrow) char[bytes] == nullptr;
    try {
        char *block = new char[bytes];
        std::printf("%p\n", static_cast<void *>(block));
    } catch (const std::bad_alloc &) {
        std::printf("caught, nothrow %s\n", is_null ? "null" : "not null");
    }
    return 0;
}
C
cat >program.c <<'C'
#include <dlfcn.h>
#include <stdio.h>

int main(void)
{
    void *library = dlopen("./plugin.so", RTLD_NOW);
    if (library == NULL) {
        puts(dlerror());
        return 1;
    }
    int (*plugin)(void) = (int (*)(void))dlsym(library, "plugin");
    return plugin();
}
C
g++ -shared -fPIC -O0 -Wno-alloc-size-larger-than -o plugin.so plugin.cc
gcc -o program program.c
same_output ./program
