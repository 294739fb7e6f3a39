/*
 * delete_wrong_alignment.cc - deletes objects with an alignment that not all of them have.
 *
 * level 0: unnoticed
 * level 1-2: free with an alignment that the block does not have
 */
#include "misuse.h"

#include <new>

int main() {
    void *blocks[8];
    for (void *&block : blocks) {
        block = announced(::operator new(100, std::align_val_t(64)));
    }
    for (void *block : blocks) {
        ::operator delete(block, 100, std::align_val_t(4096));
    }
    return survived();
}
