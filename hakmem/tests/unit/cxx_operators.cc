// cxx_operators.cc - every form of C++ new and delete: aligned, sized, nothrow, arrays; bad_alloc
// is thrown, and the new_handler gets its chance first.
//
// On the machine's own kernel: qemu has no RLIMIT_AS.
#include "test.h"

#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <stdexcept>
#include <vector>

#include <malloc.h>
#include <sys/resource.h>

namespace {

const std::size_t too_much = static_cast<std::size_t>(PTRDIFF_MAX) - 4096;
int handler_calls;

void *check_block(void *block, std::size_t alignment, std::size_t bytes) {
    CHECK_MSG(block && reinterpret_cast<std::uintptr_t>(block) % alignment == 0,
              "%p, alignment %zu, %zu bytes", block, alignment, bytes);
    std::memset(block, 0x11, bytes);
    return block;
}

void plain_forms(std::size_t bytes) {
    ::operator delete(check_block(::operator new(bytes), 16, bytes));
    ::operator delete(check_block(::operator new(bytes), 16, bytes), bytes);
    ::operator delete[](check_block(::operator new[](bytes), 16, bytes));
    ::operator delete[](check_block(::operator new[](bytes), 16, bytes), bytes);
    void *block = ::operator new(bytes, std::nothrow);
    ::operator delete(check_block(block, 16, bytes), std::nothrow);
    block = ::operator new[](bytes, std::nothrow);
    ::operator delete[](check_block(block, 16, bytes), std::nothrow);
}

void aligned_forms(std::size_t bytes, std::size_t alignment) {
    const std::align_val_t align{alignment};
    ::operator delete(check_block(::operator new(bytes, align), alignment, bytes), align);
    ::operator delete(check_block(::operator new(bytes, align), alignment, bytes), bytes, align);
    ::operator delete[](check_block(::operator new[](bytes, align), alignment, bytes), align);
    ::operator delete[](check_block(::operator new[](bytes, align), alignment, bytes), bytes,
                        align);
    void *block = ::operator new(bytes, align, std::nothrow);
    ::operator delete(check_block(block, alignment, bytes), align, std::nothrow);
    block = ::operator new[](bytes, align, std::nothrow);
    ::operator delete[](check_block(block, alignment, bytes), align, std::nothrow);
}

template <typename Function> bool throws_bad_alloc(Function function) {
    try {
        function();
    } catch (const std::bad_alloc &) {
        return true;
    }
    return false;
}

void failing_forms() {
    const std::align_val_t align{4096};
    CHECK(throws_bad_alloc([] { ::operator delete(::operator new(too_much)); }));
    CHECK(throws_bad_alloc([] { ::operator delete[](::operator new[](too_much)); }));
    CHECK(throws_bad_alloc([=] { ::operator delete(::operator new(too_much, align), align); }));
    CHECK(throws_bad_alloc([=] { ::operator delete[](::operator new[](too_much, align), align); }));
    CHECK(::operator new(too_much, std::nothrow) == nullptr);
    CHECK(::operator new[](too_much, std::nothrow) == nullptr);
    CHECK(::operator new(too_much, align, std::nothrow) == nullptr);
    CHECK(::operator new[](too_much, align, std::nothrow) == nullptr);
    CHECK(::operator new(SIZE_MAX, align, std::nothrow) == nullptr);
}

// The handler is called until it gives up, by throwing or by taking itself away.
void handler_is_called() {
    std::set_new_handler([] {
        if (++handler_calls == 3) {
            std::set_new_handler(nullptr);
        }
    });
    CHECK(throws_bad_alloc([] { ::operator delete(::operator new(too_much)); }));
    CHECK_EQ(handler_calls, 3);

    handler_calls = 0;
    std::set_new_handler([] {
        handler_calls++;
        throw std::bad_alloc();
    });
    CHECK(throws_bad_alloc([] { ::operator delete(::operator new(too_much)); }));
    CHECK(::operator new(too_much, std::nothrow) == nullptr);
    CHECK_EQ(handler_calls, 2);
    std::set_new_handler(nullptr);
}

// Calls `function` with a handler that gives up at its third call; how often it was called.
template <typename Function> int calls_of_handler(Function function, bool throws) {
    handler_calls = 0;
    std::set_new_handler([] {
        if (++handler_calls == 3) {
            std::set_new_handler(nullptr);
        }
    });
    CHECK(throws_bad_alloc(function) == throws);
    CHECK(std::get_new_handler() == nullptr);
    return handler_calls;
}

void every_form_calls_the_handler() {
    const std::align_val_t align{4096};
    CHECK_EQ(calls_of_handler([] { ::operator delete[](::operator new[](too_much)); }, true), 3);
    CHECK_EQ(
        calls_of_handler([=] { ::operator delete(::operator new(too_much, align), align); }, true),
        3);
    CHECK_EQ(calls_of_handler(
                 [=] { ::operator delete[](::operator new[](too_much, align), align); }, true),
             3);
    CHECK_EQ(calls_of_handler([] { CHECK(!::operator new(too_much, std::nothrow)); }, false), 3);
    CHECK_EQ(calls_of_handler([] { CHECK(!::operator new[](too_much, std::nothrow)); }, false), 3);
    CHECK_EQ(
        calls_of_handler([=] { CHECK(!::operator new(too_much, align, std::nothrow)); }, false), 3);
    CHECK_EQ(
        calls_of_handler([=] { CHECK(!::operator new[](too_much, align, std::nothrow)); }, false),
        3);
}

std::size_t address_space_in_use() {
    unsigned long pages = 0;
    std::FILE *file = std::fopen("/proc/self/statm", "re");
    CHECK(file && std::fscanf(file, "%lu", &pages) == 1);
    std::fclose(file);
    return pages * 4096;
}

// What a handler frees may serve the request: new does not fail then.
void *kept_back;
void handler_frees_memory() {
    struct rlimit before, limit;
    CHECK(getrlimit(RLIMIT_AS, &before) == 0);
    limit = before;
    limit.rlim_cur = address_space_in_use(); // none is left, and hakmem gives its reserve back
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
    std::free(std::malloc(100 * MIB));
    malloc_trim(0);
    limit.rlim_cur = address_space_in_use() + 80 * MIB;
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
    kept_back = std::malloc(64 * MIB);
    CHECK(kept_back);
    std::set_new_handler([] {
        std::free(kept_back);
        kept_back = nullptr;
        std::set_new_handler(nullptr);
    });
    void *block = ::operator new(48 * MIB);
    CHECK(block && kept_back == nullptr);
    check_block(block, 16, 48 * MIB);
    ::operator delete(block);
    CHECK(setrlimit(RLIMIT_AS, &before) == 0);
}

struct alignas(256) Wide {
    char bytes[300];
};

void through_the_library() {
    std::vector<std::unique_ptr<Wide>> wide;
    for (int i = 0; i < 1000; i++) {
        wide.push_back(std::make_unique<Wide>());
        CHECK(reinterpret_cast<std::uintptr_t>(wide.back().get()) % 256 == 0);
    }
    std::vector<char> grown;
    for (int i = 0; i < 100000; i++) {
        grown.push_back(static_cast<char>(i));
    }
    for (int i = 0; i < 100000; i++) {
        CHECK(grown[static_cast<std::size_t>(i)] == static_cast<char>(i));
    }
}

} // namespace

int main() {
    const std::size_t sizes[] = {1, 24, 1000, 5000, 33000, 100000, 3000000};
    for (std::size_t bytes : sizes) {
        plain_forms(bytes);
        for (std::size_t alignment = 1; alignment <= 65536; alignment *= 4) {
            aligned_forms(bytes, alignment);
        }
    }
    void *first = ::operator new(0);
    void *second = ::operator new(0);
    CHECK(first && second && first != second);
    ::operator delete(first);
    ::operator delete(second);
    ::operator delete(nullptr);
    ::operator delete[](nullptr, std::nothrow);
    failing_forms();
    handler_is_called();
    every_form_calls_the_handler();
    // At level 2 a quarantine gives way before the handler is asked.
    if (test_setting("HAKMEM_HARDEN", 0) < 2) {
        handler_frees_memory();
    }
    through_the_library();
    return 0;
}
