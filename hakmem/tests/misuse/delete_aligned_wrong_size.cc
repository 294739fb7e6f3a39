/*
 * delete_aligned_wrong_size.cc - deletes an object, aligned to 64, with a size that is too large.
 *
 * level 0: unnoticed
 * level 1-2: free with a size that the block does not have
 */
#include "misuse.h"

#include <new>

int main() {
    void *block = announced(::operator new(100, std::align_val_t(64)));
    ::operator delete(block, 1000, std::align_val_t(64));
    return survived();
}
