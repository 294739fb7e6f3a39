#!/usr/bin/env bash
# g++ -O2 compiles C++ programs that include much of the standard library: driver, compiler proper
# and assembler, one after the other. An operation is a compilation.
. "$(dirname "${BASH_SOURCE[0]}")/common/stages.sh"
need g++ g++

prepare() {
    local i
    for i in $(seq "$(share 8)"); do
        cat >"program$i.cc" <<CXX
#include <algorithm>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>
int main() {
    std::map<std::string, std::vector<int>> where;
    std::map<int, std::unique_ptr<std::function<int(int)>>> made;
    std::string line, word;
    for (int number = $i; std::getline(std::cin, line); number++) {
        std::istringstream in(line);
        while (in >> word) {
            where[word].push_back(number);
            made[number] = std::make_unique<std::function<int(int)>>(
                [=](int x) { return x + number; });
        }
    }
    for (auto &[text, lines] : where)
        std::cout << text << ' ' << lines.size() << '\n';
}
CXX
    done
}
tool() { serve g++ -std=c++17 -O2 -c program*.cc; }
figures() {
    echo "ops $(share 8)"
    echo "check $(cat program*.o | cksum)"
}
stage "$@"
