#!/usr/bin/env bash
# Real programs run whole: the allocator reaches what is served and nothing else, what is told of
# the run is what happened, and nothing is left behind, however it ends. With programs made up here.
. "$(dirname "$0")/lib.sh"

# tree: a copy of the driver with no programs yet; add_program NAME puts one there from stdin
tree() {
    mkdir -p bin workloads/programs work
    cp "$bin/program" "$bin/libwitness.so" bin/
    cp -r "$ROOT/workloads/programs/common" workloads/programs/
    export TMPDIR=$PWD/work
}
add_program() {
    {
        echo '. "$(dirname "${BASH_SOURCE[0]}")/common/stages.sh"'
        cat
        echo 'stage "$@"'
    } >"workloads/programs/$1.sh"
}
program() {
    bin/program --program="$1" --result=r "${@:2}"
}

# left: the processes that work under this folder, but for this shell and its children's look
left() {
    local process
    for process in /proc/[0-9]*; do
        case $(readlink "$process/cwd" || true) in "$PWD/work/"*) echo "${process#/proc/}" ;; esac
    done
}
expect_clean() {
    local i
    for ((i = 0; i < 300; i++)); do
        [ -n "$(left)" ] || [ -n "$(ls work)" ] || return 0
        sleep 0.1
    done
    fail "left behind: $(left) $(ls work)"
}

test_tool_runs_under_every_allocator() {
    tree
    add_program tool <<'SH'
need /usr/bin/python3 python3
tool() { serve /usr/bin/python3 -c 'b = b"x" * (64 << 20); print(len(b)); import os; os.getpid()'; }
figures() {
    echo "ops $(share 50)"
    echo "check $(cat tool.out)"
}
SH
    program tool
    cp r first
    for preload in $(allocators); do
        LD_PRELOAD=$preload program tool
        expect_text r "\"malloc_object\":\"$preload\""
        [ "$(number r ops)" -eq 50 ]
        expect_between $((64 << 20)) "$(number r rss_anon_peak_bytes)" $((90 << 20))
        diff <(grep -o '"checksum":"[0-9a-f]*"' r) <(grep -o '"checksum":"[0-9a-f]*"' first)
    done
    program tool --percent=10
    [ "$(number r ops)" -eq 5 ]
    if [ -e "$ROOT/hakmem/libhakmem.so" ]; then
        HAKMEM_WMAX_LARGE=1.0 LD_PRELOAD=$ROOT/hakmem/libhakmem.so program tool
        grep -qE '"hakmem":\{"version":"[0-9.]+","bypass":null,' r
        HAKMEM_FORCE_LIBC_ALLOC=1 LD_PRELOAD=$ROOT/hakmem/libhakmem.so program tool
        grep -qE '"bypass":"HAKMEM_FORCE_LIBC_ALLOC"' r
    fi
    expect_clean
}

test_output_that_cannot_be_opened_is_said() {
    tree
    add_program tool <<'SH'
tool() { mkdir figures.out && serve /bin/true; }
figures() { echo "ops 1"; }
SH
    expect_exit 1 program tool
    expect_text err "cannot run the stage figures: Is a directory"
    expect_clean
}

test_load_generator_does_not_get_the_allocator() {
    tree
    add_program server <<'SH'
server() { serve sleep 1000; }
ready() { [ -e /proc/self ]; }
load() {
    [ -z "${LD_PRELOAD-}" ]
    echo ran >"$OUTSIDE"
    sleep 0.2
}
figures() { printf 'ops 7\nns 123456\np50_ns 11\np99_ns 22\nmax_ns 33\n'; }
SH
    OUTSIDE=$PWD/outside program server
    [ "$(cat outside)" = ran ]
    [ "$(number r ops)" -eq 7 ]
    [ "$(number r wall_ns)" -eq 123456 ]
    expect_text r '"requests":{"p50_ns":11,"p99_ns":22,"max_ns":33}'
    for preload in $(allocators); do
        OUTSIDE=$PWD/outside LD_PRELOAD=$preload program server
        expect_text r "\"malloc_object\":\"$preload\""
    done
    expect_clean
}

