#!/usr/bin/env bash
# make builds a C++ program and a shared library with g++, in parallel and with debug information;
# the object files are the same, and the program says the same.
. "$(dirname "$0")/../support/preload.sh"
need make g++
cat >part.h <<'C'
#include <map>
#include <string>
#include <vector>
long part1(int), part2(int);
C
for n in 1 2; do
    cat >part$n.cc <<C
#include "part.h"
long part$n(int depth) {
    std::map<std::string, std::vector<long>> table;
    for (long i = 0; i < depth * $n; i++) table[std::to_string(i % 90)].push_back(i);
    long sum = 0;
    for (auto &[key, values] : table) sum += long(key.size() + values.size()) * values.back();
    return sum;
}
C
done
cat >main.cc <<'C'
#include "part.h"
#include <cstdio>
int main() { std::printf("%ld %ld\n", part1(3000), part2(3000)); }
C
cat >Makefile <<'M'
CXXFLAGS := -std=c++17 -O1 -g -fPIC
program: main.o libpart.so
	$(CXX) -o $@ $^ -Wl,-rpath,.
libpart.so: part1.o part2.o
	$(CXX) -shared -o $@ $^
M
make -j2 >make.log 2>&1 || fail "libc: $(tail -n 3 make.log)"
mkdir want
mv ./*.o ./*.so program want
under_hakmem make -j2 >make.log 2>&1 || fail "$(tail -n 3 make.log)"
assert_served
for file in main.o part1.o part2.o; do
    cmp want/$file $file || fail "another $file"
done
same_output ./program
same_output make -B -n
