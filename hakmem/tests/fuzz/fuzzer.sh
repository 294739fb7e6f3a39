#!/usr/bin/env bash
# The fuzzer builds, and finds nothing in some hundred inputs that it makes of the committed ones.
# AddressSanitizer, UndefinedBehaviorSanitizer and the assertions of the model look on.
. "$(dirname "$0")/../support/preload.sh"
need clang make
make -s -j2 -C "$here" fuzz >make.log 2>&1 || fail "$(tail -n 5 make.log)"
mkdir new
"$programs/fuzz/fuzz_target" -runs=250 -seed="${HAK_TEST_SEED:-1}" -max_len=500 new \
    "$here/fuzz/corpus" >fuzz.log 2>&1 || fail "$(grep -v '^#' fuzz.log | head -n 30)"
grep -q '^Done 250 runs' fuzz.log || fail "$(tail -n 5 fuzz.log)"
