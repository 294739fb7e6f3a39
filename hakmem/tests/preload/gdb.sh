#!/usr/bin/env bash
# gdb looks through hakmem: stopped in any function of it, at any instruction of malloc and free, or
# where hakmem stops the process, the backtrace leads on to main.
. "$(dirname "$0")/../support/preload.sh"
need gdb gcc
cat >program.c <<'C'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *blocks[3000];

__attribute__((noinline)) static void inner(size_t bytes)
{
    for (int i = 0; i < 3000; i++) {
        blocks[i] = malloc(bytes + (size_t)i * 13 % 2000);
        memset(blocks[i], 1, bytes);
    }
    for (int i = 0; i < 3000; i++) {
        free(blocks[i]);
    }
}

int main(int count, char **arguments)
{
    (void)arguments;
    inner(100);
    inner(33000);
    if (count > 1) {
        free(blocks[1500]); /* by now back at the heap: no depot keeps half of all */
    }
    puts("done");
    return 0;
}
C
gcc -g -O1 -fno-builtin -w -o program program.c

# debug OUT COMMANDS ARGUMENT ...
debug() {
    local out=$1 commands=$2
    shift 2
    gdb -nx -batch -iex 'set debuginfod enabled off' -iex 'set pagination off' \
        -ex 'set startup-with-shell off' -ex 'set breakpoint pending on' \
        -ex "set environment LD_PRELOAD $lib" -x "$commands" --args ./program "$@" \
        >"$out" 2>"$out.err" || fail "gdb: $(tail -n 3 "$out.err")"
}

# deep functions, by name: the way down from malloc and from free, and the start
for function in slab_take heap_alloc cache_push_full start_now; do
    printf 'break %s\nrun\nbt\n' $function >commands
    debug out commands
    grep -Eq "^#0 .*$function" out || fail "$function: not stopped there: $(tail -n 3 out)"
    [ $function != start_now ] || continue # before main: the loader calls it
    grep -Eq '^#[0-9]+ .* main \(' out || fail "$function: no way to main: $(grep '^#' out)"
    if grep -E '^#.*(\?\? \(|corrupt stack)' out; then
        fail "$function: a frame without a name"
    fi
done

# at each instruction of a malloc and a free, wherever the stack pointer stands in between
cat >commands <<'GDB'
break inner if bytes == 33000
run
delete
tbreak malloc
continue
python
import gdb
steps, lost = 0, []
def chain():
    names, frame = [], gdb.newest_frame()
    while frame is not None:
        names.append(frame.name())
        frame = frame.older()
    return names
for _ in range(600):
    names = chain()
    steps += 1
    if 'main' not in names:
        lost.append(names)
    gdb.execute('stepi', to_string=True)
print('steps', steps, 'lost', len(lost), lost[:2])
end
kill
GDB
debug out commands
grep -qx 'steps 600 lost 0 \[\]' out || fail "single steps: $(tail -n 2 out)"

printf 'run\nbt\n' >commands
debug out commands misuse
grep -q SIGABRT out || fail "the misuse was not stopped: $(tail -n 3 out)"
grep -q 'fatal: ' out out.err || fail "no message: $(cat out.err)"
for frame in hak_fatal "(gate_)?free" main; do
    grep -Eq "^#[0-9]+ .*\b$frame \(" out || fail "no $frame in the backtrace: $(grep '^#' out)"
done
