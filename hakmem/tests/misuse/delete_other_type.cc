/*
 * delete_other_type.cc - deletes an object as one of a much larger type.
 *
 * level 0: unnoticed
 * level 1-2: free with a size that the block does not have
 */
#include "misuse.h"

namespace {
struct small_thing {
    long words[2];
};
struct large_thing {
    long words[20];
};
} // namespace

int main() {
    auto *thing = static_cast<small_thing *>(announced(new small_thing));
    void *volatile hidden = thing;
    delete static_cast<large_thing *>(hidden);
    return survived();
}
