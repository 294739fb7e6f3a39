/*
 * fuzz_target.c - libFuzzer's entry: an input is a program of several threads on the model.
 *
 *     make -C hakmem/tests fuzz                              builds it, with clang
 *     hakmem/build/tests/fuzz/fuzz_target -max_len=4096 NEW_FOLDER hakmem/tests/fuzz/corpus
 *
 * The options of hakmem are those of the environment. A finding is an input file; libFuzzer shrinks
 * it with -minimize_crash=1, and `long_run --replay FILE` runs it without a fuzzer.
 */
#include "model.h"
#include "program.h"

enum { SLOTS = 512 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
    source_t source = source_of_bytes(data, bytes);
    model_start(SLOTS, 256 * MIB, "see libFuzzer's input");
    program_run(&source, UINT64_MAX);
    return 0;
}
