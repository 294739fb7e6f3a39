#!/usr/bin/env bash
# Clang's C++ compiler on a program that includes much of the standard library, -O2.
#
# Like compiler.sh, of other making: syntax trees in slabs that double, hash tables, small vectors
# that spill, and passes of the optimiser that free what they made.
#
# The shipped trace: clang-14 14.0.6 of Debian 12.
. "$(dirname "$0")/common.sh"
need clang++-14 clang-14
need g++ g++

cat >program.cc <<'CXX'
#include <algorithm>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <unordered_map>
#include <vector>
struct node {
    std::string text;
    std::vector<std::unique_ptr<node>> children;
    std::function<int(int)> value;
};
int main() {
    std::unordered_map<std::string, std::vector<int>> where;
    std::map<int, std::unique_ptr<node>> nodes;
    std::string line, word;
    for (int number = 1; std::getline(std::cin, line); number++) {
        std::istringstream in(line);
        while (in >> word) {
            where[word].push_back(number);
            auto made = std::make_unique<node>();
            made->text = word;
            made->value = [number](int x) { return x + number; };
            nodes[number % 100] = std::move(made);
        }
    }
    std::vector<std::pair<std::string, std::vector<int>>> sorted(where.begin(), where.end());
    std::sort(sorted.begin(), sorted.end(),
              [](auto &a, auto &b) { return a.second.size() > b.second.size(); });
    for (auto &[text, lines] : sorted)
        std::cout << text << ' ' << lines.size() << ' ' << nodes[lines[0] % 100]->value(1) << '\n';
}
CXX
# a longer trace: more of the same functions
sed -n '/^int main/,/^}/p' program.cc >main.cc
for copy in $(seq 2 "$times"); do
    sed "s/int main/int main$copy/" main.cc >>program.cc
done
# no crash reporter: it would start a second process that does the work
record --max-events=1500000 -- \
    clang++-14 -fno-crash-diagnostics -std=c++17 -O2 -c program.cc -o program.o