test_memory_of_a_server_is_that_of_its_processes() {
    local ends
    tree
    add_program forks <<'SH'
server() {
    serve /usr/bin/python3 -c '
import os, signal
signal.signal(signal.SIGTERM, lambda number, frame: os._exit(0))
child = os.fork()
b = b"x" * ((48 << 20) if child else (32 << 20))
open("ready%d" % (1 if child else 0), "w")
while True: signal.pause()'
}
ready() { [ -e ready0 ] && [ -e ready1 ]; }
load() { sleep 0.1; }
SH
    # the second process does not end with the first
    expect_exit 1 program forks
    expect_text err "left 1 processes behind"
    expect_clean
    ends='(child and (os.kill(child, 9), os.waitpid(child, 0)), os._exit(0))'
    sed -i "s/os._exit(0)/$ends/" workloads/programs/forks.sh
    sed -i 's/^load.*/&\nfigures() { echo "ops 1"; }/' workloads/programs/forks.sh
    program forks
    expect_between $((80 << 20)) "$(number r rss_anon_steady_bytes)" $((110 << 20))
    expect_clean
}

test_failures_are_told() {
    tree
    add_program fails <<'SH'
tool() { echo "no luck" >&2; exit 3; }
SH
    expect_exit 1 program fails
    expect_text err "fails: tool ended with exit status 3: no luck"
    add_program lacks <<'SH'
need no-such-program no-such-package
tool() { serve true; }
SH
    expect_exit 1 program lacks
    expect_text err "no-such-program is not there: install the Debian package no-such-package"
    add_program crashes <<'SH'
server() { serve sleep 0.5; }
ready() { true; }
load() { sleep 1000; }
SH
    expect_exit 1 program crashes
    expect_text err "crashes: the server ended before its time"
    add_program both <<'SH'
tool() { serve true; }
server() { serve true; }
SH
    expect_exit 1 program both
    expect_text err "either a tool or a server"
    expect_exit 2 program none
    expect_text err "not one of both, crashes, fails, lacks"
    expect_exit 2 program both --percent=0
    expect_clean
}

# own_malloc MIB: in C, a malloc and a heap of its own
own_malloc() {
    cat <<C
#include <stddef.h>
static char heap[$1 << 20];
static size_t used;
void *malloc(size_t bytes) {
    used += (bytes + 15) & ~15ul;
    return heap + used - ((bytes + 15) & ~15ul);
}
void free(void *block) { (void)block; }
C
}

test_program_with_a_malloc_of_its_own_is_found_out() {
    tree
    { own_malloc 1 && cat; } >own.c <<'C'
int main(void) { return malloc(10) == NULL; }
C
    gcc -O2 -o own own.c
    add_program own <<'SH'
tool() { serve "$OWN"; }
SH
    LD_PRELOAD=$(allocators | tail -n 1) OWN=$PWD/own program own
    grep -qE '"malloc_object":"[^"]*/own"' r
    gcc -static -o quiet -x c - <<<'int main(void) { return 0; }'
    OWN=$PWD/quiet expect_exit 1 program own
    expect_text err "no process says which malloc served it"
}

# A script that becomes a program with a malloc and much memory of its own, which becomes python.
test_what_is_measured_is_what_it_becomes() {
    local preload
    tree
    { own_malloc 128 && cat; } >launcher.c <<'C'
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(int count, char **arguments) {
    (void)count;
    char *volatile block = malloc(100 << 20);
    memset(block, 1, 100 << 20);
    usleep(300000);
    return execv(arguments[1], arguments + 1);
}
C
    gcc -O1 -o launcher launcher.c
    printf '#!/bin/sh\nexec "$LAUNCHER" /usr/bin/python3 "$@"\n' >wrapper
    chmod +x wrapper
    export LAUNCHER=$PWD/launcher WRAPPER=$PWD/wrapper
    add_program wrapped <<'SH'
tool() { serve "$WRAPPER" -c 'b = b"x" * (24 << 20); print(len(b)); import time; time.sleep(0.2)'; }
figures() { echo "ops 1"; }
SH
    served="\"program\":\"$(realpath /usr/bin/python3)\",\"processes\":1,\"programs_before\":2"
    for preload in $(allocators); do
        LD_PRELOAD=$preload program wrapped
        expect_text r "\"malloc_object\":\"$preload\""
        expect_text r "\"served\":[{$served}]"
        expect_between $((24 << 20)) "$(number r rss_anon_peak_bytes)" $((60 << 20))
    done
    bin/program --program=wrapped >out
    expect_text out "$(realpath /usr/bin/python3), 1 process, by exec after 2 other programs"
    expect_clean
}

