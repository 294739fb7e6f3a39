#!/usr/bin/env bash
# The shipped traces: what their page says is what is in them, and they replay right.
. "$(dirname "$0")/lib.sh"

test_page_agrees_with_the_files() {
    "$ROOT/workloads/record/facts" >facts
    sed -n '/^<!-- facts -->/,/^<!-- end -->/{/^<!--/d;p}' "$ROOT/workloads/traces/README.md" >page
    diff page facts
    [ "$(wc -l <facts)" -ge 18 ]
}

test_every_trace_has_its_page() {
    local trace name
    for trace in "$ROOT"/workloads/traces/*.hakt.zst; do
        name=$(basename "$trace" .hakt.zst)
        "$ROOT/workloads/record/facts" "$name" | diff "$ROOT/workloads/traces/$name.md" -
        expect_between 1000 "$(wc -c <"$ROOT/workloads/traces/$name.md")" 8000
    done
    expect_exit 1 "$ROOT/workloads/record/facts" no-such-trace
    expect_text err "no trace"
}

test_recording_takes_a_folder_for_longer_traces() {
    expect_exit 2 "$ROOT/workloads/record/z3.sh" --times=2
    expect_text err "would overwrite the shipped trace"
    expect_exit 2 "$ROOT/workloads/record/z3.sh" --times=0 .
    expect_text err "--times=0"
    expect_exit 2 "$ROOT/workloads/record/z3.sh" /no/such/folder
    expect_text err "/no/such/folder"
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
