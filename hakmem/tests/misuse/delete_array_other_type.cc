/*
 * delete_array_other_type.cc - deletes an array as one of another type.
 *
 * level 0: unnoticed
 * level 1-2: free with a size that the block does not have
 */
#include "misuse.h"

namespace {
int ended;
struct small_thing {
    char byte;
    ~small_thing() {
        ended++;
    }
};
struct large_thing {
    char bytes[64];
    ~large_thing() {
        ended++;
    }
};
} // namespace

int main() {
    auto *things = new small_thing[100];
    announce(reinterpret_cast<char *>(things) - sizeof(size_t));
    void *volatile hidden = things;
    delete[] static_cast<large_thing *>(hidden);
    return survived();
}
