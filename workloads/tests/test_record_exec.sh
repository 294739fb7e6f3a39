#!/usr/bin/env bash
# What is named to the recorder is often a script, or a program that becomes another: the trace is
# of what the process was last, and what is said of it is true.
. "$(dirname "$0")/lib.sh"
export PATH=/usr/bin:/bin

program_of() { "$bin/haktrace" info "$1" | awk '$1 == "program" { print $2 }'; }
blocks_of() { "$bin/haktrace" stats "$1" | awk -v bytes="$2" '$1 == bytes { print $2 }'; }
traces() { find . -name '*.hakt.zst' | wc -l; }
# script NAME LINE …
script() {
    local name=$1
    shift
    printf '%s\n' "$@" >"$name"
    chmod +x "$name"
}

test_script_that_becomes_the_program() {
    script wrapper '#!/bin/sh' 'echo started >&2; x=$(ls)' \
        "exec $helpers/help_threads \"\$@\""
    "$bin/hakrec" run -o t.hakt.zst -- ./wrapper 2 50 2>err
    [ "$(program_of t.hakt.zst)" = "$helpers/help_threads" ]
    [ "$(stat_of t.hakt.zst aligned)" -eq $((2 * 50 * (3 * 13 + 12))) ]
    line="$helpers/help_threads, process [0-9]+, by exec after 1 other program: [0-9]+ events"
    grep -qE "^hakrec: t.hakt.zst: $line, 3 threads, [0-9]+ blocks$" err || fail "$(cat err)"
    "$bin/hakreplay" t.hakt.zst --verify
    [ "$(find . -name 't.*' | wc -l)" -eq 1 ]
}

test_script_of_env() {
    script wrapper '#!/usr/bin/env python3' 'blocks = [bytearray(32999) for i in range(123)]'
    script outer '#!/usr/bin/env bash' 'for i in 1 2 3; do ls >/dev/null; done' \
        'exec -a other env -i ./wrapper'
    for wrapper in wrapper outer; do
        "$bin/hakrec" run -o t.hakt.zst -- ./$wrapper 2>err
        program_of t.hakt.zst | grep -qE '/python3[0-9.]*$'
        [ "$(blocks_of t.hakt.zst 33000)" -eq 123 ]
        [ "$(find . -name 't.*' | wc -l)" -eq 1 ]
    done
    expect_text err 'by exec after 4 other programs:' # env, bash, env, env
}

test_script_that_starts_the_program() {
    script wrapper '#!/bin/sh' "$helpers/help_threads 2 50" 'exit $?'
    "$bin/hakrec" run -o t.hakt.zst -- ./wrapper 2>err
    program_of t.hakt.zst | grep -qE '/(da|ba)?sh$'
    expect_text err 'not recorded: 1 program that it started beside itself; --follow'
    "$bin/hakrec" run -q --follow -o f.hakt.zst -- ./wrapper
    [ "$(stat_of f.[0-9]*[0-9].hakt.zst aligned)" -eq $((2 * 50 * (3 * 13 + 12))) ]
    program_of f.hakt.zst | grep -qE '/(da|ba)?sh$'
}

# Each function of the family once, the last time as a thread's, and then the work.
test_program_that_becomes_itself() {
    gcc -O1 -o chain -pthread -x c - <<'C'
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
extern char **environ;
static char number[12];
static char *arguments[3] = {"./chain", number, 0};
static char *bare[] = {"PATH=.", "SOME=thing", 0};
static void *become(void *unused) {
    (void)unused;
    execl("./chain", "./chain", number, (char *)0);
    return 0;
}
int main(int count, char **given) {
    int step = count > 1 ? atoi(given[1]) : 0;
    pthread_t thread;
    for (int i = 0; i < 100 + step; i++)
        memset(malloc(777), 1, 777);
    snprintf(number, sizeof number, "%d", step + 1);
    execl("/no/such/program", "x", (char *)0);
    switch (step) {
    case 0: execve("./chain", arguments, environ); break;
    case 1: execv("./chain", arguments); break;
    case 2: execvp("chain", arguments); break;
    case 3: execvpe("chain", arguments, bare); break;
    case 4: execl("./chain", "./chain", number, (char *)0); break;
    case 5: execlp("chain", "chain", number, (char *)0); break;
    case 6: execle("./chain", "./chain", number, (char *)0, bare); break;
    case 7: fexecve(open("./chain", O_RDONLY), arguments, environ); break;
    case 8: execveat(AT_FDCWD, "./chain", arguments, bare, 0); break;
    case 9:
        pthread_create(&thread, 0, become, 0);
        pthread_join(thread, 0);
        break;
    default:
        for (char **entry = environ; *entry != 0; entry++)
            puts(*entry);
        return 0;
    }
    return 1;
}
C
    PATH=.:$PATH "$bin/hakrec" run -o t.hakt.zst -- ./chain >out 2>err || fail "$(cat err)"
    [ "$(cat out)" = "$(printf 'PATH=.\nSOME=thing')" ]
    expect_text err 'by exec after 10 other programs:'
    expect_text err "$(realpath chain)"
    [ "$(blocks_of t.hakt.zst 777)" -eq 110 ]
    [ "$(find . -name 't.*' | wc -l)" -eq 1 ]
    PATH=.:$PATH "$bin/hakrec" run -q --follow=exec -o f.hakt.zst -- ./chain
    [ "$(find . -name 'f.*.hakt.zst' | wc -l)" -eq 10 ]
    [ "$(blocks_of f.hakt.zst 777)" -eq 110 ]
    for step in 1 2 5 10; do
        [ "$(blocks_of f.[0-9]*-$step.hakt.zst 777)" -eq $((99 + step)) ]
    done
    [ -z "$(find . -name '*.raw*')" ]
}

test_limit_and_sites_hold_for_the_last_program() {
    script wrapper '#!/bin/sh' "exec $helpers/help_threads 2 50"
    "$bin/hakrec" run -q --max-events=1000 --sites -o t.hakt.zst -- ./wrapper
    "$bin/haktrace" info t.hakt.zst >info
    expect_text info help_threads
    [ "$(awk '$1 == "events" { print $2 }' info)" -eq 1000 ]
    ! grep -q '^call sites *not recorded' info
}

test_static_program_in_the_end() {
    gcc -static -o quiet -x c - <<<'int main(void) { return 0; }'
    script wrapper '#!/bin/sh' 'exec ./quiet'
    expect_exit 1 "$bin/hakrec" run -q -o t.hakt.zst -- ./wrapper
    expect_text err 'the process then became ./quiet, which did not load the recorder'
    "$bin/haktrace" verify t.hakt.zst
}

# bash has an unsetenv of its own.
test_children_of_bash_do_not_see_the_recorder() {
    script wrapper '#!/bin/bash' 'env; (exec env); bash -c env; exit 0'
    expect_exit 0 "$bin/hakrec" run -o t.hakt.zst -- bash ./wrapper
    if grep -E 'libhakrec|HAKREC' out; then
        fail 'a child sees the recorder'
    fi
    [ "$(find . -name 't.*' | wc -l)" -eq 1 ]
    for preload in $(allocators); do
        LD_PRELOAD=$preload expect_exit 0 "$bin/hakrec" run -o t.hakt.zst -- bash ./wrapper
        [ "$(grep -c "^LD_PRELOAD=$preload$" out)" -eq 3 ]
        LD_PRELOAD=$preload "$bin/hakrec" run -q -o t.hakt.zst -- bash -c 'exec env' >out
        "$bin/haktrace" info t.hakt.zst >info
        expect_text info "$(basename "$preload")"
    done
}

run_tests
