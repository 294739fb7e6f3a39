#!/usr/bin/env bash
# The recorder on small programs: what was done is what the trace says.
. "$(dirname "$0")/lib.sh"

test_threads_are_balanced() {
    "$bin/hakrec" -q -o t.hakt.zst -- "$helpers/help_threads" 4 50
    "$bin/haktrace" verify t.hakt.zst
    # Of 100 blocks in a round: 13 each by calloc, memalign, posix_memalign and aligned_alloc, 12
    # each by realloc(NULL), reallocarray(NULL), valloc and malloc. 20 of them are reallocated.
    [ "$(stat_of t.hakt.zst aligned)" -eq $((4 * 50 * (3 * 13 + 12))) ]
    [ "$(stat_of t.hakt.zst realloc)" -eq $((4 * 50 * 20)) ]
    [ "$(stat_of t.hakt.zst malloc)" -ge $((4 * 50 * 36)) ]
    [ "$(stat_of t.hakt.zst free)" -ge $((4 * 50 * 100)) ]
    "$bin/haktrace" info t.hakt.zst >info
    expect_text info "threads       5"
    expect_text info "unknown frees 0 "
    expect_text info "lost frees    0 "
}

test_frees_of_other_threads_are_seen() {
    "$bin/hakrec" -q -o t.hakt.zst -- "$helpers/help_threads" 2 50
    # Per round and thread 120 uses: of each block its first one is by the other thread.
    share=$("$bin/haktrace" stats t.hakt.zst | awk '$1 == "cross-thread" { print int($2) }')
    expect_between 82 "$share" 84
}

test_unwritable_folder_is_said_at_once() {
    expect_exit 1 "$bin/hakrec" -o none/t.hakt.zst -- touch ran
    expect_text err "cannot create $PWD/none/t.hakt.zst.raw: No such file or directory"
    [ "$(wc -l <err)" -eq 1 ]
    [ ! -e ran ]
}

test_operators() {
    "$bin/hakrec" -q -o t.hakt.zst -- "$helpers/help_operators"
    "$bin/haktrace" stats t.hakt.zst >stats
    [ "$(awk '$1 == 33000 { print $2 }' stats)" -eq 6 ]
    [ "$(awk '$1 == 33024 { print $2 }' stats)" -eq 6 ]
    [ "$(stat_of t.hakt.zst aligned)" -eq 6 ]
}

# The word may stand before the options, among them, or be left out; a program may have its name.
test_the_word_run() {
    local words
    for words in "run -q -o t.hakt.zst" "-q -o t.hakt.zst run" "-q run -o t.hakt.zst --" \
        "-q -o t.hakt.zst"; do
        rm -f t.hakt.zst
        # shellcheck disable=SC2086
        "$bin/hakrec" $words /bin/echo one >out
        expect_text out one
        [ -s t.hakt.zst ]
    done
    printf '#!/bin/bash\necho two\n' >run
    chmod +x run
    PATH=.:$PATH "$bin/hakrec" -q -o t.hakt.zst -- run >out
    expect_text out two
}

test_leak_stays_alive() {
    "$bin/hakrec" -q -o a.hakt.zst -- "$helpers/help_threads" 1 1
    "$bin/hakrec" -q -o b.hakt.zst -- "$helpers/help_threads" 1 1 leak
    before=$("$bin/haktrace" stats a.hakt.zst | awk '/^never freed/ { print $3 }')
    after=$("$bin/haktrace" stats b.hakt.zst | awk '/^never freed/ { print $3 }')
    [ $((after - before)) -eq 33000 ]
}

test_killed_program_leaves_a_trace() {
    expect_exit 137 "$bin/hakrec" run -o t.hakt.zst -- "$helpers/help_threads" 4 100 kill
    "$bin/haktrace" verify t.hakt.zst
    # All of it, up to the end: the numbers of test_threads_are_balanced.
    [ "$(stat_of t.hakt.zst aligned)" -eq $((4 * 100 * (3 * 13 + 12))) ]
    [ "$(stat_of t.hakt.zst realloc)" -eq $((4 * 100 * 20)) ]
    "$bin/haktrace" info t.hakt.zst >info
    expect_text info "lost frees    0 "
    "$bin/hakreplay" t.hakt.zst --verify
}

test_program_that_leaves_by__exit() {
    expect_exit 7 "$bin/hakrec" -o t.hakt.zst -- "$helpers/help_threads" 1 1 _exit
    [ "$(stat_of t.hakt.zst malloc)" -ge 36 ]
    [ "$(stat_of t.hakt.zst free)" -ge 100 ]
}

test_children_are_not_recorded() {
    "$bin/hakrec" -q -o t.hakt.zst -- "$helpers/help_threads" 1 1 fork
    [ "$(stat_of t.hakt.zst malloc)" -lt 500 ]
    [ "$(find . -name '*.hakt.zst' | wc -l)" -eq 1 ]
    expect_exit 0 "$bin/hakrec" -q -o s.hakt.zst -- sh -c 'env; exit 0'
    if grep -E 'libhakrec|HAKREC' out; then
        fail 'a child sees the recorder'
    fi
}

test_children_are_followed() {
    "$bin/hakrec" -q --follow -o t.hakt.zst -- "$helpers/help_threads" 1 1 fork
    [ "$(find . -name 't.*.hakt.zst' | wc -l)" -eq 1 ]
    [ "$(stat_of t.[0-9]*.hakt.zst malloc)" -eq 1000 ]
    [ "$(stat_of t.hakt.zst malloc)" -lt 500 ]
    [ -z "$(find . -name '*.raw*')" ]
}

