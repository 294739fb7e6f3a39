#!/usr/bin/env bash
# cmake configures and ninja builds a project of forty C and C++ files with a library and tests, all
# tools under hakmem, down to the same object files.
# Debian packages: cmake ninja-build gcc g++
. "$(dirname "$0")/../../support/preload.sh"
need cmake ninja ctest gcc g++
mkdir source
for n in $(seq 20); do
    cat >"source/part$n.c" <<C
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
long part$n(int depth)
{
    char *text = malloc(33000);
    memset(text, $n, 33000);
    long sum = 0;
    for (int i = 0; i < 33000; i += $n)
        sum += text[i] * (i % $((n + 2)));
    free(text);
    return depth > 0 ? sum + part$n(depth - 1) : sum;
}
C
    cat >"source/piece$n.cc" <<C
#include <map>
#include <numeric>
#include <string>
#include <vector>
long piece$n(int depth)
{
    std::map<std::string, std::vector<long>> m;
    for (int i = 0; i < 100 * depth; i++) m[std::to_string(i % (10 + $n))].push_back(i);
    long sum = 0;
    for (auto &[k, v] : m) sum += std::accumulate(v.begin(), v.end(), long(k.size()));
    return sum;
}
C
done
{
    echo '#include <cstdio>'
    for n in $(seq 20); do echo "extern \"C\" long part$n(int); long piece$n(int);"; done
    echo 'int main() { long s = 0;'
    for n in $(seq 20); do echo "s += part$n(3) + piece$n(7);"; done
    echo 'std::printf("%ld\n", s); return 0; }'
} >source/main.cc
cat >source/CMakeLists.txt <<'CMAKE'
cmake_minimum_required(VERSION 3.18)
project(parts C CXX)
set(CMAKE_CXX_STANDARD 17)
file(GLOB SOURCES part*.c piece*.cc)
add_library(parts STATIC ${SOURCES})
add_executable(main main.cc)
target_link_libraries(main parts)
enable_testing()
foreach(n RANGE 30)
    add_test(NAME run${n} COMMAND main)
endforeach()
CMAKE
# in the same folder both times, since object files name it
build_all() {
    rm -rf build && cmake -G Ninja -S source -B build -DCMAKE_BUILD_TYPE=Debug &&
        ninja -C build -j2 && ctest --test-dir build -j2
}
build_all >want.log 2>&1 || fail "libc: $(tail -n 3 want.log)"
mv build want
export -f build_all
under_hakmem bash -c build_all >got.log 2>&1 || fail "$(tail -n 3 got.log)"
assert_served
grep -q '100% tests passed' got.log || fail "$(tail -n 3 got.log)"
count=0
while IFS= read -r object; do
    cmp "want/$object" "build/$object" || fail "another $object"
    count=$((count + 1))
done < <(cd want && find . -name '*.o')
[ "$count" -gt 40 ] || fail "$count object files"
[ "$(build/main)" = "$(want/main)" ] || fail "the program says something else"
same_output ninja -C build -t targets all
