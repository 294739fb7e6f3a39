#!/usr/bin/env bash
# clang compiles C++ that leans on templates to the same assembly, links it, and the program
# says the same.
# Debian packages: clang g++
. "$(dirname "$0")/../../support/preload.sh"
need clang++
cat >heavy.cc <<'CC'
#include <algorithm>
#include <functional>
#include <future>
#include <iostream>
#include <map>
#include <memory>
#include <numeric>
#include <regex>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

template <int N> struct Chain {
    std::map<std::string, std::vector<int>> table;
    Chain<N - 1> next;
    long sum() const {
        long total = next.sum();
        for (const auto &[key, values] : table)
            total += std::accumulate(values.begin(), values.end(), long(key.size() * N));
        return total;
    }
    void fill(int n) {
        table["key" + std::to_string(n % (N + 3))].push_back(n * N);
        next.fill(n + 1);
    }
};
template <> struct Chain<0> {
    long sum() const { return 0; }
    void fill(int) {}
};

using Value = std::variant<int, std::string, std::vector<double>>;

int main() {
    Chain<20> chain;
    for (int i = 0; i < 500; i++) chain.fill(i);
    std::cout << chain.sum() << '\n';
    std::vector<std::future<long>> futures;
    for (int t = 0; t < 4; t++)
        futures.push_back(std::async(std::launch::async, [t] {
            std::unordered_map<std::string, std::shared_ptr<Value>> values;
            for (int i = 0; i < 30000; i++) {
                std::string key = std::to_string(i * 7919 % 9973 + t);
                if (i % 3 == 0) values[key] = std::make_shared<Value>(std::string(i % 400, 'x'));
                else if (i % 3 == 1)
                    values[key] = std::make_shared<Value>(std::vector<double>(i % 90));
                else values.erase(key);
            }
            long sum = 0;
            for (auto &[key, value] : values) sum += long(key.size() + value->index());
            return sum;
        }));
    for (auto &f : futures) std::cout << f.get() << '\n';
    std::string text;
    for (int i = 0; i < 3000; i++) text += "word" + std::to_string(i) + ' ';
    std::regex pattern("word(\\d)(\\d*)7");
    std::cout << std::distance(std::sregex_iterator(text.begin(), text.end(), pattern),
                               std::sregex_iterator()) << '\n';
}
CC
same_output clang++ -std=c++17 -O2 -S -o - heavy.cc
same_output clang++ -std=c++17 -g -O1 -S -emit-llvm -o - heavy.cc
under_hakmem clang++ -std=c++17 -O2 -pthread -o heavy heavy.cc
assert_served
same_output ./heavy
