#!/usr/bin/env bash
# GCC's C++ compiler proper on a small program that includes much of the standard library, -O2.
#
# A contrast: many sizes, obstacks, hash tables that grow; all of it freed late or never.
#
# The shipped trace: g++ 12.2 of Debian 12.
. "$(dirname "$0")/common.sh"
need g++ g++

cat >program.cc <<'CXX'
#include <algorithm>
#include <iostream>
#include <map>
#include <regex>
#include <string>
#include <vector>
int main() {
    std::map<std::string, std::vector<int>> where;
    std::regex word("[a-z]+");
    std::string line;
    for (int number = 1; std::getline(std::cin, line); number++)
        for (std::sregex_iterator at(line.begin(), line.end(), word), end; at != end; ++at)
            where[at->str()].push_back(number);
    for (auto &[text, lines] : where)
        std::cout << text << ' ' << lines.size() << '\n';
}
CXX
# a longer trace: more of the same functions
sed -n '/^int main/,/^}/p' program.cc >main.cc
for copy in $(seq 2 "$times"); do
    sed "s/int main/int main$copy/" main.cc >>program.cc
done
record --max-events=1000000 -- "$(g++ -print-prog-name=cc1plus)" -quiet -O2 -D_GNU_SOURCE \
    -imultiarch "$(g++ -print-multiarch)" -std=c++17 program.cc -o program.s
