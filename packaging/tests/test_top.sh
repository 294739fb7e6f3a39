#!/usr/bin/env bash
# `hakmem top`: what it shows of a running process, how it ends with it, and what it says where
# there is nothing to be seen.
. "$ROOT/workloads/tests/lib.sh"
root=$BUILD/tests/root-top
make -s -C "$ROOT/packaging" install PREFIX=/usr DESTDIR="$root" || exit 1
PATH=$root/usr/bin:$PATH

# A program that holds blocks, has one failure of ACE, says so by the file "ready", and stays until
# the file "end" is there.
gcc -O0 -fno-builtin -x c -o "$BUILD/tests/holder" - <<'C' || exit 1
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
int main(int argc, char **argv) {
    for (int i = 0; i < 500; i++)
        memset(malloc(33000), 1, 33000);
    memset(malloc(17000), 1, 17000); /* no class of the list */
    for (int i = 0; i < 100; i++)
        memset(malloc(8000), 1, 8000);
    memset(malloc(8 << 20), 1, 8 << 20);
    if (argc > 1) { /* becomes another program, in which hakmem is not */
        unsetenv("LD_PRELOAD");
        execvp(argv[1], argv + 1);
    }
    close(open("ready", O_CREAT | O_WRONLY, 0600));
    while (access("end", F_OK) != 0)
        usleep(10000);
    return 0;
}
C
holder=$BUILD/tests/holder

wait_until() {
    local tries=0
    until "$@"; do
        [ $((tries += 1)) -lt 3000 ] || fail "in vain: $*"
        sleep 0.02
    done
}

# start COMMAND ...: its process, which publishes its figures, is $process
start() {
    HAKMEM_STATS_SHM=1 HAKMEM_MID_CLASSES=8k,16k,33024,52k hakmem run "$@" &
    process=$!
}

start_holder() {
    start "$holder"
    wait_until test -e ready
}

end_holder() {
    touch end
    wait $process
}

files_of() {
    find /dev/shm /tmp -maxdepth 1 -name "hakmem-stats-*-$1" 2>/dev/null
}

test_table() {
    start_holder
    hakmem top --once $process >said
    expect_text said "process $process ($holder) on hakmem"
    expect_text said "failures: Threshold 1, Exhaustion 0, MapFail 0"
    # the blocks of most bytes first; blocks that the fast path took since may be missing
    awk 'NR > 6 {print $2, $1}' said >rows
    [ "$(head -n 2 rows | tr '\n' ,)" = "mid 33024,big -," ] || fail "$(cat said)"
    awk '$1 == 33024 {exit !($3 > 480 && $3 <= 500 && $8 < 0.3 && $12 == 1)}' said ||
        fail "$(cat said)"
    ! grep -q "$(printf '\033')" said || fail "escapes outside of a terminal"
    end_holder
}

test_json() {
    start_holder
    hakmem top --once --json $process >said
    [ "$(wc -l <said)" = 1 ] || fail "$(cat said)"
    python3 - "$process" <<'PY' || fail "$(cat said)"
import json, sys
with open("said") as text:
    said = json.load(text)
assert said["process"]["id"] == int(sys.argv[1]), said["process"]
assert said["failures"] == {"threshold": 1, "exhaustion": 0, "mapfail": 0}, said["failures"]
live = [row["live_bytes"] for row in said["classes"]]
assert live == sorted(live, reverse=True) and sum(live) == said["memory"]["live_bytes"], live
row = said["classes"][0]
assert row["class_bytes"] == 33024 and row["pool"] == "mid", row
assert row["live_bytes"] == row["live_blocks"] * 33024, row
assert 0 < row["live_bytes"] - row["requested_bytes"] < row["live_bytes"] / 300, row
big = [row for row in said["classes"] if row["pool"] == "big"]
assert big[0]["live_blocks"] is None and big[0]["requested_bytes"] == 8 << 20, big
assert said["bypass"] is None and said["age_seconds"] >= 0, said
PY
    end_holder
}

test_again_and_again_until_it_ends() {
    local top
    start_holder
    hakmem top --json --interval=0.05 $process >said 2>err &
    top=$!
    wait_until eval '[ "$(wc -l <said)" -ge 3 ]'
    end_holder
    wait $top || fail "$(cat err)"
    expect_text err "process $process has ended"
}

# A terminal of ten lines; each table is drawn over the one before.
test_on_a_terminal() {
    start_holder
    script -qec "stty rows 10 cols 120; hakmem top --interval=0.1 $process" /dev/null >said \
        </dev/null &
    wait_until eval '[ "$(grep -c "on hakmem" said)" -ge 2 ]'
    end_holder
    wait
    local first
    first=$(printf '\033[H\033[2J')
    [ "$(grep -c "on hakmem" said)" = "$(grep -cF "$first" said)" ] || fail "not over the other"
    # six lines of the head, and three rows
    awk '/on hakmem/ {n++} n == 1 && / (tiny|smallmid|mid|large|big|direct) / {rows++}
        END {exit rows != 3}' said || fail "$(cat -v said)"
}

