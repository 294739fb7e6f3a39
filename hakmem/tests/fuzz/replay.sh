#!/usr/bin/env bash
# The committed inputs of the fuzzer, each under a third of the rows of options that long_run has
# (under all by run --full), and a short run of random operations under all of them: on the hak_
# functions, with a look inside; and on malloc, where the inputs run with the options' defaults
# only; and on the hak_ functions at both levels of hardening.
. "$(dirname "$0")/../support/preload.sh"
seed=${HAK_TEST_SEED:-1}
inputs=("$here"/fuzz/corpus/*)
[ -s "${inputs[0]}" ] || fail "no inputs in $here/fuzz/corpus"
# four passes through the table of options: in the last one threads take turns
short=(--quiet --seed "$seed" --ops 72000 --round-ops 1500)
share=3
[ "${HAK_TEST_PERCENT:-100}" -le 100 ] || share=1
"$programs/fuzz/long_run" --replay --share $share "${inputs[@]}"
"$programs/fuzz/long_run" "${short[@]}"
env LD_PRELOAD="$lib" "$programs/fuzz/long_run_preload" --replay --round 0 "${inputs[@]}"
env LD_PRELOAD="$lib" "$programs/fuzz/long_run_preload" "${short[@]}"
for level in 1 2; do
    env HAKMEM_HARDEN=$level "$programs/fuzz/long_run" "${short[@]}"
done
