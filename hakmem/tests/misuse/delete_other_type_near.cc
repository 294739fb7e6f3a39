/*
 * delete_other_type_near.cc - deletes an object as one of a slightly larger type.
 *
 * level 0-1: unnoticed
 * level 2: free with a size that the block does not have
 */
#include "misuse.h"

namespace {
struct small_thing {
    char bytes[97];
};
struct large_thing {
    char bytes[98];
};
} // namespace

int main() {
    auto *thing = static_cast<small_thing *>(announced(new small_thing));
    void *volatile hidden = thing;
    delete static_cast<large_thing *>(hidden);
    return survived();
}