test_a_process_that_shows_nothing() {
    sleep 100 &
    expect_exit 1 hakmem top $!
    expect_text err "process $! shows no figures: it does not run on hakmem, or was started without"
    kill $!
    HAKMEM_STATS_SHM=0 hakmem run sleep 100 &
    wait_until grep -q libhakmem /proc/$!/maps
    expect_exit 1 hakmem top $!
    expect_text err "shows no figures"
    kill $!
}

test_no_such_process() {
    true &
    wait $!
    expect_exit 1 hakmem top $!
    [ "$(cat err)" = "hakmem: there is no process $!" ] || fail "$(cat err)"
}

test_killed() {
    start_holder
    kill -KILL $process
    wait $process 2>/dev/null || true
    [ "$(files_of $process | wc -l)" = 1 ] || fail "what the next lines show is nothing"
    expect_exit 1 hakmem top $process
    expect_text err "there is no process $process; it was killed, or ended without exit"
    [ -z "$(files_of $process)" ] || fail "its file is left"
}

test_exec() {
    HAKMEM_STATS_SHM=1 hakmem run "$holder" sleep 100 &
    process=$!
    wait_until grep -q sleep /proc/$process/comm
    expect_exit 1 hakmem top $process
    expect_text err "shows no figures"
    kill $process
    wait $process || true
    HAKMEM_STATS_SHM=1 hakmem run sh -c "exec $holder" &
    process=$!
    wait_until test -e ready
    hakmem top --once $process >said
    expect_text said "process $process ($holder)"
    end_holder
}

test_children() {
    start perl -e '$n = 1000000; $x = "x" x (9 * $n); my $child = fork;
        if (!$child) { $y = "y" x (20 * $n); open F, ">", "ready"; sleep 100 }
        open F, ">", "child"; print F "$child\n"; close F; sleep 100'
    local child
    wait_until test -s child -a -e ready
    child=$(cat child)
    hakmem top --once --json "$child" >of_child
    hakmem top --once --json $process >of_parent
    python3 - <<'PY' || fail "$(cat of_child of_parent)"
import json
child, parent = [json.load(open(name))["memory"]["live_bytes"]
                 for name in ("of_child", "of_parent")]
assert parent >= 9000000 and child >= parent + 15000000, (child, parent)
PY
    kill -KILL "$child" $process
    wait $process 2>/dev/null || true
}

test_another_user() {
    [ "$(id -u)" -eq 0 ] || return 0
    chmod 755 .
    start_holder
    expect_exit 1 setpriv --reuid 65534 --regid 65534 --clear-groups "$root/usr/bin/hakmem" top \
        $process
    expect_text err "process $process belongs to another user"
    end_holder
}

# change OFFSET BYTE: in the file of the process
change() {
    printf "$2" | dd of="$(files_of $process)" bs=1 seek="$1" conv=notrunc status=none
}

test_other_layouts_are_not_read() {
    start_holder
    change 8 '\2'
    expect_exit 1 hakmem top --once $process
    expect_text err "layout 2, of another version of hakmem; this command reads layout 1"
    change 0 x
    expect_exit 1 hakmem top --once $process
    expect_text err "is no file of hakmem's figures"
    rm "$(files_of $process)"
    expect_exit 1 hakmem top --once $process
    expect_text err "its file /dev/shm/hakmem-stats-"
    expect_text err " was removed"
    end_holder
}

test_bypass_is_said() {
    start env HAKMEM_FORCE_LIBC_ALLOC=1 "$holder"
    wait_until test -e ready
    hakmem top --once $process >said
    expect_text said "HAKMEM_FORCE_LIBC_ALLOC: libc serves requests instead of hakmem"
    end_holder
}

test_bad_command_lines() {
    local word
    expect_exit 2 hakmem top
    expect_text err "which process"
    for word in x 0 1x 99999999999 ''; do
        expect_exit 2 hakmem top -- "$word"
        expect_text err "not the id of a process"
    done
    expect_exit 2 hakmem top 1 2
    expect_text err "one process"
    for word in 0 x 1y; do
        expect_exit 2 hakmem top --interval=$word 1
        expect_text err "--interval=$word: not a time"
    done
    expect_exit 2 hakmem top --harden=1 1
    expect_text err "--harden is for \`hakmem run\`"
    expect_exit 2 hakmem run --once true
    expect_text err "--once is for \`hakmem top\`"
}

run_tests