test_what_it_becomes_without_the_allocator_is_said() {
    tree
    cat >waits.c <<'C'
#include <fcntl.h>
#include <unistd.h>
int main(void) {
    close(open("up", O_CREAT | O_WRONLY, 0600));
    pause();
    return 0;
}
C
    gcc -o waits waits.c
    gcc -static -o waits_static waits.c
    add_program becomes <<'SH'
server() { serve /bin/sh -c "exec $BECOMES"; }
ready() { [ -e up ]; }
load() { sleep 0.1; }
figures() { printf 'ops 1\nns 1\n'; }
SH
    export BECOMES
    for BECOMES in "$PWD/waits_static" "env -i $PWD/waits"; do
        expect_exit 1 program becomes
        expect_text err "then became ${BECOMES#env -i }, which did not load the witness"
    done
    BECOMES=$PWD/waits program becomes
    expect_text r "\"program\":\"$PWD/waits\",\"processes\":1,\"programs_before\":1"
    expect_clean
}

test_nothing_is_left_when_the_driver_is_killed() {
    local signal driver
    tree
    add_program hangs <<'SH'
server() { setsid sleep 1000 & serve sleep 1000; }
ready() { true; }
load() { echo >"$STARTED"; sleep 1000; }
SH
    for signal in KILL TERM; do
        rm -f started
        STARTED=$PWD/started bin/program --program=hangs --result=r &
        driver=$!
        while [ ! -e started ]; do sleep 0.05; done
        [ "$(left | wc -l)" -ge 3 ]
        kill -$signal $driver
        wait $driver || true
        expect_clean
    done
}

test_command_runs_where_it_is_under_the_allocator_with_all_it_starts() {
    tree
    add_program unused <<<'tool() { serve /bin/true; }'
    mkdir -p here
    cat >here/command.sh <<'SH'
/usr/bin/python3 -c 'b = b"x" * (64 << 20)' &
wait $!
pwd >where
printf 'ops 40\nns 2000000\n' >"$PROGRAM_FIGURES"
SH
    for preload in $(allocators); do
        (cd here && LD_PRELOAD=$preload ../bin/program --result=../r -- bash command.sh)
        expect_text r "\"malloc_object\":\"$preload\""
        [ "$(cat here/where)" = "$PWD/here" ]
        [ "$(number r ops)" -eq 40 ]
        [ "$(number r wall_ns)" -eq 2000000 ]
        expect_between $((64 << 20)) "$(number r rss_anon_peak_bytes)" $((110 << 20))
        expect_text r '"program":"/usr/bin/python3'
    done
    bin/program --result=r -- /bin/true
    [ "$(number r ops)" -eq 1 ]
    expect_clean
}

test_command_that_fails_or_leaves_a_server_behind() {
    local server
    tree
    add_program unused <<<'tool() { serve /bin/true; }'
    expect_exit 1 bin/program --result=r -- sh -c 'echo broken >&2; exit 3'
    expect_text err "sh: tool ended with exit status 3: broken"
    expect_exit 1 bin/program --result=r -- ./not_there
    expect_text err "cannot run ./not_there: No such file or directory"
    expect_exit 2 bin/program --result=r --
    bin/program --result=r -- sh -c "setsid sleep 1000 & echo \$! >$PWD/server; sleep 0.3" 2>err
    expect_text err "sh left processes behind; they were killed"
    server=$(cat server)
    [ ! -e "/proc/$server" ] || grep -q 'State:.Z' "/proc/$server/status"
    expect_clean
}

run_tests
