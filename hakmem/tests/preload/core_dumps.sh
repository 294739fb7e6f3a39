#!/usr/bin/env bash
# A core dump holds what the program has in memory, and not the gigabytes that are only reserved:
# gdb's gcore, and the kernel's own where core_pattern names a file; the flags in smaps that both
# go by. At each level of hardening.
. "$(dirname "$0")/../support/preload.sh"
need gcc
most_mib=40 # of a program with 10 MiB in 300 blocks
cat >program.c <<'C'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(void)
{
    for (int i = 0; i < 300; i++) {
        char *block = malloc(33000);
        memset(block, 7, 33000);
        sprintf(block + 15000, "block %s of this", "number");
    }
    FILE *ready = fopen("ready", "w");
    fclose(ready);
    for (;;) {
        pause();
    }
}
C
gcc -O1 -fno-builtin -w -o program program.c

# start LEVEL: the program, with its blocks filled; $server is its process
start() {
    rm -f ready
    HAKMEM_HARDEN=$1 start_server ./program
    wait_for test -e ready
}

stop() {
    kill -"$1" "$server"
    wait "$server" 2>/dev/null || true
}

# is_whole FILE WHAT: small, and all blocks are in it
is_whole() {
    local mib
    mib=$(($(stat -c %s "$1") / 1048576))
    [ $mib -le $most_mib ] || fail "$2: $mib MiB"
    [ "$(grep -ao 'block number of this' "$1" | wc -l)" -ge 300 ] || fail "$2: blocks are missing"
    rm -f "$1"
}

# Of each mapping of more than 1 GiB smaps says that it is not to be dumped (dd), of what can be
# written that it is.
flags() {
    awk '/^[0-9a-f]+-/ {access = $2; path = $6}
        $1 == "Size:" {size = $2}
        $1 == "VmFlags:" {
            dd = / dd( |$)/
            if (size > 1048576) { large++; if (!dd) print "dumped: " size " kB" }
            if (access ~ /^rw/ && dd && path == "") print "not dumped: " size " kB"
        }
        END {if (large == 0) print "no reservation was seen"}' "/proc/$server/smaps"
}

ulimit -f $((200 * 1024)) # KiB: a dump of the reservation does not fill the disk
for level in 0 1 2; do
    start $level
    wrong=$(flags)
    [ -z "$wrong" ] || fail "level $level: $wrong"
    if command -v gdb >/dev/null; then
        gdb -nx -batch -iex 'set debuginfod enabled off' -p "$server" \
            -ex 'gcore gcore.out' >gdb.out 2>&1 || fail "gcore: $(tail -n 3 gdb.out)"
        is_whole gcore.out "gcore, level $level"
    else
        echo "gdb is not installed: no gcore"
    fi
    stop TERM
done

pattern=$(cat /proc/sys/kernel/core_pattern)
case $pattern in
core | core.%p)
    ulimit -c unlimited
    start 0
    stop ABRT
    is_whole "$(ls core*)" "the kernel's dump"
    ;;
*) echo "core_pattern is $pattern: no dump by the kernel" ;;
esac
