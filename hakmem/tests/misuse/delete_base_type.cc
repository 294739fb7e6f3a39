/*
 * delete_base_type.cc - deletes an object by its base, whose destructor is not virtual.
 *
 * level 0: unnoticed
 * level 1-2: free with a size that the block does not have
 */
#include "misuse.h"

namespace {
struct base {
    long word = 0;
};
struct derived : base {
    long words[20] = {};
};
} // namespace

int main() {
    base *thing = static_cast<derived *>(announced(new derived));
    delete thing;
    return survived();
}
