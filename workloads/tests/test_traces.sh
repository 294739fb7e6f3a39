#!/usr/bin/env bash
# The shipped traces: what their page says is what is in them, and they replay right.
. "$(dirname "$0")/lib.sh"

test_page_agrees_with_the_files() {
    "$ROOT/workloads/record/facts" >facts
    sed -n '/^<!-- facts -->/,/^<!-- end -->/{/^<!--/d;p}' "$ROOT/workloads/traces/README.md" >page
    diff page facts
    [ "$(wc -l <facts)" -ge 6 ]
}

test_contents_survive() {
    for trace in "$ROOT"/workloads/traces/*.hakt.zst; do
        "$bin/hakreplay" "$trace" --verify
        if [ -e "$ROOT/hakmem/libhakmem.so" ]; then
            LD_PRELOAD=$ROOT/hakmem/libhakmem.so "$bin/hakreplay" "$trace" --verify
        fi
    done
}

run_tests