test_killed_recorder_is_recovered() {
    "$bin/hakrec" run -q -o t.hakt.zst -- sh -c "kill -9 \$PPID; sleep 0.1" &
    wait $! || true
    for _ in $(seq 100); do
        [ -e t.hakt.zst.raw ] && break
        sleep 0.05
    done
    sleep 0.3
    "$bin/hakrec" recover t.hakt.zst.raw
    "$bin/haktrace" verify t.hakt.zst
    [ ! -e t.hakt.zst.raw ]
    expect_exit 1 "$bin/hakrec" recover missing.raw
    expect_text err "missing.raw: No such file"
    echo text >text.raw
    expect_exit 1 "$bin/hakrec" recover text.raw
    expect_text err "text.raw: not a raw file"
}

test_what_is_followed() {
    traces() { find . -name '*.hakt.zst' | wc -l; }
    # The shell is the first; echo is started by exec in a child that fork made.
    "$bin/hakrec" run -q --follow=exec -o t.hakt.zst -- sh -c '/bin/echo; (:); exit 0' >/dev/null
    [ "$(traces)" -eq 2 ]
    "$bin/haktrace" info t.[0-9]*.hakt.zst >info
    expect_text info /echo
    rm ./*.zst
    "$bin/hakrec" run -q --follow=fork -o t.hakt.zst -- "$helpers/help_threads" 1 1 fork
    [ "$(traces)" -eq 2 ]
    rm ./*.zst
    "$bin/hakrec" run -q --follow=exec -o t.hakt.zst -- "$helpers/help_threads" 1 1 fork
    [ "$(traces)" -eq 1 ]
    expect_exit 2 "$bin/hakrec" run --follow=all-of-them -- true
    expect_text err "--follow=all-of-them"
}

test_sites_are_the_same_in_each_run() {
    for run in a b; do
        "$bin/hakrec" run -q --sites -o $run.hakt.zst -- "$helpers/help_operators"
        "$bin/haktrace" convert $run.hakt.zst $run.csv
        # the plain and the aligned forms, each from a call of its own
        awk -F, '$5 == 33000 || $5 == 33024 { print $8 }' $run.csv >$run
    done
    [ "$(wc -l <a)" -eq 12 ]
    [ "$(sort -u a | wc -l)" -eq 12 ]
    diff a b
}

test_times_are_those_of_the_run() {
    "$bin/hakrec" run -q -o t.hakt.zst -- sh -c 'sleep 0.3; :'
    ns=$("$bin/haktrace" convert t.hakt.zst - --to=csv | awk -F, 'END { print $7 }')
    expect_between 300000000 "$ns" 60000000000
}

test_times_in_longer_steps() {
    "$bin/hakrec" -q --time-unit=1000 -o t.hakt.zst -- sh -c 'sleep 0.05; :'
    "$bin/haktrace" info t.hakt.zst >info
    grep -Eq '^time +[0-9.]+ s, in steps of 1000000 ns$' info || fail "$(cat info)"
    ns=$("$bin/haktrace" convert t.hakt.zst - --to=csv | awk -F, 'END { print $7 }')
    expect_between 50000000 "$ns" 60000000000
    [ $((ns % 1000000)) -eq 0 ]
    expect_exit 2 "$bin/hakrec" --time-unit=0 -- true
    expect_text err "--time-unit=0"
}

test_limit() {
    "$bin/hakrec" -q --max-events=1000 -o t.hakt.zst -- "$helpers/help_threads" 2 50
    events=$("$bin/haktrace" info t.hakt.zst | awk '$1 == "events" { print $2 }')
    [ "$events" -eq 1000 ]
    "$bin/haktrace" verify t.hakt.zst
}

test_over_another_allocator() {
    for preload in $(allocators); do
        LD_PRELOAD=$preload "$bin/hakrec" -q -o t.hakt.zst -- "$helpers/help_threads" 4 20
        "$bin/haktrace" info t.hakt.zst >info
        expect_text info "$(basename "$preload")"
        expect_text info "lost frees    0 "
        [ "$(stat_of t.hakt.zst realloc)" -eq $((4 * 20 * 20)) ]
        LD_PRELOAD=$preload "$bin/hakrec" -q -o o.hakt.zst -- "$helpers/help_operators"
        [ "$("$bin/haktrace" stats o.hakt.zst | awk '$1 == 33000 { print $2 }')" -eq 6 ]
    done
}

test_output_of_the_program_is_unchanged() {
    expect_exit 3 "$bin/hakrec" -q -o t.hakt.zst -- sh -c 'echo one; echo two >&2; exit 3'
    [ "$(cat out)" = one ]
    [ "$(cat err)" = two ]
}

test_errors() {
    expect_exit 2 "$bin/hakrec"
    expect_exit 2 "$bin/hakrec" --max-events=x -- true
    expect_exit 127 "$bin/hakrec" -o t.hakt.zst -- /no/such/program
    expect_text err "/no/such/program"
    expect_exit 1 "$bin/hakrec" -o /no/such/folder/t.hakt.zst -- "$helpers/help_threads" 1 1
    expect_text err "/no/such/folder/t.hakt.zst"
}

run_tests
