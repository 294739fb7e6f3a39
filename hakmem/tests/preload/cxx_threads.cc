// cxx_threads.cc - what cxx_threads.sh runs: containers and shared pointers handed between threads,
// with a result that depends on nothing but the work.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <future>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace {

std::mutex exchange_lock;
std::vector<std::shared_ptr<std::string>> exchange;

std::uint64_t mix(std::uint64_t sum, const std::string &text) {
    for (char c : text) {
        sum = sum * 1099511628211ULL + static_cast<unsigned char>(c);
    }
    return sum;
}

std::uint64_t containers(unsigned seed) {
    std::unordered_map<std::string, std::vector<int>> table;
    std::map<unsigned, std::list<std::string>> ordered;
    for (unsigned i = 0; i < 20000; i++) {
        unsigned key = (i * 2654435761u + seed) % 5000;
        table["key" + std::to_string(key)].push_back(static_cast<int>(i));
        ordered[key % 97].push_back(std::string(key % 400, 'a'));
        if (key % 13 == 0) {
            ordered.erase(key % 31);
        }
    }
    std::uint64_t sum = seed;
    for (const auto &[key, texts] : ordered) {
        for (const auto &text : texts) {
            sum = mix(sum, text) + key;
        }
    }
    return sum + table.size();
}

// Every string is made by one thread and often destroyed by another.
std::uint64_t trade(unsigned seed) {
    std::uint64_t caught = 0;
    for (unsigned i = 0; i < 20000; i++) {
        auto text = std::make_shared<std::string>(i % 50 == 0 ? 33000 : i % 200, 'x');
        try {
            if (i % 100 == seed) {
                throw std::runtime_error(*text);
            }
        } catch (const std::exception &) {
            caught++;
        }
        std::lock_guard<std::mutex> guard(exchange_lock);
        exchange.push_back(text);
        if (exchange.size() > 500) {
            std::swap(exchange[(i * 31) % 400], exchange.back());
            exchange.resize(300);
        }
    }
    return caught;
}

} // namespace

int main() {
    std::vector<std::future<std::uint64_t>> results;
    for (unsigned i = 0; i < 4; i++) {
        results.push_back(
            std::async(std::launch::async, [i] { return containers(i) * 31 + trade(i); }));
    }
    for (auto &result : results) {
        std::printf("%016llx\n", static_cast<unsigned long long>(result.get()));
    }
    return 0;
}
