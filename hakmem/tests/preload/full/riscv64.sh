#!/usr/bin/env bash
# RISC-V (64 bits): hakmem and its tests by Debian's cross compiler, under qemu.
# Debian packages: gcc-riscv64-linux-gnu g++-riscv64-linux-gnu libc6-dev-riscv64-cross
# Debian packages: qemu-user-static
. "$(dirname "$0")/../../support/preload.sh"
need riscv64-linux-gnu-gcc riscv64-linux-gnu-g++ qemu-riscv64-static

export HAK_TEST_PERCENT=10 # each step takes some twenty times as long
echo "building, then unit stress misuse fuzz"
"$here/run" --for riscv64 unit stress misuse fuzz || fail "riscv64"
