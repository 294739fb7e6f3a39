#!/usr/bin/env bash
# stress-ng's stressors of malloc, threads, fork, C++-like trees, sorting and zlib, each with a
# fixed amount of work and its own verification.
# Debian packages: stress-ng
. "$(dirname "$0")/../../support/preload.sh"
need stress-ng
run() {
    under_hakmem stress-ng --temp-path "$work" --verify --metrics --no-rand-seed --oom-avoid \
        --timeout 120 "$@" >stress.log 2>&1 || fail "$*: $(grep -v '^$' stress.log | tail -n 4)"
    grep -q 'successful run completed' stress.log || fail "$*: $(tail -n 3 stress.log)"
    assert_served
}
run --malloc 2 --malloc-ops 100000 --malloc-max 20000 --malloc-bytes 200000
run --malloc 2 --malloc-ops 60000 --malloc-bytes 8m --malloc-max 64 --malloc-touch
run --malloc 1 --malloc-ops 100000 --malloc-pthreads 4 --malloc-bytes 100000
run --malloc 1 --malloc-ops 100000 --malloc-bytes 1m --malloc-max 500
run --pthread 2 --pthread-ops 5000 --pthread-max 64
run --fork 2 --fork-ops 2000
run --vfork 1 --vfork-ops 1000
run --tree 1 --tree-ops 20
run --hsearch 1 --hsearch-ops 200 --tsearch 1 --tsearch-ops 30
run --qsort 1 --qsort-ops 6 --mergesort 1 --mergesort-ops 6
run --zlib 1 --zlib-ops 20
run --sigfpe 1 --sigfpe-ops 20000 --sigsegv 1 --sigsegv-ops 20000
