// help_operators.cc - a program to be recorded: every form of C++ new and delete, once, of 33,000
// bytes (aligned forms: 33,024), and one that cannot succeed and must throw.

#include <cstddef>
#include <new>

int main() {
    const std::size_t plain = 33000, wide = 33024;
    const std::align_val_t align{64};
    volatile std::size_t impossible = static_cast<std::size_t>(-1) / 4;
    ::operator delete(::operator new(plain));
    ::operator delete(::operator new(plain), plain);
    ::operator delete[](::operator new[](plain));
    ::operator delete[](::operator new[](plain), plain);
    ::operator delete(::operator new(plain, std::nothrow), std::nothrow);
    ::operator delete[](::operator new[](plain, std::nothrow), std::nothrow);
    ::operator delete(::operator new(wide, align), align);
    ::operator delete(::operator new(wide, align), wide, align);
    ::operator delete[](::operator new[](wide, align), align);
    ::operator delete[](::operator new[](wide, align), wide, align);
    ::operator delete(::operator new(wide, align, std::nothrow), align, std::nothrow);
    ::operator delete[](::operator new[](wide, align, std::nothrow), align, std::nothrow);
    try {
        ::operator delete(::operator new(impossible));
    } catch (const std::bad_alloc &) {
        return 0;
    }
    return 1;
}
